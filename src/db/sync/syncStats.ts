import type { Queryable } from '../pool.js';

export interface SyncStats {
  readonly state: 'loading' | 'following' | 'paused';
  readonly types: number;
  /** For how long the one that is furthest behind has not caught up. */
  readonly behindSeconds: number;
}

/** Counts and times over all workspaces, by the state of what is mirrored: for gauges. */
export async function syncStats(db: Queryable): Promise<SyncStats[]> {
  const { rows } = await db.query<SyncStats>(
    'SELECT state, types, coalesce(behind_s, 0) AS "behindSeconds" FROM sync_stats()',
  );
  return rows;
}
