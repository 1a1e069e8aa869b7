import { ADVISORY_LOCKS, lockHolder, tryLock, unlock } from '../advisoryLocks.js';
import type { Pool, Queryable } from '../pool.js';
import type { WrappedKey } from './dataKeys.js';
import type { SealedColumn } from './sealedColumns.js';
import { inTransaction } from '../transaction.js';
import { AppError } from '../../platform/errors.js';

/*
 * Statements of `sluice encryption-keys`, over all workspaces: an operator's command, run as sluice_system. Each write
 * compares with what was read: a value that the service stored meanwhile stays.
 */

export interface SealedValue {
  readonly workspaceId: string;
  readonly row: string;
  readonly sealed: string;
}

export interface Pending {
  /** Data keys that another key than the first one wraps. */
  readonly toRewrap: number;
  /** Values sealed by a key of ENCRYPTION_KEYS itself. */
  readonly oldForm: number;
  /** Values sealed by a data key that is retired. */
  readonly underRetired: number;
  /** Data keys that seal now. */
  readonly currentDataKeys: number;
  /** How long ago the last data key was retired. */
  readonly retiredMsAgo: number | null;
}

/**
 * Runs `work` unless a rotation runs already; rejects with who runs it then. The lock goes with its connection.
 */
export async function whileNobodyElseRotates(pool: Pool, work: () => Promise<void>): Promise<void> {
  const lock = ADVISORY_LOCKS.keyRotation;
  const client = await pool.connect();
  try {
    if (!(await tryLock(client, lock))) {
      const holder = (await lockHolder(client, lock)) ?? 'it has ended just now';
      throw new AppError(
        'conflict',
        `Another rotation of keys is running: ${holder}. Wait for its end; it can be run again then.`,
      );
    }
    try {
      await work();
    } finally {
      await unlock(client, lock);
    }
  } finally {
    client.release();
  }
}

export async function pendingWork(
  db: Queryable,
  columns: readonly SealedColumn[],
  first: string,
): Promise<Pending> {
  const values = columns
    .map(
      (one) =>
        `SELECT ${one.workspace} AS workspace_id, ${one.column} AS sealed FROM ${one.table}
           WHERE ${one.column} IS NOT NULL`,
    )
    .join(' UNION ALL ');
  const { rows } = await db.query<Pending>(
    `WITH v AS (${values})
     SELECT (SELECT count(*)::int FROM data_keys WHERE kek_id <> $1) AS "toRewrap",
            (SELECT count(*)::int FROM v WHERE sealed LIKE 'v1.%') AS "oldForm",
            (SELECT count(*)::int
               FROM v JOIN data_keys d ON v.sealed LIKE 'v2.%' AND d.id::text = split_part(v.sealed, '.', 2)
              WHERE d.retired_at IS NOT NULL) AS "underRetired",
            (SELECT count(*)::int FROM data_keys WHERE retired_at IS NULL) AS "currentDataKeys",
            (SELECT (extract(epoch FROM clock_timestamp() - max(retired_at)) * 1000)::float8
               FROM data_keys) AS "retiredMsAgo"`,
    [first],
  );
  if (!rows[0]) throw new Error('The database answered nothing');
  return rows[0];
}

export async function keysToRewrap(
  db: Queryable,
  options: { first: string; after: string; max: number },
): Promise<WrappedKey[]> {
  const { rows } = await db.query<WrappedKey>(
    `SELECT id, workspace_id AS "workspaceId", kek_id AS "kekId", wrapped_key AS "wrappedKey" FROM data_keys
      WHERE kek_id <> $1 AND id > $2 ORDER BY id LIMIT $3`,
    [options.first, options.after, options.max],
  );
  return rows;
}

