import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.js';

/**
 * `X-Sluice-Signature` of what is sent to a URL of a workspace's: `t=<seconds since 1970>,v1=<hex>`, the HMAC-SHA256 of
 * `<t>.<body>`. The receiver computes it over the bytes that came, compares in constant time, and refuses what is older
 * than five minutes.
 */
export function signBody(secret: Secret, body: string, atSeconds: number): string {
  const mac = createHmac('sha256', secret.reveal()).update(`${atSeconds}.${body}`).digest('hex');
  return `t=${atSeconds},v1=${mac}`;
}
