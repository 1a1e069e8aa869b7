import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { lookAtOrigin } from '../../../src/cli/publicOrigin.js';

describe('whether an origin leads to a port of this machine', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  async function serve(listener: RequestListener): Promise<number> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const freePort = async () => {
    const port = await serve(() => undefined);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    return port;
  };

  it('is so for a tunnel to it, where nothing listens there yet', async () => {
    const port = await freePort();
    const tunnel = await serve((request, response) => {
      void fetch(`http://127.0.0.1:${port}${request.url}`).then(async (answer) =>
        response.end(await answer.text()),
      );
    });
    expect(await lookAtOrigin(`http://127.0.0.1:${tunnel}`, port)).toEqual({ isReached: true });
  });

  it('is so where the service runs there already, and is healthy', async () => {
    const service = await serve((request, response) =>
      response.writeHead(request.url === '/healthz' ? 200 : 404).end(),
    );
    expect(await lookAtOrigin(`http://127.0.0.1:${service}`, service)).toEqual({ isReached: true });
  });

  it('is not so where somebody else answers, or nobody does', async () => {
    const [port, none] = [await freePort(), await freePort()];
    const other = await serve((_request, response) => response.end('Welcome'));
    expect(await lookAtOrigin(`http://127.0.0.1:${other}`, port)).toMatchObject({ isReached: false });
    expect(await lookAtOrigin(`http://127.0.0.1:${none}`, port)).toEqual({
      isReached: false,
      because: expect.stringContaining('does not answer'),
    });
  });
});
