import type { ChangeAction, ChangedValue } from '../../domain/crm/change.js';
import type { Properties } from '../../domain/crm/mirroredRecord.js';
import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** Where a reader of the feed is. */
export interface FeedPlace {
  readonly generation: number;
  readonly transaction: string;
  readonly change: string;
}

/** Whether the change at a place of the feed is kept: what came soon after it is, then, too. */
export async function isKept(pool: Pool, workspaceId: string, place: FeedPlace): Promise<boolean> {
  const { rowCount } = await forWorkspace(pool, workspaceId).query(
    `SELECT FROM crm_changes
      WHERE workspace_id = $1 AND generation = $2::smallint AND transaction_id = $3::xid8 AND id = $4::bigint`,
    [workspaceId, place.generation, place.transaction, place.change],
  );
  return rowCount === 1;
}

/** A row of the feed. */
export interface StoredChange {
  readonly generation: number;
  readonly transactionId: string;
  readonly id: string;
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  readonly action: ChangeAction;
  readonly initial: boolean;
  /**
   * Of an update and a merge its values before and after, of all others the record's properties; of an association what
   * ChangedAssociation has.
   */
  readonly changed: Readonly<Record<string, ChangedValue>> | Properties;
  /** Of a merge: the ids that are this record's now. */
  readonly mergedIds: readonly string[] | null;
  readonly happenedAt: Date;
  /** Of a contact the ids of its companies as the mirror has them now. */
  readonly companies: readonly string[] | null;
}

/** So many bytes of changes are answered at a time, and one change at least. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Of so many companies of a contact the ids are said. */
const MOST_COMPANIES = 100;

/**
 * What follows a place in the feed, in its order, as far as it fits into one answer. Changes of a transaction that may
 * still commit, and all later ones, are not shown yet: who goes on after the last of these has missed none.
 */
export async function readChanges(
  pool: Pool,
  workspaceId: string,
  {
    after,
    now,
    limit,
  }: {
    after: FeedPlace;
    /** The installation that this database is, as its number. */
    now: number;
    limit: number;
  },
): Promise<{ readonly changes: StoredChange[]; readonly more: boolean }> {
  const { rows } = await forWorkspace(pool, workspaceId).query<StoredChange & { found: number }>(
    `SELECT generation, transaction_id::text AS "transactionId", id::text, portal_id::float8 AS "portalId",
            object_type AS "objectType", record_id::text AS "recordId", action, initial, changed,
            merged_ids::text[] AS "mergedIds",
            happened_at AS "happenedAt", found,
            CASE WHEN object_type = 'contacts' THEN ARRAY(
              SELECT DISTINCT e.to_id::text FROM crm_edges e
               WHERE e.workspace_id = $1 AND e.portal_id = f.portal_id AND e.from_type = 'contacts' AND e.from_id = f.record_id
                 AND e.to_type = 'companies' AND e.removed_at IS NULL LIMIT $8) END AS companies
       FROM (SELECT c.*, count(*) OVER ()::int AS found, row_number() OVER feed AS n,
                    sum(octet_length(c.changed::text)) OVER feed AS bytes
               FROM (SELECT * FROM crm_changes
                      WHERE workspace_id = $1 AND (generation, transaction_id, id) > ($2::smallint, $3::xid8, $4::bigint)
                        AND (generation, transaction_id) < ($5::smallint, pg_snapshot_xmin(pg_current_snapshot()))
                      ORDER BY generation, transaction_id, id LIMIT $6) c
             WINDOW feed AS (ORDER BY generation, transaction_id, id)) f
      WHERE n = 1 OR bytes <= $7 ORDER BY n`,
    [workspaceId, after.generation, after.transaction, after.change, now, limit, MOST_BYTES, MOST_COMPANIES],
  );
  const found = rows[0]?.found ?? 0;
  return { changes: rows, more: found === limit || rows.length < found };
}
