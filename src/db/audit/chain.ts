import type pg from 'pg';
import type { ChainEnd, SignedHead } from '../../domain/audit/head.js';
import type { StoredEntry } from '../../domain/audit/chain.js';
import type { Pool } from '../pool.js';
import { forWorkspace, inWorkspace } from '../tenant.js';

/** A chain as it was at one moment. Entries and heads come in the order of their numbers, a page at a time. */
export interface ChainSnapshot {
  /** The end of the chain by the table of ends. */
  readonly end: ChainEnd | undefined;
  newestHeads(): AsyncIterable<StoredHead>;
  entries(fromSeq: bigint): AsyncIterable<StoredEntry>;
  heads(fromSeq: bigint): AsyncIterable<StoredHead>;
}

export interface StoredHead extends SignedHead {
  readonly signedAt: Date;
}

const PAGE_ROWS = 1000;

/** Runs `work` on the chain of a workspace as it is now; entries that are added meanwhile are not seen. */
export function withChain<T>(
  pool: Pool,
  workspaceId: string,
  work: (chain: ChainSnapshot) => Promise<T>,
): Promise<T> {
  return inWorkspace(pool, workspaceId, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { rows } = await client.query<{ seq: string; hash: Buffer }>(
      'SELECT seq, hash FROM audit_chains WHERE workspace_id = $1',
      [workspaceId],
    );
    const [end] = rows;
    const heads = (where: string) =>
      pages(
        client,
        `SELECT seq, hash, key_id AS "keyId", signature, signed_at AS "signedAt"
           FROM audit_heads h WHERE h.workspace_id = '${workspaceId}' ${where}`,
        (row: Omit<StoredHead, 'seq'> & { seq: string }): StoredHead => ({ ...row, seq: BigInt(row.seq) }),
      );
    return work({
      end: end && { seq: BigInt(end.seq), hash: end.hash },
      newestHeads: () => heads('ORDER BY h.seq DESC'),
      heads: (fromSeq) => heads(`AND h.seq >= ${fromSeq} ORDER BY h.seq`),
      entries: (fromSeq) =>
        pages(
          client,
          `SELECT workspace_id AS "workspaceId", seq::text, trunc(extract(epoch FROM at) * 1000000)::bigint::text AS at,
                  actor, operation, portal_id::text AS "portalId", subject::text, result,
                  previous_hash AS "previousHash", hash
             FROM audit_entries e WHERE e.workspace_id = '${workspaceId}' AND e.seq >= ${fromSeq} ORDER BY e.seq`,
          (row: StoredEntry) => row,
        ),
    });
  });
}

let cursors = 0;

/**
 * A cursor rather than a keyset: where a number is there twice, a keyset would skip one of them. It ends with the
 * transaction. Cursors take no parameters, so the text must hold nothing but numbers and ids that were checked.
 */
async function* pages<Row extends pg.QueryResultRow, T>(
  client: pg.PoolClient,
  text: string,
  read: (row: Row) => T,
): AsyncGenerator<T> {
  const name = `audit_${(cursors += 1)}`;
  await client.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${text}`);
  for (;;) {
    const { rows } = await client.query<Row>(`FETCH ${PAGE_ROWS} FROM ${name}`);
    for (const row of rows) yield read(row);
    if (rows.length < PAGE_ROWS) return;
  }
}

/** Keeps a signed head. */
export async function storeHead(pool: Pool, workspaceId: string, head: SignedHead): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `INSERT INTO audit_heads (workspace_id, seq, hash, signed_at, key_id, signature)
     VALUES ($1, $2, $3, clock_timestamp(), $4, $5)
     ON CONFLICT DO NOTHING`,
    [workspaceId, head.seq, head.hash, head.keyId, head.signature],
  );
}

/**
 * Workspaces whose chain has changed since this key signed it, which is so long ago; those that it never signed are
 * among them.
 */
export async function chainsToSign(pool: Pool, keyId: string, olderThanMs: number): Promise<string[]> {
  const { rows } = await pool.query<{ workspaceId: string }>(
    'SELECT workspace_id AS "workspaceId" FROM audit_chains_to_sign($1, $2)',
    [keyId, olderThanMs],
  );
  return rows.map(({ workspaceId }) => workspaceId);
}

/** Every workspace that has, or had, a chain. For the role that looks across workspaces. */
export async function chainIds(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM workspaces UNION SELECT workspace_id FROM audit_chains UNION SELECT workspace_id FROM audit_heads
      UNION SELECT DISTINCT workspace_id FROM audit_entries ORDER BY id`,
  );
  return rows.map(({ id }) => id);
}
