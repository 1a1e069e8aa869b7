import type { Queryable } from '../pool.js';

export interface PortalStats {
  readonly state: string;
  readonly portals: number;
  /** For how long the token of a portal in use has outlived its end at the most. */
  readonly overdueSeconds: number;
  /** Portals whose last refresh failed. */
  readonly failing: number;
}

/** Counts and times over all workspaces, by the portals' state: for gauges. */
export async function portalStats(db: Queryable): Promise<PortalStats[]> {
  const { rows } = await db.query<PortalStats>(
    'SELECT state, portals, coalesce(overdue_s, 0) AS "overdueSeconds", failing FROM portal_stats()',
  );
  return rows;
}
