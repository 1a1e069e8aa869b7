import { z } from 'zod';
import { Secret } from '../secret.js';

const KEY_BYTES = 32;

/** `id:base64,…`: key-encryption keys, the first one seals, all of them open. */
const keyring = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const [id = '', encoded = ''] = entry.trim().split(':');
    return { id, key: new Secret(encoded), bytes: Buffer.from(encoded, 'base64').length };
  });
  for (const { id, bytes } of keys) {
    if (!/^[\w-]{1,32}$/.test(id) || bytes !== KEY_BYTES) {
      context.addIssue({ code: 'custom', message: 'must be id:base64 of 32 bytes, comma-separated' });
      return z.NEVER;
    }
  }
  return keys.map(({ id, key }) => ({ id, key }));
});

/** One key alone, as it is, in hex or in base64: told apart by their lengths, 32, 64 and 43 or 44 characters. */
const singleKey = z.string().transform((text, context) => {
  const key = bytesOf(text.trim());
  if (key?.length === KEY_BYTES) return new Secret(key.toString('base64'));
  context.addIssue({ code: 'custom', message: 'must be 32 bytes: as they are, in hex or in base64' });
  return z.NEVER;
});

function bytesOf(text: string): Buffer | undefined {
  if (Buffer.byteLength(text) === KEY_BYTES) return Buffer.from(text);
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[\w+/-]{43}=?$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The id of the key of ENCRYPTION_KEY, wherever a key has to be named. */
export const SINGLE_KEY_ID = 'single';

export const secretsSchema = {
  ENCRYPTION_KEYS: keyring,
  ENCRYPTION_KEY: singleKey.optional(),
  TOKEN_JOURNAL_DIR: z.string().min(1).optional(),
};

/**
 * Reads ENCRYPTION_KEY as a key of ENCRYPTION_KEYS: the only one, or one that opens what it has sealed while another
 * takes its place.
 */
export function withSingleKey(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const { ENCRYPTION_KEY: text, ENCRYPTION_KEYS: keys } = env;
  const single = text === undefined ? undefined : singleKey.safeParse(text);
  if (!single?.success) return env;
  const entry = `${SINGLE_KEY_ID}:${single.data.reveal()}`;
  return { ...env, ENCRYPTION_KEYS: keys === undefined ? entry : `${keys},${entry}` };
}
