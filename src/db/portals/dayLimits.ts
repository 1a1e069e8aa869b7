import type { Queryable } from '../pool.js';

/** HubSpot's limit for an account's day, and what all private apps of the account have used of it. */
export interface DayLimit {
  readonly limit: number;
  readonly used: number;
  readonly endsAt: Date;
}

/** The portal of any workspace whose limit has waited longest to be read. It is not due again for so long. */
export async function nextDayLimit(
  db: Queryable,
  againMs: number,
): Promise<{ portalId: number; workspaceId: string } | undefined> {
  const { rows } = await db.query<{ portalId: number; workspaceId: string }>({
    name: 'portals.day_limits_due',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId" FROM day_limits_due($1, 1)`,
    values: [againMs],
  });
  return rows[0];
}

export async function storeDayLimit(db: Queryable, portalId: number, day: DayLimit): Promise<void> {
  await db.query({
    name: 'portals.store_day_limit',
    text: `UPDATE portals SET day_limit = $2, day_used = $3, day_ends_at = $4, day_read_at = now()
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, day.limit, day.used, day.endsAt],
  });
}

/** Puts the next reading off: HubSpot does not tell this token. */
export async function putOffDayLimit(db: Queryable, portalId: number, ms: number): Promise<void> {
  await db.query({
    name: 'portals.put_off_day_limit',
    text: `UPDATE portals SET day_due_at = now() + $2 * interval '1 ms'
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces())`,
    values: [portalId, ms],
  });
}

/** What was read of a day that has not ended. */
export async function readDayLimit(
  db: Queryable,
  portalId: number,
): Promise<(DayLimit & { readonly readAt: Date }) | undefined> {
  const { rows } = await db.query<DayLimit & { readAt: Date }>({
    name: 'portals.day_limit',
    text: `SELECT day_limit AS "limit", day_used AS used, day_ends_at AS "endsAt", day_read_at AS "readAt" FROM portals
            WHERE portal_id = $1 AND workspace_id = ANY (tenant_workspaces()) AND day_ends_at > now()`,
    values: [portalId],
  });
  return rows[0];
}

/** The portals of any workspace that have used the largest shares of their day. */
export async function dayLimitShares(
  db: Queryable,
  max: number,
): Promise<{ portalId: string; share: number }[]> {
  const { rows } = await db.query<{ portalId: string; share: number }>(
    `SELECT portal_id AS "portalId", share FROM day_limit_shares($1)`,
    [max],
  );
  return rows;
}
