import { createHash, randomBytes } from 'node:crypto';

/** A secret of 256 bits, fit for URLs and cookies. */
export function newRandomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** How a random token is stored: it has 256 bits, so a plain hash is as good as a slow one. */
export function hashRandomToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
