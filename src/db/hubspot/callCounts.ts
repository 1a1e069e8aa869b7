import type { Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/** Requests to HubSpot in a portal's day, and errors among them. */
export interface CallCount {
  portalId: number;
  /** The portal's own day, `2026-11-25`. */
  day: string;
  calls: number;
  errors: number;
}

/** Adds to the counts, and returns what they are now, with those of the other processes. */
export async function addCalls(
  db: Queryable,
  counts: readonly (CallCount & { workspaceId: string })[],
): Promise<CallCount[]> {
  const { rows } = await db.query<CallCount>({
    name: 'call_counts.add',
    text: 'SELECT portal_id AS "portalId", day, calls, errors FROM count_calls($1, $2, $3, $4, $5, $6)',
    values: [
      workspaceList(counts.map((one) => one.workspaceId)),
      counts.map((one) => one.workspaceId),
      counts.map((one) => one.portalId),
      counts.map((one) => one.day),
      counts.map((one) => one.calls),
      counts.map((one) => one.errors),
    ],
  });
  return rows;
}

/** Those of the last day of which there are some, as the portal's workspace sees them. */
export async function lastDay(
  db: Queryable,
  portalId: number,
): Promise<{ readonly calls: number; readonly errors: number }> {
  const { rows } = await db.query<{ calls: number; errors: number }>({
    name: 'call_counts.last',
    text: 'SELECT calls, errors FROM call_counts WHERE portal_id = $1 ORDER BY day DESC LIMIT 1',
    values: [portalId],
  });
  return rows[0] ?? { calls: 0, errors: 0 };
}

/** The counts of a portal's day, as its workspace sees them. */
export async function readCalls(db: Queryable, portalId: number, day: string): Promise<CallCount> {
  const { rows } = await db.query<{ calls: number; errors: number }>({
    name: 'call_counts.read',
    text: 'SELECT calls, errors FROM call_counts WHERE portal_id = $1 AND day = $2',
    values: [portalId, day],
  });
  return { portalId, day, calls: rows[0]?.calls ?? 0, errors: rows[0]?.errors ?? 0 };
}
