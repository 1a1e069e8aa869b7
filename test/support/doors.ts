import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';

/** What stands in front of a service: closed with `close`. */
export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/** A certificate of `localhost`, with its own authority: what NODE_EXTRA_CA_CERTS and CURL_CA_BUNDLE name. */
export function makeCertificate(dir: string, days = 2): { readonly key: string; readonly cert: string } {
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  const made = spawnSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        String(days),
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`openssl makes no certificate: ${made.stderr}`);
  return { key, cert };
}

/** The proxy that adds https: passes each request on as it is. `target` is asked for each. */
export async function openHttps(
  certificate: { readonly key: string; readonly cert: string },
  target: () => string,
): Promise<Door> {
  const [key, cert] = [readFileSync(certificate.key), readFileSync(certificate.cert)];
  const server = https.createServer({ key, cert }, (request, response) => {
    const { method, headers } = request;
    const onward = http.request(target() + (request.url ?? ''), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end()); // nobody is there
    request.pipe(onward);
  });
  const port = await listen(server);
  return {
    url: `https://localhost:${port}`,
    async close() {
      server.closeAllConnections();
      await closed(server);
    },
  };
}

const PERMISSION_DENIED = '7';

/** A Temporal whose operator lets nobody make search attributes: everything else reaches the one at `address`. */
export async function openWithheldTemporal(address: string): Promise<Door> {
  const sessions = new Set<http2.Http2Session>();
  const server = http2.createServer();
  server.on('session', (session) => sessions.add(session));
  const behind = http2.connect(`http://${address}`);
  server.on('stream', (stream, headers) => {
    if (String(headers[':path']).endsWith('/AddSearchAttributes')) {
      const trailers = { 'grpc-status': PERMISSION_DENIED, 'grpc-message': 'Request unauthorized.' };
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', ...trailers },
        { endStream: true },
      );
      return;
    }
    const onward = behind.request(headers);
    stream.pipe(onward);
    onward.on('response', (answer) => {
      // An answer without a message has its status among its headers, and ends with them.
      const isOver = answer['grpc-status'] !== undefined;
      stream.respond(answer, isOver ? { endStream: true } : { waitForTrailers: true });
      if (!isOver) onward.pipe(stream);
    });
    let trailers: http2.IncomingHttpHeaders = {};
    onward.on('trailers', (given) => (trailers = given));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    for (const [one, other] of [
      [stream, onward],
      [onward, stream],
    ] as const) {
      one.on('error', () => other.close());
      one.on('aborted', () => other.close());
    }
  });
  const port = await listen(server);
  return {
    url: `127.0.0.1:${port}`,
    async close() {
      behind.destroy();
      for (const session of sessions) session.destroy();
      await closed(server);
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const closed = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));
