import type { Pool } from '../pool.js';
import { workspaceList } from '../tenant.js';
import { inTransaction } from '../transaction.js';
import type { FeedPlace } from './changes.js';

/** Who waits for what follows a place in the feed of a workspace. */
export interface FeedWaiter {
  readonly workspaceId: string;
  readonly place: FeedPlace;
}

/** Of all that wait, of whichever workspace, those behind whose place a change is shown: one probe of the feed each. */
export async function thoseWithMore<T extends FeedWaiter>(pool: Pool, waiters: readonly T[]): Promise<T[]> {
  const rows = await inTransaction(
    pool,
    async (client) => {
      const found = await client.query<{ n: number }>({
        name: 'feed.following',
        text: `SELECT u.n::int AS n
                 FROM unnest($1::uuid[], $2::smallint[], $3::text[]::xid8[], $4::bigint[]) WITH ORDINALITY AS u (workspace, generation, transaction, change, n)
                WHERE (SELECT true FROM crm_changes f
                        WHERE f.workspace_id = u.workspace AND (f.generation, f.transaction_id, f.id) > (u.generation, u.transaction, u.change)
                          AND (f.generation, f.transaction_id) < ((SELECT count(*) FROM installations)::smallint, pg_snapshot_xmin(pg_current_snapshot()))
                        ORDER BY f.generation, f.transaction_id, f.id LIMIT 1)`,
        values: [
          waiters.map(({ workspaceId }) => workspaceId),
          waiters.map(({ place }) => place.generation),
          waiters.map(({ place }) => place.transaction),
          waiters.map(({ place }) => place.change),
        ],
      });
      return found.rows;
    },
    `SET LOCAL app.workspace = '${workspaceList(waiters.map(({ workspaceId }) => workspaceId))}'`,
  );
  return rows.flatMap(({ n }) => waiters[n - 1] ?? []);
}
