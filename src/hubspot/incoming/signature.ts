import { createHmac, hash, timingSafeEqual } from 'node:crypto';
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
  /** Which of the versions before v3 the route takes where there is no v3. */
  takes: SignatureTakes;
}

/** v1 is over the body alone: it would stand on every route. HubSpot signs webhooks so, and nothing else. */
export type OldSignature = 'v1' | 'v2';
export type SignatureTakes = readonly OldSignature[];

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

/** `stale`: the signature is right, its time is not. `malformed`: no timestamp that HubSpot could have written. */
export const SIGNATURE_REASONS = [
  'missing',
  'unsupported_version',
  'malformed',
  'mismatch',
  'stale',
] as const;
export type SignatureReason = (typeof SIGNATURE_REASONS)[number];
export type SignatureVersion = OldSignature | 'v3';
export type SignatureVerdict =
  { ok: true; version: SignatureVersion } | { ok: false; reason: SignatureReason };

const MAX_AGE_MS = 5 * 60_000;
const MAX_AHEAD_MS = 60_000;
/** No clock that somebody looks after is so wrong: what is older is not worth the reading of its body. */
const FAR_OFF_MS = 60 * 60_000;

/**
 * What the headers alone tell, before any of the body is read: why no body could make this signature right. Undefined
 * where it has to be seen.
 */
export function judgeHeaders(
  headers: SignatureHeaders,
  nowMs: number,
  takes: SignatureTakes,
): SignatureReason | undefined {
  if (headers.signatureV3 === undefined) return oldOf(headers, takes).reason;
  const { reason, timestamp } = v3Of(headers, headers.signatureV3);
  if (reason !== undefined) return reason;
  return Math.abs(nowMs - Number(timestamp)) > FAR_OFF_MS ? 'stale' : undefined;
}

/** Checks v3 where its header is present, else an older one. A failed v3 never falls back: that is a downgrade. */
export function verifySignature(request: SignedRequest): SignatureVerdict {
  return request.headers.signatureV3 === undefined
    ? verifyOld(request)
    : verifyV3(request, request.headers.signatureV3);
}

type Given<T> = ({ reason?: undefined } & T) | ({ reason: SignatureReason } & Partial<T>);

function oldOf(
  { signature, signatureVersion }: SignatureHeaders,
  takes: SignatureTakes,
): Given<{ given: Buffer; version: OldSignature }> {
  if (signature === undefined) return { reason: 'missing' };
  const version = takes.find((one) => one === signatureVersion);
  if (version === undefined) return { reason: 'unsupported_version' };
  if (!/^[0-9a-f]{64}$/i.test(signature)) return { reason: 'mismatch' };
  return { given: Buffer.from(signature, 'hex'), version };
}

function v3Of(
  { timestamp }: SignatureHeaders,
  signature: string,
): Given<{ given: Buffer; timestamp: string }> {
  if (timestamp === undefined) return { reason: 'missing' };
  if (!/^\d{1,15}$/.test(timestamp)) return { reason: 'malformed' };
  const given = Buffer.from(signature, 'base64');
  // Node's base64 decoder skips what it does not know, so the text is compared with what it must have been.
  if (given.length !== 32 || given.toString('base64') !== signature) return { reason: 'mismatch' };
  return { given, timestamp };
}

function verifyOld({ method, uri, rawBody, headers, secrets, takes }: SignedRequest): SignatureVerdict {
  const { reason, given, version } = oldOf(headers, takes);
  if (reason !== undefined) return { ok: false, reason };
  const matches = secrets.some((secret) => {
    const head = version === 'v1' ? secret.reveal() : secret.reveal() + method + uri;
    return timingSafeEqual(hash('sha256', Buffer.concat([Buffer.from(head), rawBody]), 'buffer'), given);
  });
  return matches ? { ok: true, version } : { ok: false, reason: 'mismatch' };
}

/** The headers of v3 with which HubSpot would send a call; the URI as it is called, the body as its bytes. */
export function signV3(
  { method, uri, body }: { readonly method: string; readonly uri: string; readonly body: string },
  secret: Secret,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs));
  const signed = createHmac('sha256', secret.reveal()).update(method + decodeUri(uri) + body + timestamp);
  return {
    'x-hubspot-signature-v3': signed.digest('base64'),
    'x-hubspot-request-timestamp': timestamp,
  };
}

function verifyV3(
  { method, uri, rawBody, headers, secrets, nowMs }: SignedRequest,
  signature: string,
): SignatureVerdict {
  const { reason, given, timestamp } = v3Of(headers, signature);
  if (reason !== undefined) return { ok: false, reason };
  const head = method + decodeUri(uri);
  const matches = secrets.some((secret) =>
    timingSafeEqual(
      createHmac('sha256', secret.reveal()).update(head).update(rawBody).update(timestamp).digest(),
      given,
    ),
  );
  if (!matches) return { ok: false, reason: 'mismatch' };
  // After the signature: only a right one tells that it is a clock that is wrong, here or there.
  const ageMs = nowMs - Number(timestamp);
  const inTime = ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS;
  return inTime ? { ok: true, version: 'v3' } : { ok: false, reason: 'stale' };
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
