import { createDecipheriv, hash } from 'node:crypto';
import { Secret } from '../platform/secret.js';

const KEY_BYTES = 32;
const IV_BYTES = 16;

/**
 * Opens a token as an earlier throttle has sealed it: AES-256 in CBC mode, base64 of the initial vector and what was
 * sealed; a key that is not of 32 bytes is hashed there. Undefined: it was sealed by another key, or is none.
 */
export function openFormerToken(sealed: string, key: Secret): Secret | undefined {
  const given = Buffer.from(key.reveal(), 'base64');
  const bytes = given.length === KEY_BYTES ? given : hash('sha256', given, 'buffer');
  const whole = Buffer.from(sealed, 'base64');
  if (whole.length <= IV_BYTES) return undefined;
  try {
    const cipher = createDecipheriv('aes-256-cbc', bytes, whole.subarray(0, IV_BYTES));
    const opened = Buffer.concat([cipher.update(whole.subarray(IV_BYTES)), cipher.final()]).toString('utf8');
    // A wrong key now and then leaves something that only looks whole: tokens are written in plain characters.
    return /^[\x21-\x7e]+$/.test(opened) ? new Secret(opened) : undefined;
  } catch {
    return undefined;
  }
}
