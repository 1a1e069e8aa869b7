import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { Config } from '../platform/config/config.js';
import type { WrappedKey } from '../db/secrets/dataKeys.js';
import { AppError } from '../platform/errors.js';
import { bindTo, decrypt, encrypt } from './aead.js';

/** The key-encryption keys of this process (ENCRYPTION_KEYS). They wrap data keys and touch nothing else. */
export interface Keyring {
  /** The first one: it wraps. */
  readonly first: string;
  readonly ids: readonly string[];
  /** 32 new random bytes, bound to the workspace and the id under which they will be stored. */
  create(id: string, workspaceId: string): WrappedKey;
  unwrap(key: WrappedKey): KeyObject;
  /** The same key, wrapped by the first one. */
  rewrap(key: WrappedKey): WrappedKey;
  /** For values of the form v1, which a key of the ring sealed itself. Undefined: it is not in the ring. */
  key(id: string): KeyObject | undefined;
}

const KEY_BYTES = 32;

export function createKeyring(keys: Config['ENCRYPTION_KEYS']): Keyring {
  const ring = new Map<string, KeyObject>(
    keys.map(({ id, key }) => [id, createSecretKey(Buffer.from(key.reveal(), 'base64'))]),
  );
  const first = keys[0];
  const wrapper = first && ring.get(first.id);
  if (!first || !wrapper) throw new AppError('internal', 'ENCRYPTION_KEYS holds no key');
  const additionalDataOf = (key: Pick<WrappedKey, 'id' | 'workspaceId'>) =>
    bindTo('data_keys', key.workspaceId, key.id);

  function wrap(id: string, workspaceId: string, bytes: Buffer): WrappedKey {
    const additionalData = additionalDataOf({ id, workspaceId });
    return {
      id,
      workspaceId,
      kekId: first?.id ?? '',
      wrappedKey: encrypt(wrapper as KeyObject, bytes, additionalData),
    };
  }

  function unwrapBytes(key: WrappedKey): Buffer {
    const kek = ring.get(key.kekId);
    if (!kek)
      throw new AppError(
        'internal',
        `${nameOf(key)} is wrapped by key "${key.kekId}": add it to ENCRYPTION_KEYS`,
      );
    let cause: unknown;
    try {
      const bytes = decrypt(kek, key.wrappedKey, additionalDataOf(key));
      if (bytes?.length === KEY_BYTES) return bytes;
    } catch (error) {
      cause = error;
    }
    throw new AppError(
      'internal',
      `${nameOf(key)} is not genuine, or key "${key.kekId}" of ENCRYPTION_KEYS is not the one that wrapped it`,
      { cause },
    );
  }

  return {
    first: first.id,
    ids: keys.map(({ id }) => id),
    create: (id, workspaceId) => wrap(id, workspaceId, randomBytes(KEY_BYTES)),
    unwrap: (key) => createSecretKey(unwrapBytes(key)),
    rewrap: (key) => wrap(key.id, key.workspaceId, unwrapBytes(key)),
    key: (id) => ring.get(id),
  };
}

function nameOf({ id, workspaceId }: WrappedKey): string {
  return `Data key ${id} of workspace ${workspaceId}`;
}
