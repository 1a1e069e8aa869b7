import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../platform/secret.js';

/*
 * Signatures of HubSpot's calls (docs/hubspot.md#signatures). The SDK's own check is no help: it compares with `===`,
 * decodes no URI, takes any time in the future and throws on a stale one.
 */

export interface SignedRequest {
  method: string;
  /** The URI that HubSpot called: the configured public origin and the path and query as received. */
  uri: string;
  /** The bytes as received: a body that was parsed and written again has another signature. */
  rawBody: Buffer;
  headers: SignatureHeaders;
  /** More than one while a client secret is rotated. */
  secrets: readonly Secret[];
  nowMs: number;
}

export interface SignatureHeaders {
  /** `X-HubSpot-Signature` */
  signature?: string | undefined;
  /** `X-HubSpot-Signature-Version` */
  signatureVersion?: string | undefined;
  /** `X-HubSpot-Signature-v3` */
  signatureV3?: string | undefined;
  /** `X-HubSpot-Request-Timestamp`, milliseconds */
  timestamp?: string | undefined;
}

export type SignatureVerdict =
  | { ok: true; version: 'v2' | 'v3' }
  | { ok: false; reason: 'missing' | 'unsupported_version' | 'stale' | 'mismatch' };

const MAX_AGE_MS = 5 * 60_000;
const MAX_AHEAD_MS = 60_000;

/** Checks v3 where its header is present, else v2. A failed v3 never falls back to v2: that would be a downgrade. */
export function verifySignature(request: SignedRequest): SignatureVerdict {
  return request.headers.signatureV3 === undefined
    ? verifyV2(request)
    : verifyV3(request, request.headers.signatureV3);
}

function verifyV2({ method, uri, rawBody, headers, secrets }: SignedRequest): SignatureVerdict {
  if (headers.signature === undefined) return { ok: false, reason: 'missing' };
  if (headers.signatureVersion !== 'v2') return { ok: false, reason: 'unsupported_version' };
  const given = /^[0-9a-f]{64}$/i.test(headers.signature) ? Buffer.from(headers.signature, 'hex') : undefined;
  if (!given) return { ok: false, reason: 'mismatch' };
  const matches = secrets.some((secret) =>
    timingSafeEqual(
      createHash('sha256')
        .update(secret.reveal() + method + uri)
        .update(rawBody)
        .digest(),
      given,
    ),
  );
  return matches ? { ok: true, version: 'v2' } : { ok: false, reason: 'mismatch' };
}

function verifyV3(
  { method, uri, rawBody, headers, secrets, nowMs }: SignedRequest,
  signature: string,
): SignatureVerdict {
  const { timestamp } = headers;
  if (timestamp === undefined) return { ok: false, reason: 'missing' };
  const age = /^\d{1,15}$/.test(timestamp) ? nowMs - Number(timestamp) : Number.NaN;
  if (!(age <= MAX_AGE_MS && age >= -MAX_AHEAD_MS)) return { ok: false, reason: 'stale' };
  const given = Buffer.from(signature, 'base64');
  // Node's base64 decoder skips what it does not know, so the text is compared with what it must have been.
  if (given.length !== 32 || given.toString('base64') !== signature) return { ok: false, reason: 'mismatch' };
  const head = method + decodeUri(uri);
  const matches = secrets.some((secret) =>
    timingSafeEqual(
      createHmac('sha256', secret.reveal()).update(head).update(rawBody).update(timestamp).digest(),
      given,
    ),
  );
  return matches ? { ok: true, version: 'v3' } : { ok: false, reason: 'mismatch' };
}

const DECODED = {
  '3A': ':', '2F': '/', '3F': '?', '40': '@', '21': '!', '24': '$',
  '27': "'", '28': '(', '29': ')', '2A': '*', '2C': ',', '3B': ';',
} as const; // prettier-ignore

/** HubSpot signs the URI with exactly these twelve decoded; everything else, `%20` included, stays as it was sent. */
export function decodeUri(uri: string): string {
  if (!uri.includes('%')) return uri;
  return uri.replace(
    /%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi,
    (_, code: string) => DECODED[code.toUpperCase() as keyof typeof DECODED],
  );
}
