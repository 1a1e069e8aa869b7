import { createHmac, hash } from 'node:crypto';

export type SignatureKind = 'v2' | 'v3' | 'both';

/** v3 signs the URI with exactly these escapes decoded (docs/hubspot.md#signatures). */
const DECODED: Readonly<Record<string, string>> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};
const ESCAPES = /%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi;

export function decodeUri(uri: string): string {
  if (!uri.includes('%')) return uri;
  return uri.replace(ESCAPES, (escape) => DECODED[escape.toUpperCase()] ?? escape);
}

export function signV1(secret: string, body: string): string {
  return hash('sha256', secret + body, 'hex');
}

export function signV2(secret: string, method: string, uri: string, body: string): string {
  return hash('sha256', secret + method + uri + body, 'hex');
}

export function signV3(secret: string, method: string, uri: string, body: string, timestamp: string): string {
  return createHmac('sha256', secret)
    .update(method + decodeUri(uri) + body + timestamp)
    .digest('base64');
}

export interface Signer {
  /** The signature headers for this body, as a flat list of names and values. */
  headers(body: string): string[];
}

export function createSigner(
  kind: SignatureKind,
  secret: string,
  method: string,
  uri: string,
  epochMs: () => number,
): Signer {
  const v2 = (body: string) => [
    'x-hubspot-signature',
    signV2(secret, method, uri, body),
    'x-hubspot-signature-version',
    'v2',
  ];
  const v3 = (body: string) => {
    const timestamp = String(epochMs());
    const signature = signV3(secret, method, uri, body, timestamp);
    return ['x-hubspot-signature-v3', signature, 'x-hubspot-request-timestamp', timestamp];
  };
  if (kind === 'v2') return { headers: v2 };
  if (kind === 'v3') return { headers: v3 };
  return { headers: (body) => [...v2(body), ...v3(body)] };
}
