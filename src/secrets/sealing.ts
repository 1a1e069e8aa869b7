import { randomUUID, type KeyObject } from 'node:crypto';
import type { Config } from '../platform/config/config.js';
import type { DataKeys, WrappedKey } from '../db/secrets/dataKeys.js';
import type { EncryptionContext } from './encryptionContext.js';
import { createLoadingCache } from '../platform/cache.js';
import { crashPoint } from '../platform/crashPoint.js';
import { AppError } from '../platform/errors.js';
import { Secret } from '../platform/secret.js';
import { bindTo, decrypt, encrypt } from './aead.js';
import { createKeyring, type Keyring } from './keyring.js';

/*
 * Secrets at rest, each sealed with its encryption context: a value that is copied to another workspace, row or column
 * does not open. Each workspace has data keys of its own (table data_keys), wrapped by a key of ENCRYPTION_KEYS:
 * replacing the latter touches no sealed value, and deleting the former makes all secrets of a workspace unreadable,
 * also in every copy of the database.
 *
 *   v2.<dataKeyId>.<iv>.<ciphertext>.<tag>   sealed by a data key
 *   v1.<keyId>.<iv>.<ciphertext>.<tag>       sealed by a key of ENCRYPTION_KEYS itself: no longer made, still opened
 */

export interface Sealing {
  /**
   * Seals with the workspace's newest data key, which is made when there is none. May need a database connection: seal
   * before you begin a transaction, not within it.
   */
  seal(plaintext: Secret | string, context: EncryptionContext): Promise<string>;
  /** The same for use within a transaction: it has the data key already. */
  sealer(workspaceId: string): Promise<(plaintext: string, context: EncryptionContext) => string>;
  /** Throws an AppError that says which key is missing, or that the value is not genuine. */
  open(sealed: string, context: EncryptionContext): Promise<Secret>;
}

/** How long a process goes on to seal with a data key that was replaced. */
export const CURRENT_KEY_CACHE_MS = 30_000;
/** How long an unwrapped key stays in memory: that long a deleted one still opens what it sealed. */
const OPENED_KEY_CACHE_MS = 5 * 60_000;
const MAX_CACHED = 20_000;

export function createSealing(keys: Config['ENCRYPTION_KEYS'] | Keyring, dataKeys: DataKeys): Sealing {
  const ring = 'unwrap' in keys ? keys : createKeyring(keys);

  const currentKeys = createLoadingCache(
    { max: MAX_CACHED, ttlMs: CURRENT_KEY_CACHE_MS },
    async (workspaceId: string) => {
      const found = (await dataKeys.current(workspaceId)) ?? (await makeKey(workspaceId));
      return { id: found.id, key: ring.unwrap(found) };
    },
  );

  async function makeKey(workspaceId: string): Promise<WrappedKey> {
    const made = await dataKeys.add(ring.create(randomUUID(), workspaceId));
    crashPoint('secrets.key.made');
    return made;
  }

  const openedKeys = createLoadingCache(
    { max: MAX_CACHED, ttlMs: OPENED_KEY_CACHE_MS },
    async (name: `${string}/${string}`) => {
      const [workspaceId = '', id = ''] = name.split('/');
      const found = await dataKeys.find(workspaceId, id);
      return found && ring.unwrap(found);
    },
  );

  async function keyOf(id: string, context: EncryptionContext): Promise<KeyObject> {
    const name = `${context.workspaceId}/${id}` as const;
    const key = await openedKeys.get(name);
    if (key) return key;
    openedKeys.delete(name);
    throw new AppError(
      'internal',
      `${nameOf(context)} is sealed with data key ${id}, which has been deleted`,
    );
  }

  async function sealer(workspaceId: string) {
    const { id, key } = await currentKeys.get(workspaceId);
    return (text: string, context: EncryptionContext) =>
      `v2.${id}.${encrypt(key, Buffer.from(text, 'utf8'), additionalData(context, id))}`;
  }

  return {
    sealer,
    async seal(plaintext, context) {
      const seal = await sealer(context.workspaceId);
      return seal(typeof plaintext === 'string' ? plaintext : plaintext.reveal(), context);
    },

    async open(sealed, context) {
      const [, version, keyId = '', rest = ''] = /^(v1|v2)\.([\w-]{1,36})\.(.*)$/s.exec(sealed) ?? [];
      if (version === 'v1') return openWith(ring.key(keyId), keyId, rest, context, additionalData(context));
      if (version !== 'v2' || !UUID.test(keyId)) throw unknownForm(context);
      return openWith(await keyOf(keyId, context), keyId, rest, context, additionalData(context, keyId));
    },
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function openWith(
  key: KeyObject | undefined,
  keyId: string,
  text: string,
  context: EncryptionContext,
  data: Buffer,
): Secret {
  if (!key)
    throw new AppError(
      'internal',
      `${nameOf(context)} is sealed with key "${keyId}": add it to ENCRYPTION_KEYS`,
    );
  let bytes: Buffer | undefined;
  try {
    bytes = decrypt(key, text, data);
  } catch (cause) {
    throw new AppError(
      'internal',
      `${nameOf(context)} is not genuine, or key "${keyId}" is not the one that sealed it`,
      { cause },
    );
  }
  if (!bytes) throw unknownForm(context);
  return new Secret(bytes.toString('utf8'));
}

function additionalData(
  { workspaceId, table, row, column }: EncryptionContext,
  ...dataKeyId: string[]
): Buffer {
  return bindTo(workspaceId, table, row, column, ...dataKeyId);
}

function nameOf({ table, column, row }: EncryptionContext): string {
  return `The sealed ${table}.${column} of ${row}`;
}

function unknownForm(context: EncryptionContext): AppError {
  return new AppError('internal', `${nameOf(context)} has a form that this version does not know`);
}
