import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from './config/config.js';

/**
 * Where a process listens: HOST, else this machine alone in development, where nothing stands in front of it, and
 * everywhere else all of its addresses.
 */
export function hostOf({ HOST, NODE_ENV }: Pick<Config, 'HOST' | 'NODE_ENV'>): string | undefined {
  return HOST ?? (NODE_ENV === 'development' ? '127.0.0.1' : undefined);
}

/** Resolves with the port, when the server listens. */
export function listenOn(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host !== undefined && { host }) }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
