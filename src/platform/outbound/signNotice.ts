import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.js';

/**
 * `X-Sluice-Signature` of a notice: `t=<seconds since 1970>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body>`. The receiver
 * computes it over the bytes that came, compares in constant time, and refuses a notice that is older than five
 * minutes.
 */
export function signNotice(secret: Secret, body: string, atSeconds: number): string {
  const mac = createHmac('sha256', secret.reveal()).update(`${atSeconds}.${body}`).digest('hex');
  return `t=${atSeconds},v1=${mac}`;
}
