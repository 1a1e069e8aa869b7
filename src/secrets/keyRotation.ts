import { randomUUID } from 'node:crypto';
import { keysInUse, type DataKeys, type KeyUse } from '../db/secrets/dataKeys.js';
import {
  keysToRewrap,
  pendingWork,
  removeUnusedDataKeys,
  replaceDataKeys,
  storeResealed,
  storeRewrapped,
  valuesToReseal,
  whileNobodyElseRotates,
  type Pending,
} from '../db/secrets/keyRotation.js';
import type { Pool } from '../db/pool.js';
import { SEALED_COLUMNS, type SealedColumn } from '../db/secrets/sealedColumns.js';
import type { EncryptionContext } from './encryptionContext.js';
import { crashPoint } from '../platform/crashPoint.js';
import { AppError } from '../platform/errors.js';
import type { Keyring } from './keyring.js';
import { createSealing, CURRENT_KEY_CACHE_MS } from './sealing.js';

/*
 * Rotation of keys. Every step is a bounded batch whose writes compare with what was read, and the work that is left
 * can be read from the tables: so a rotation may be ended at any point and run again, while the service works. All keys
 * open what they sealed until the end.
 */

export interface Rotation extends Pending {
  readonly dryRun: boolean;
  readonly rewrapped: number;
  readonly newDataKeys: number;
  readonly resealed: number;
  readonly removedDataKeys: number;
  /** The values that could not be sealed anew, and why. */
  readonly problems: readonly string[];
  readonly keys: readonly KeyStatus[];
}

export interface KeyStatus extends KeyUse {
  /**
   * `wraps`: the first of ENCRYPTION_KEYS. `opens`: needed. `removable`: nothing needs it. `missing`: needed, and not
   * in ENCRYPTION_KEYS.
   */
  readonly standing: 'wraps' | 'opens' | 'removable' | 'missing';
}

export interface RotationOptions {
  /** Also makes new data keys, and seals every value anew. */
  readonly dataKeys: boolean;
  readonly dryRun: boolean;
  readonly say: (line: string) => void;
  readonly sleep: (ms: number) => Promise<void>;
}

const BATCH = 200;
const MAX_PROBLEMS = 100;
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** The status of each key of ENCRYPTION_KEYS, and of each that the database needs. */
export async function keyStatuses(pool: Pool, ring: Keyring): Promise<KeyStatus[]> {
  const uses = await keysInUse(pool);
  const ids = [...new Set([...ring.ids, ...uses.map((use) => use.keyId)])];
  return ids.map((keyId) => {
    const use = uses.find((one) => one.keyId === keyId) ?? { keyId, dataKeys: 0, values: 0 };
    const used = use.dataKeys + use.values > 0;
    const known = ring.ids.includes(keyId);
    return {
      ...use,
      standing: keyId === ring.first ? 'wraps' : !known ? 'missing' : used ? 'opens' : 'removable',
    };
  });
}

export async function rotateKeys(
  { pool, ring, dataKeys }: { pool: Pool; ring: Keyring; dataKeys: DataKeys },
  options: RotationOptions,
): Promise<Rotation> {
  const pending = await pendingWork(pool, SEALED_COLUMNS, ring.first);
  const problems: string[] = [];
  const done = { rewrapped: 0, newDataKeys: 0, resealed: 0, removedDataKeys: 0 };

  async function rewrapDataKeys(): Promise<void> {
    for (let after = NO_UUID; ;) {
      const batch = await keysToRewrap(pool, { first: ring.first, after, max: BATCH });
      const last = batch.at(-1);
      if (!last) return;
      after = last.id;
      const pairs = batch.flatMap((old) => attempt(problems, () => [{ old, fresh: ring.rewrap(old) }]));
      done.rewrapped += await storeRewrapped(pool, pairs);
      crashPoint('secrets.rotation.rewrapped');
      options.say(`Data keys wrapped by "${ring.first}": ${done.rewrapped} of ${pending.toRewrap}`);
    }
  }

  async function beginNewDataKeys(): Promise<void> {
    if (pending.underRetired > 0) {
      options.say('Going on with the rotation that was begun before');
    } else {
      done.newDataKeys = await replaceDataKeys(pool, (workspaceId) => ring.create(randomUUID(), workspaceId));
      crashPoint('secrets.rotation.keys-replaced');
    }
    const { retiredMsAgo } = await pendingWork(pool, SEALED_COLUMNS, ring.first);
    if (retiredMsAgo === null || retiredMsAgo > CURRENT_KEY_CACHE_MS) return;
    options.say('Waiting until every process seals with the new data keys');
    await options.sleep(CURRENT_KEY_CACHE_MS - retiredMsAgo);
  }

  async function resealValues(column: SealedColumn): Promise<void> {
    const sealing = createSealing(ring, dataKeys);
    for (let after: string | undefined; ;) {
      const batch = await valuesToReseal(pool, column, { after, max: BATCH });
      const last = batch.at(-1);
      if (!last) return;
      after = last.row;
      const fresh: { row: string; sealed: string; fresh: string }[] = [];
      for (const { workspaceId, row, sealed } of batch) {
        const context = { workspaceId, row, table: column.table, column: column.column } as EncryptionContext;
        try {
          fresh.push({
            row,
            sealed,
            fresh: await sealing.seal(await sealing.open(sealed, context), context),
          });
        } catch (error) {
          note(problems, error);
        }
      }
      done.resealed += await storeResealed(pool, column, fresh);
      crashPoint('secrets.rotation.resealed');
      options.say(`Values sealed anew: ${done.resealed} (${column.table}.${column.column})`);
    }
  }

  async function everything(): Promise<void> {
    await rewrapDataKeys();
    if (options.dataKeys) await beginNewDataKeys();
    for (const column of SEALED_COLUMNS) await resealValues(column);
    done.removedDataKeys = await removeUnusedDataKeys(pool, SEALED_COLUMNS);
  }

  if (!options.dryRun) await whileNobodyElseRotates(pool, everything);
  return { dryRun: options.dryRun, ...pending, ...done, problems, keys: await keyStatuses(pool, ring) };
}

function attempt<T>(problems: string[], work: () => T[]): T[] {
  try {
    return work();
  } catch (error) {
    note(problems, error);
    return [];
  }
}

/** One value that does not open must not keep the others from being sealed anew. */
function note(problems: string[], error: unknown): void {
  if (!(error instanceof AppError)) throw error;
  if (problems.length < MAX_PROBLEMS) problems.push(error.message);
}
