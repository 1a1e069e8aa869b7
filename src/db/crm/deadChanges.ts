import type { Queryable } from '../pool.js';
import type { FeedPlace } from './changes.js';

/** A change that a consumer's receiver has refused, or that waits behind one. */
export interface DeadChangeView {
  readonly place: FeedPlace;
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  readonly status: number | null;
  readonly redriven: boolean;
  readonly diedAt: Date;
}

/** Of a consumer, in the order of the feed, from behind `after`. */
export async function listDeadChanges(
  db: Queryable,
  { workspaceId, consumerId }: { workspaceId: string; consumerId: string },
  { after, limit }: { after: FeedPlace | undefined; limit: number },
): Promise<DeadChangeView[]> {
  const { rows } = await db.query<Omit<DeadChangeView, 'place'> & FeedPlace>(
    `SELECT generation, transaction_id::text AS transaction, change_id::text AS change, portal_id::float8 AS "portalId",
            object_type AS "objectType", record_id::text AS "recordId", status, redrive AS redriven, died_at AS "diedAt"
       FROM crm_dead_changes
      WHERE workspace_id = $1 AND consumer_id = $2 AND (generation, transaction_id, change_id) > ($3::smallint, $4::xid8, $5::bigint)
      ORDER BY generation, transaction_id, change_id LIMIT $6`,
    [
      ...[workspaceId, consumerId],
      ...[after?.generation ?? 0, after?.transaction ?? '0', after?.change ?? '0', limit],
    ],
  );
  return rows.map(({ generation, transaction, change, ...row }) => ({
    ...row,
    place: { generation, transaction, change },
  }));
}

/** Has all dead letters of a consumer sent again, or removes them. Returns how many. */
export async function endDeadChanges(
  db: Queryable,
  { workspaceId, consumerId }: { workspaceId: string; consumerId: string },
  how: 'redrive' | 'discard',
): Promise<number> {
  const { rowCount } = await db.query(
    how === 'discard'
      ? 'DELETE FROM crm_dead_changes WHERE workspace_id = $1 AND consumer_id = $2'
      : 'UPDATE crm_dead_changes SET redrive = true WHERE workspace_id = $1 AND consumer_id = $2 AND NOT redrive',
    [workspaceId, consumerId],
  );
  return rowCount ?? 0;
}
