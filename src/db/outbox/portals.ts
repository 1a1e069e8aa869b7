import type { Queryable } from '../pool.js';

/** A portal whose outbox has something to do. */
export interface OutboxPortal {
  readonly portalId: number;
  readonly workspaceId: string;
}

/**
 * Of these portals, those that no delivery is awake for. After the commit of what is to be delivered: then either
 * sees the other.
 */
export async function portalsAsleep(db: Queryable, portalIds: readonly number[]): Promise<number[]> {
  const { rows } = await db.query<{ portalId: number }>({
    name: 'outbox_portals.asleep',
    text: `SELECT portal_id::float8 AS "portalId" FROM outbox_portals
            WHERE portal_id = ANY ($1::bigint[]) AND (active_until IS NULL OR active_until <= clock_timestamp())`,
    values: [portalIds],
  });
  return rows.map((row) => row.portalId);
}

/** A delivery is awake for so long; null: it goes to sleep, and looks once more afterwards. */
export async function keepAwake(db: Queryable, portalId: number, ms: number | null): Promise<void> {
  await db.query({
    name: 'outbox_portals.awake',
    text: `UPDATE outbox_portals SET active_until = clock_timestamp() + $2::float8 * interval '1 millisecond' WHERE portal_id = $1`,
    values: [portalId, ms],
  });
}

/** Portals that nobody delivers for although something is ready, due, or left behind in a claim. Of all workspaces. */
export async function outboxPortalsToStart(db: Queryable, max: number): Promise<OutboxPortal[]> {
  const { rows } = await db.query<OutboxPortal>({
    name: 'outbox_portals.to_start',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId" FROM outbox_portals_to_start($1)`,
    values: [max],
  });
  return rows;
}

/**
 * When the first event that waits for its time will be ready, from now; null: none waits, or none may go (paused,
 * circuit open).
 */
export async function nextDueInMs(db: Queryable, portalId: number): Promise<number | null> {
  const { rows } = await db.query<{ inMs: number | null }>({
    name: 'outbox_portals.next_due',
    text: `SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS "inMs"
             FROM outbox_pending WHERE portal_id = $1 AND state = 1
              AND NOT EXISTS (SELECT FROM outbox_portals WHERE portal_id = $1 AND (paused_at IS NOT NULL OR circuit_open_until > clock_timestamp()))`,
    values: [portalId],
  });
  return rows[0]?.inMs ?? null;
}

/** How the outbox of one portal stands. */
export interface OutboxPortalView {
  readonly portalId: number;
  /** A delivery is at work. */
  readonly awake: boolean;
  readonly failuresInARow: number;
  readonly circuitOpenUntil: Date | null;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
}

export async function listOutboxPortals(
  db: Queryable,
  workspaceId: string,
  portalId: number | null,
): Promise<OutboxPortalView[]> {
  const { rows } = await db.query<OutboxPortalView>(
    `SELECT portal_id::float8 AS "portalId", coalesce(active_until > clock_timestamp(), false) AS awake, failures_in_a_row AS "failuresInARow",
            CASE WHEN circuit_open_until > clock_timestamp() THEN circuit_open_until END AS "circuitOpenUntil",
            paused_at AS "pausedAt", pause_reason AS "pauseReason"
       FROM outbox_portals WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) ORDER BY portal_id LIMIT 1000`,
    [workspaceId, portalId],
  );
  return rows;
}

/**
 * Books whether anything of a delivery got through (migrations/functions/outbox/outbox_count_delivery.sql). Returns
 * the share of failures in a row that is notified now (50, 70, 90, 100), -1 when the portal has recovered, else 0.
 */
export async function countDelivery(
  db: Queryable,
  { portalId, workspaceId }: OutboxPortal,
  delivery: { ok: boolean; maxFailures: number; coolDownMs: number },
): Promise<number> {
  const { rows } = await db.query<{ share: number }>({
    name: 'outbox_count_delivery',
    text: 'SELECT outbox_count_delivery($1, $2, $3, $4, $5) AS share',
    values: [workspaceId, portalId, delivery.ok, delivery.maxFailures, delivery.coolDownMs],
  });
  return rows[0]?.share ?? 0;
}

/** Holds the deliveries of a portal, or lets them go on (null). What is being sent is finished. */
export async function pauseOutbox(
  client: Queryable,
  { portalId, workspaceId }: OutboxPortal,
  pause: { readonly reason: string | null } | null,
): Promise<void> {
  await client.query(
    `INSERT INTO outbox_portals AS p (portal_id, workspace_id, low_id, paused_at, pause_reason)
     VALUES ($1, $2, 0, CASE WHEN $3 THEN clock_timestamp() END, $4)
     ON CONFLICT (portal_id) DO UPDATE SET paused_at = CASE WHEN $3 THEN coalesce(p.paused_at, excluded.paused_at) END, pause_reason = $4`,
    [portalId, workspaceId, pause !== null, pause?.reason ?? null],
  );
}
