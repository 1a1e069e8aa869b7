const FAR_OFF_SECONDS = 300;

/**
 * Whether a notice is this service's: `signature` is the header `X-Sluice-Signature`, `body` the bytes as they came,
 * `secret` that of the workspace. A notice that is older than five minutes is not genuine any more.
 */
export async function verifyNotice(
  {
    secret,
    signature,
    body,
  }: { secret: string; signature: string | null | undefined; body: string | Uint8Array },
  nowSeconds = Date.now() / 1000,
): Promise<boolean> {
  const [, time, mac] = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (time === undefined || mac === undefined || Math.abs(nowSeconds - Number(time)) > FAR_OFF_SECONDS)
    return false;
  const encoder = new TextEncoder();
  const { subtle } = globalThis.crypto;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify']);
  const before = encoder.encode(`${time}.`);
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  const signed = new Uint8Array(before.length + bytes.length);
  signed.set(before);
  signed.set(bytes, before.length);
  return subtle.verify('HMAC', key, bytesOf(mac), signed);
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}
