import { createHash } from 'node:crypto';

/** Tells a repeat of a key from a key that is used for something else. */
export function bodyHash(type: string, payload: string): Buffer {
  return createHash('sha256').update(type).update('\0').update(payload).digest();
}
