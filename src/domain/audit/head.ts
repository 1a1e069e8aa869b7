/*
 * The end of an audit chain, plain and signed, and how the log writes a signed one.
 */

/** An entry of a chain, by its number and its hash. */
export interface ChainEnd {
  readonly seq: bigint;
  readonly hash: Buffer;
}

export interface SignedHead extends ChainEnd {
  /** The id of the key of ENCRYPTION_KEYS from which the signing key is derived. */
  readonly keyId: string;
  readonly signature: Buffer;
}

/** `seq:hash:keyId:signature`, as the log has it. */
export function writeHead({ seq, hash, keyId, signature }: SignedHead): string {
  return [seq, hash.toString('hex'), keyId, signature.toString('base64url')].join(':');
}

const HEAD = /^([1-9]\d{0,18}):([0-9a-f]{64})(?::([\w-]{1,32}):([\w-]{43}))?$/;

/** A head as `writeHead` wrote it, or `seq:hash` of an entry from the log. Undefined: it is neither. */
export function readHead(text: string): SignedHead | ChainEnd | undefined {
  const [, seq, hash, keyId, signature] = HEAD.exec(text) ?? [];
  if (seq === undefined || hash === undefined) return undefined;
  const end = { seq: BigInt(seq), hash: Buffer.from(hash, 'hex') };
  return keyId === undefined || signature === undefined
    ? end
    : { ...end, keyId, signature: Buffer.from(signature, 'base64url') };
}
