import { isIP } from 'node:net';
import { isPublicAddress } from './isPublicAddress.js';

/**
 * Whether services of this machine may be called: in development, and only while the service itself is reached on this
 * machine. One that others reach is not in development, whatever NODE_ENV says.
 */
export function allowsLocal({ NODE_ENV, PUBLIC_URL }: { NODE_ENV: string; PUBLIC_URL: string }): boolean {
  return NODE_ENV !== 'production' && isLoopback(new URL(PUBLIC_URL));
}

/**
 * Why a URL that a workspace names may not be called, as far as its text shows; undefined: it may. Where its name leads
 * is judged when it is called.
 */
export function outboundUrlProblem(
  text: string,
  { allowLocal }: { allowLocal: boolean },
): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url) return 'must be a URL, e.g. https://shop.example.com/sluice';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password';
  if (allowLocal && isLoopback(url) && /^https?:$/.test(url.protocol)) return undefined;
  if (url.protocol !== 'https:') return 'must begin with https://';
  // The parser has made 0x7f.1, 2130706433 and 0177.0.0.1 into 127.0.0.1 by now.
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (isIP(host) !== 0)
    return isPublicAddress(host) ? undefined : 'must not be an address of a private network';
  if (!host.includes('.') || /\.(localhost|local|internal|home\.arpa)$/.test(host))
    return 'must name a public host, e.g. https://shop.example.com/sluice';
  return undefined;
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