export async function storeRewrapped(
  db: Queryable,
  pairs: readonly { old: WrappedKey; fresh: WrappedKey }[],
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE data_keys d SET kek_id = n.kek_id, wrapped_key = n.fresh
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n(id, old, kek_id, fresh)
      WHERE d.id = n.id AND d.wrapped_key = n.old`,
    [
      pairs.map(({ old }) => old.id),
      pairs.map(({ old }) => old.wrappedKey),
      pairs.map(({ fresh }) => fresh.kekId),
      pairs.map(({ fresh }) => fresh.wrappedKey),
    ],
  );
  return rowCount ?? 0;
}

/**
 * Makes a new data key for each workspace that has one, and retires the others, in one transaction: a rotation has
 * begun wholly or not.
 */
export async function replaceDataKeys(
  pool: Pool,
  create: (workspaceId: string) => WrappedKey,
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ id: string; workspaceId: string }>(
      'SELECT id, workspace_id AS "workspaceId" FROM data_keys WHERE retired_at IS NULL FOR UPDATE',
    );
    const fresh = [...new Set(rows.map((one) => one.workspaceId))].map(create);
    await client.query('UPDATE data_keys SET retired_at = clock_timestamp() WHERE id = ANY ($1::uuid[])', [
      rows.map((one) => one.id),
    ]);
    await client.query(
      `INSERT INTO data_keys (id, workspace_id, kek_id, wrapped_key)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])`,
      [
        fresh.map((one) => one.id),
        fresh.map((one) => one.workspaceId),
        fresh.map((one) => one.kekId),
        fresh.map((one) => one.wrappedKey),
      ],
    );
    return fresh.length;
  });
}

/** Values of one column, in the order of its key, that are of the old form or sealed by a retired data key. */
export async function valuesToReseal(
  db: Queryable,
  one: SealedColumn,
  options: { after: string | undefined; max: number },
): Promise<SealedValue[]> {
  const { rows } = await db.query<SealedValue>(
    `SELECT ${one.workspace} AS "workspaceId", ${one.row} AS row, ${one.column} AS sealed FROM ${one.table}
      WHERE ${one.column} IS NOT NULL ${options.after === undefined ? '' : `AND ${one.key} > ${one.toKey('$2')}`}
        AND (${one.column} LIKE 'v1.%'
          OR split_part(${one.column}, '.', 2) IN (SELECT id::text FROM data_keys WHERE retired_at IS NOT NULL))
      ORDER BY ${one.key} LIMIT $1`,
    [options.max, ...(options.after === undefined ? [] : [options.after])],
  );
  return rows;
}

export async function storeResealed(
  db: Queryable,
  one: SealedColumn,
  values: readonly { row: string; sealed: string; fresh: string }[],
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE ${one.table} t SET ${one.column} = n.fresh
       FROM unnest($1::text[], $2::text[], $3::text[]) AS n(row_key, old, fresh)
      WHERE t.${one.key} = ${one.toKey('n.row_key')} AND t.${one.column} = n.old`,
    [values.map(({ row }) => row), values.map(({ sealed }) => sealed), values.map(({ fresh }) => fresh)],
  );
  return rowCount ?? 0;
}

/**
 * Removes data keys that were retired more than a day ago and that no value needs: no process seals with one any more.
 */
export async function removeUnusedDataKeys(db: Queryable, columns: readonly SealedColumn[]): Promise<number> {
  const used = columns
    .map(
      (one) => `SELECT split_part(${one.column}, '.', 2) FROM ${one.table} WHERE ${one.column} LIKE 'v2.%'`,
    )
    .join(' UNION ALL ');
  const { rowCount } = await db.query(
    `DELETE FROM data_keys WHERE retired_at < clock_timestamp() - interval '1 day' AND id::text NOT IN (${used})`,
  );
  return rowCount ?? 0;
}

/**
 * Deletes the data keys of a workspace: every value that they sealed is unreadable from then on, in every copy and
 * backup, too.
 */
export async function deleteDataKeys(db: Queryable, workspaceId: string): Promise<number> {
  const { rowCount } = await db.query('DELETE FROM data_keys WHERE workspace_id = $1', [workspaceId]);
  return rowCount ?? 0;
}

/** The workspaces that have secrets. */
export async function workspacesWithKeys(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT DISTINCT workspace_id AS id FROM data_keys ORDER BY workspace_id',
  );
  return rows.map((row) => row.id);
}
