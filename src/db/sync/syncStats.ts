import type { Queryable } from '../pool.js';

export interface SyncStats {
  readonly state: 'loading' | 'following' | 'scheduled' | 'told' | 'paused';
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

/** A type whose deletes wait for a person's word. */
export interface HeldDeletesOf {
  readonly portalId: string;
  readonly objectType: string;
  readonly deletes: number;
}

/** Over all workspaces, those with the most. */
export async function mostHeldDeletes(db: Queryable, most: number): Promise<HeldDeletesOf[]> {
  const { rows } = await db.query<HeldDeletesOf>(
    'SELECT portal_id AS "portalId", object_type AS "objectType", deletes FROM sync_held_deletes($1)',
    [most],
  );
  return rows;
}

/** Changes that polls have brought though HubSpot tells of their types, over all workspaces. */
export async function missedByWebhooks(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ missed: number }>('SELECT webhook_missed_total() AS missed');
  return rows[0]?.missed ?? 0;
}

/** What each source was the first to bring, and of what it told that another had brought. */
export async function seenBySource(
  db: Queryable,
): Promise<readonly { readonly source: string; readonly first: number; readonly again: number }[]> {
  const { rows } = await db.query<{ source: string; first: number; again: number }>(
    'SELECT source, first, again FROM sync_seen()',
  );
  return rows;
}
