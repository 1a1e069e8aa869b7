import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../platform/config.js';
import { AppError } from '../../platform/errors.js';
import { encodeFields } from '../../domain/audit/chain.js';

/*
 * The end of a chain, signed: who can change the database and lacks the keys of ENCRYPTION_KEYS can write another chain, but no head
 * that agrees with it.
 */

/** An entry of a chain, by its number and hash. */
export interface End {
  readonly seq: bigint;
  readonly hash: Buffer;
}

export interface Head extends End {
  readonly keyId: string;
  readonly signature: Buffer;
}

export interface HeadSigner {
  /** The id of the key that signs. */
  readonly keyId: string;
  sign(workspaceId: string, end: End): Head;
  check(workspaceId: string, head: Head): 'genuine' | 'forged' | 'unknown_key';
}

/** Signs with a key derived from the first of the ring; checks by whichever signed. */
export function createHeadSigner(keyring: Config['ENCRYPTION_KEYS']): HeadSigner {
  const keys = new Map(keyring.map(({ id, key }) => [id, derive(Buffer.from(key.reveal(), 'base64'))]));
  const keyId = keyring[0]?.id;
  if (keyId === undefined) throw new AppError('internal', 'ENCRYPTION_KEYS holds no key');

  function signatureOf(key: Buffer, workspaceId: string, { seq, hash }: End, id: string): Buffer {
    const signed = encodeFields(['sluice-audit-head-1', workspaceId, String(seq), hash.toString('hex'), id]);
    return createHmac('sha256', key).update(signed).digest();
  }

  return {
    keyId,
    sign(workspaceId, end) {
      const key = keys.get(keyId);
      if (!key) throw new AppError('internal', 'ENCRYPTION_KEYS holds no key');
      return { ...end, keyId, signature: signatureOf(key, workspaceId, end, keyId) };
    },
    check(workspaceId, head) {
      const key = keys.get(head.keyId);
      if (!key) return 'unknown_key';
      const expected = signatureOf(key, workspaceId, head, head.keyId);
      return expected.length === head.signature.length && timingSafeEqual(expected, head.signature)
        ? 'genuine'
        : 'forged';
    },
  };
}

/** A key for this purpose alone: what is learned of it tells nothing of the key that wraps secrets. */
function derive(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'sluice audit head', 32));
}

/** `seq:hash:keyId:signature`, as the log has it. */
export function writeHead({ seq, hash, keyId, signature }: Head): string {
  return [seq, hash.toString('hex'), keyId, signature.toString('base64url')].join(':');
}

const HEAD = /^([1-9]\d{0,18}):([0-9a-f]{64})(?::([\w-]{1,32}):([\w-]{43}))?$/;

/** A head as `writeHead` wrote it, or `seq:hash` of an entry from the log. Undefined: it is neither. */
export function readHead(text: string): Head | End | undefined {
  const [, seq, hash, keyId, signature] = HEAD.exec(text) ?? [];
  if (seq === undefined || hash === undefined) return undefined;
  const end = { seq: BigInt(seq), hash: Buffer.from(hash, 'hex') };
  return keyId === undefined || signature === undefined
    ? end
    : { ...end, keyId, signature: Buffer.from(signature, 'base64url') };
}
