import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** Whoever has an IPv6 address has a network of 2^64 of them. */
const IPV6_SUBNET = 64;

/**
 * The address under which a request is counted: that of the client, as far as TRUSTED_PROXIES vouch for it, else that
 * of the peer. Of IPv6 the network.
 */
export function addressOf(request: Pick<Request, 'ip'>): string {
  return request.ip === undefined ? 'unknown' : ipKeyGenerator(request.ip, IPV6_SUBNET);
}
