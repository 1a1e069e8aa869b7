import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../platform/config/config.js';
import { AppError } from '../../platform/errors.js';
import { encodeFields } from '../../domain/audit/chain.js';
import type { ChainEnd, SignedHead } from '../../domain/audit/head.js';

/*
 * The end of a chain, signed. Somebody who can change the database and does not have the keys of ENCRYPTION_KEYS can
 * write another chain, but no head that agrees with it.
 */

export interface HeadSigner {
  /** The id of the key that signs. */
  readonly keyId: string;
  sign(workspaceId: string, end: ChainEnd): SignedHead;
  check(workspaceId: string, head: SignedHead): 'genuine' | 'forged' | 'unknown_key';
}

/** Signs with a key derived from the first of the ring; checks with the one that signed. */
export function createHeadSigner(keyring: Config['ENCRYPTION_KEYS']): HeadSigner {
  const keys = new Map(keyring.map(({ id, key }) => [id, derive(Buffer.from(key.reveal(), 'base64'))]));
  const keyId = keyring[0]?.id;
  if (keyId === undefined) throw new AppError('internal', 'ENCRYPTION_KEYS holds no key');

  function signatureOf(key: Buffer, workspaceId: string, { seq, hash }: ChainEnd, id: string): Buffer {
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

/** A key for this purpose alone: it reveals nothing of the key that wraps secrets. */
function derive(key: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'sluice audit head', 32));
}
