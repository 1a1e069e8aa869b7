import net from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isFree, isReachable, pickPort } from '../../../scripts/lib/ports.mjs';

describe('picking a port', () => {
  const servers: net.Server[] = [];

  async function occupy(host: string): Promise<number> {
    const server = net.createServer().listen(0, host);
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  }
  afterEach(() => Promise.all(servers.splice(0).map((server) => once(server.close(), 'close'))));

  it('takes another port than one in use, and says so', async () => {
    const taken = await occupy('127.0.0.1');
    const said: string[] = [];
    const port = await pickPort(taken, { what: 'the API', say: (line: string) => said.push(line) });
    expect(port).not.toBe(taken);
    expect(said).toEqual([`Port ${taken} is in use, so the API takes ${port}.`]);
  });

  it('sees a server that listens on every address', async () => {
    expect(await isFree(await occupy('0.0.0.0'))).toBe(false);
  });

  it('says nothing when any port will do', async () => {
    const said: string[] = [];
    expect(await pickPort(0, { say: (line: string) => said.push(line) })).toBeGreaterThan(0);
    expect(said).toEqual([]);
  });

  it('tells a server that answers from one that is not there', async () => {
    const port = await occupy('127.0.0.1');
    expect(await isReachable(`127.0.0.1:${port}`)).toBe(true);
    const gone = await pickPort(0);
    expect(await isReachable(`127.0.0.1:${gone}`)).toBe(false);
  });
});
