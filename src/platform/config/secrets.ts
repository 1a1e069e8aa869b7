import { z } from 'zod';
import { Secret } from '../secret.js';

/** `id:base64,…`: key-encryption keys, the first one seals, all of them open. */
const keyring = z.string().transform((text, context) => {
  const keys = text.split(',').map((entry) => {
    const [id = '', encoded = ''] = entry.trim().split(':');
    return { id, key: new Secret(encoded), bytes: Buffer.from(encoded, 'base64').length };
  });
  for (const { id, bytes } of keys) {
    if (!/^[\w-]{1,32}$/.test(id) || bytes !== 32) {
      context.addIssue({ code: 'custom', message: 'must be id:base64 of 32 bytes, comma-separated' });
      return z.NEVER;
    }
  }
  return keys.map(({ id, key }) => ({ id, key }));
});

export const secretsSchema = {
  ENCRYPTION_KEYS: keyring,
};
