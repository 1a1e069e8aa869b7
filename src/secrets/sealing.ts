import { randomUUID, type KeyObject } from 'node:crypto';
import type { Config } from '../platform/config/config.js';
import type { DataKeys } from '../db/secrets/dataKeys.js';
import type { EncryptionContext } from './encryptionContext.js';
import { AppError } from '../platform/errors.js';
import { Secret } from '../platform/secret.js';
import { bindTo, decrypt, encrypt } from './aead.js';
import { createKeyring, type Keyring } from './keyring.js';

/*
 * Secrets at rest, each sealed with its encryption context: a value that is copied to another workspace, row or column does not open. Each
 * workspace has data keys of its own (table data_keys), wrapped by a key of ENCRYPTION_KEYS: replacing the latter touches no sealed value,
 * and deleting the former makes all secrets of a workspace unreadable, also in every copy of the database.
 *
 *   v2.<dataKeyId>.<iv>.<ciphertext>.<tag>   sealed by a data key
 *   v1.<keyId>.<iv>.<ciphertext>.<tag>       sealed by a key of ENCRYPTION_KEYS itself: no longer made, still opened
 */

export interface Sealing {
  /**
   * Seals with the workspace's newest data key, which is made when there is none. May need a database connection: seal before you begin
   * a transaction, not within it.
   */
  seal(plaintext: Secret | string, context: EncryptionContext): Promise<string>;
  /** Throws an AppError that says which key is missing, or that the value is not genuine. */
  open(sealed: string, context: EncryptionContext): Promise<Secret>;
}

/** How long a process seals with a data key after it was replaced. */
export const CURRENT_KEY_CACHE_MS = 30_000;
/** How long an unwrapped key stays in memory: after so long a deleted one opens nothing more. */
const OPENED_KEY_CACHE_MS = 5 * 60_000;
const MAX_CACHED = 20_000;

interface Opened {
  id: string;
  key: KeyObject;
}

export function createSealing(keys: Config['ENCRYPTION_KEYS'] | Keyring, dataKeys: DataKeys): Sealing {
  const ring = 'unwrap' in keys ? keys : createKeyring(keys);
  const current = createCache<Opened>(CURRENT_KEY_CACHE_MS);
  const opened = createCache<Opened>(OPENED_KEY_CACHE_MS);

  const currentKey = (workspaceId: string) =>
    current.get(workspaceId, async () => {
      const found =
        (await dataKeys.current(workspaceId)) ?? (await dataKeys.add(ring.create(randomUUID(), workspaceId)));
      return { id: found.id, key: ring.unwrap(found) };
    });

  const keyOf = (id: string, context: EncryptionContext) =>
    opened.get(`${context.workspaceId}/${id}`, async () => {
      const found = await dataKeys.find(context.workspaceId, id);
      if (!found)
        throw new AppError(
          'internal',
          `${nameOf(context)} is sealed with data key ${id}, which has been deleted`,
        );
      return { id, key: ring.unwrap(found) };
    });

  return {
    async seal(plaintext, context) {
      const { id, key } = await currentKey(context.workspaceId);
      const text = typeof plaintext === 'string' ? plaintext : plaintext.reveal();
      return `v2.${id}.${encrypt(key, Buffer.from(text, 'utf8'), additionalData(context, id))}`;
    },

    async open(sealed, context) {
      const [, version, keyId = '', rest = ''] = /^(v1|v2)\.([\w-]{1,36})\.(.*)$/s.exec(sealed) ?? [];
      if (version === 'v1') return openWith(ring.key(keyId), keyId, rest, context, additionalData(context));
      if (version !== 'v2' || !UUID.test(keyId)) throw unknownForm(context);
      const { key } = await keyOf(keyId, context);
      return openWith(key, keyId, rest, context, additionalData(context, keyId));
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

/** Values that are made once for all who ask meanwhile and kept for a while; a failure is not kept. */
function createCache<T>(keepMs: number) {
  const kept = new Map<string, { value: Promise<T>; until: number }>();
  return {
    get(key: string, make: () => Promise<T>): Promise<T> {
      const known = kept.get(key);
      if (known && known.until > performance.now()) return known.value;
      if (kept.size >= MAX_CACHED) kept.clear();
      const value = make();
      kept.set(key, { value, until: performance.now() + keepMs });
      value.catch(() => {
        if (kept.get(key)?.value === value) kept.delete(key);
      });
      return value;
    },
  };
}
