import type { IncomingMessage } from 'node:http';
import express, { type Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import { createCache } from '../../platform/cache.js';
import type { Config } from '../../platform/config/config.js';

/** Whoever has an IPv6 address has a network of 2^64 of them. */
const IPV6_SUBNET = 64;
/** As text no address is longer; what a proxy passes on may be anything. */
const MAX_LENGTH = 64;
/** The network of an address is found once: to parse an address costs more than to check a call's signature. */
const MAX_REMEMBERED = 10_000;
const networks = createCache<string, string>({ max: MAX_REMEMBERED });

/**
 * The address under which a request is counted: that of the client, as far as TRUSTED_PROXIES vouch for it, else that
 * of the peer. Of IPv6 the network.
 */
export function addressOf(request: Pick<Request, 'ip'>): string {
  return networkOf(request.ip);
}

/** The same for a request that Express does not see. */
export function addressReader(trusted: Config['TRUSTED_PROXIES']): (request: IncomingMessage) => string {
  const app = express().set('trust proxy', trusted);
  const isTrusted = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  return ({ socket, headers }) => {
    const peer = socket.remoteAddress ?? '';
    const forwarded = headers['x-forwarded-for'];
    if (forwarded === undefined || !isTrusted(peer, 0)) return networkOf(peer);
    const told = String(forwarded).split(',').reverse();
    const client = told.find((address, n) => !isTrusted(address.trim(), n + 1)) ?? told.at(-1);
    return networkOf(client?.trim());
  };
}

function networkOf(address: string | undefined): string {
  if (address === undefined || address === '') return 'unknown';
  const known = networks.get(address);
  if (known !== undefined) return known;
  // A copy: what is cut out of a header keeps the whole of it in memory.
  const own = Buffer.from(address.slice(0, MAX_LENGTH)).toString();
  const network = ipKeyGenerator(own, IPV6_SUBNET);
  networks.set(own, network);
  return network;
}
