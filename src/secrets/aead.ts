import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

/*
 * AES-256-GCM with a random 96-bit nonce. One key seals far less than the 2^32 values that such nonces allow: each
 * workspace has its own, and it can be replaced (`sluice encryption-keys rotate --data-keys`).
 */

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `<iv>.<ciphertext>.<tag>`, base64url. */
export function encrypt(key: KeyObject, plaintext: Buffer, additionalData: Buffer): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(additionalData);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return [iv, ciphertext, cipher.getAuthTag()].map((part) => part.toString('base64url')).join('.');
}

/**
 * Undefined when `text` has not the form that `encrypt` gives; throws when key, additional data or value are not those
 * of the sealing.
 */
export function decrypt(key: KeyObject, text: string, additionalData: Buffer): Buffer | undefined {
  const parts = text.split('.');
  const [iv, ciphertext, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (parts.length !== 3 || iv?.length !== IV_BYTES || !ciphertext || tag?.length !== TAG_BYTES)
    return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
    .setAAD(additionalData)
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

/** Length-prefixed, so that no two lists of parts read alike. */
export function bindTo(...parts: readonly (string | number)[]): Buffer {
  return Buffer.from(parts.map((part) => `${String(part).length}:${part}`).join('|'));
}
