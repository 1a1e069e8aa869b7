import type pg from 'pg';
import { ADVISORY_LOCKS } from './advisoryLocks.js';
import type { Pool, Queryable } from './pool.js';
import { inTransaction } from './transaction.js';

/*
 * Row-level security is forced on every table of a tenant (migrations/functions/isolate_tenants.sql): a statement sees
 * and writes only rows of the workspaces that its transaction names, and none when it names none. Statements on the hot
 * path name them inside their function (`set_config` first); all others run through here.
 */

/** Several workspaces as one transaction names them: for calls of several tenants that are committed together. */
export function workspaceList(workspaceIds: Iterable<string>): string {
  return [...new Set(workspaceIds)].map(uuid).join(',');
}

/** Runs `work` in one transaction of this workspace: committed when it resolves, rolled back when it throws. */
export function inWorkspace<T>(
  pool: Pool,
  workspaceId: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, work, `SET LOCAL app.workspace = '${uuid(workspaceId)}'`);
}

/**
 * The same, of all that ask for this lock at most one at a time: where it is taken nothing is done, and nobody waits
 * with a connection in hand. The lock goes with the transaction, and so with the process.
 */
export function inWorkspaceAlone<T>(
  pool: Pool,
  workspaceId: string,
  requestHash: Buffer,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T | typeof TAKEN> {
  const key = `'${requestHash.toString('hex')}'`;
  return inTransaction<T | typeof TAKEN>(
    pool,
    async (client, began) =>
      (began.at(-1)?.rows[0] as { free?: boolean } | undefined)?.free ? work(client) : TAKEN,
    `SET LOCAL app.workspace = '${uuid(workspaceId)}'; SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCKS.request(key)}) AS free`,
  );
}

export const TAKEN = Symbol('taken');

/** The database as one workspace sees it; each statement is a transaction of its own. */
export function forWorkspace(pool: Pool, workspaceId: string): Queryable {
  return {
    query: ((...args: Parameters<pg.PoolClient['query']>) =>
      inWorkspace(
        pool,
        workspaceId,
        (client) => client.query(...args) as unknown as Promise<unknown>,
      )) as Pool['query'],
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function uuid(text: string): string {
  if (!UUID.test(text)) throw new TypeError('A workspace id must be a UUID');
  return text;
}
