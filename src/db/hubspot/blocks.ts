import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Queryable } from '../pool.js';

/*
 * For how long HubSpot is left alone: a block that HubSpot asked for, and the circuit breaker. Times are the
 * database's.
 */

/**
 * Blocks a bucket, or with `portal` all buckets of the portal, for `ms` from now. Returns for how long it is blocked
 * now, or undefined for a portal that is not stored.
 */
export async function blockBucket(
  db: Queryable,
  at: { workspaceId: string; portalId: number; bucket: Bucket | 'portal' },
  ms: number,
  reason: string,
): Promise<number | undefined> {
  const { rows } = await db.query<{ ms: number }>({
    name: 'budget.block',
    text: 'SELECT budget_block($1, $2, $3, $4, $5) AS ms',
    values: [at.workspaceId, at.portalId, at.bucket, ms, reason],
  });
  return rows[0]?.ms ?? undefined;
}

/**
 * Opens the portal's breaker for `ms`, or closes it (null), unless another process has moved it from `opens` meanwhile.
 */
export async function moveBreaker(
  db: Queryable,
  at: { workspaceId: string; portalId: number },
  opens: number,
  ms: number | null,
): Promise<{ opens: number; leftMs: number; changed: boolean }> {
  const { rows } = await db.query<{ opens: number; leftMs: number; changed: boolean }>({
    name: 'budget.breaker',
    text: 'SELECT opens, left_ms AS "leftMs", changed FROM budget_breaker($1, $2, $3, $4)',
    values: [at.workspaceId, at.portalId, opens, ms],
  });
  return rows[0] ?? { opens: 0, leftMs: 0, changed: false };
}
