import type { IncomingMessage } from 'node:http';
import express, { type Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Config } from '../../platform/config/config.js';

/** Whoever has an IPv6 address has a network of 2^64 of them. */
const IPV6_SUBNET = 64;
/** As text no address is longer; what a proxy passes on may be anything. */
const MAX_LENGTH = 64;

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
  return ipKeyGenerator(address.slice(0, MAX_LENGTH), IPV6_SUBNET);
}
