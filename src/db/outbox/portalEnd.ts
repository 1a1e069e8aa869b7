import type { Pool, Queryable } from '../pool.js';
import type { OutboxPortal } from './portals.js';

/**
 * Ends at most `max` events of a portal that is being disconnected or has gone
 * (migrations/functions/outbox/outbox_end_portal.sql); with `all`, also those that a delivery has in hand.
 */
export async function endPortalEvents(
  pool: Pool,
  { workspaceId, portalId }: OutboxPortal,
  { reason, max, all }: { readonly reason: string; readonly max: number; readonly all: boolean },
): Promise<{ ended: number; inHand: number }> {
  const { rows } = await pool.query<{ ended: number; inHand: number }>({
    name: 'outbox_end_portal',
    text: 'SELECT ended, in_hand AS "inHand" FROM outbox_end_portal($1, $2, $3, $4, $5)',
    values: [workspaceId, portalId, reason, max, all],
  });
  return rows[0] ?? { ended: 0, inHand: 0 };
}

/** Portals that are gone, and of which something waits all the same. Of all workspaces. */
export async function outboxPortalsToEnd(db: Queryable, max: number): Promise<OutboxPortal[]> {
  const { rows } = await db.query<OutboxPortal>({
    name: 'outbox_portals.to_end',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId" FROM outbox_portals_to_end($1)`,
    values: [max],
  });
  return rows;
}

/** Gives dead letters without a tenant to whoever holds their portal by now. Returns how many. */
export async function assignStrays(db: Queryable, max: number): Promise<number> {
  const { rows } = await db.query<{ assigned: number }>({
    name: 'outbox_assign_strays',
    text: 'SELECT outbox_assign_strays($1) AS assigned',
    values: [max],
  });
  return rows[0]?.assigned ?? 0;
}
