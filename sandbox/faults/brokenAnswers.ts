import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** Answers with status 200 that no client should accept. */
export const BROKEN_ANSWERS = ['garbage', 'huge', 'gzipBomb', 'drip', 'halfClose', 'resetMidBody'] as const;
export type BrokenAnswer = (typeof BROKEN_ANSWERS)[number];

const MEGABYTE = 1024 * 1024;
const DRIP_MS = 1000;
let bomb: Buffer | undefined;

/** Answers a request that has taken effect. */
export function sendBroken(kind: BrokenAnswer, response: ServerResponse): void {
  const headers = { 'content-type': 'application/json;charset=utf-8' };
  switch (kind) {
    case 'garbage':
      response.writeHead(200, headers).end('\u0000\ufffd<<<{"status":COMPLETE,]');
      return;
    case 'huge':
      response.writeHead(200, headers).end(`{"status":"COMPLETE","results":"${'x'.repeat(12 * MEGABYTE)}"}`);
      return;
    case 'gzipBomb':
      bomb ??= gzipSync(Buffer.alloc(256 * MEGABYTE, ' '));
      response.writeHead(200, { ...headers, 'content-encoding': 'gzip' }).end(bomb);
      return;
    case 'drip': {
      response.writeHead(200, headers);
      const timer = setInterval(() => response.write(' '), DRIP_MS);
      response.once('close', () => clearInterval(timer));
      return;
    }
    case 'halfClose':
      response.writeHead(200, { ...headers, 'content-length': '100' }).flushHeaders();
      response.socket?.end();
      return;
    case 'resetMidBody':
      response.writeHead(200, { ...headers, 'content-length': '100' });
      response.write('{"status":', () => response.socket?.resetAndDestroy());
      return;
  }
}
