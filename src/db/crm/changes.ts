import type { ChangeAction, ChangedValue } from '../../domain/crm/change.js';
import type { Properties } from '../../domain/crm/mirroredRecord.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** Where a reader of the feed is. */
export interface FeedPlace {
  readonly generation: number;
  readonly transaction: string;
  readonly change: string;
}

/** Before all changes of an installation. */
export const BEGINNING = { transaction: '0', change: '0' } as const;

/** Whether the change at a place of the feed is kept: what came soon after it is, then, too. */
export async function isKept(db: Queryable, workspaceId: string, place: FeedPlace): Promise<boolean> {
  const { rowCount } = await db.query(
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
  readonly recordedAt: Date;
}

/** Of so many companies of a contact the ids are said. */
const MOST_COMPANIES = 100;

/** A row `f` of the feed, of workspace $1, as a StoredChange. */
export const CHANGE_COLUMNS = `
  f.generation, f.transaction_id::text AS "transactionId", f.id::text, f.portal_id::float8 AS "portalId",
  f.object_type AS "objectType", f.record_id::text AS "recordId", f.action, f.initial, f.changed,
  f.merged_ids::text[] AS "mergedIds", f.happened_at AS "happenedAt", f.recorded_at AS "recordedAt",
  CASE WHEN f.object_type = 'contacts' THEN ARRAY(
    SELECT DISTINCT e.to_id::text FROM crm_edges e
     WHERE e.workspace_id = $1 AND e.portal_id = f.portal_id AND e.from_type = 'contacts' AND e.from_id = f.record_id
       AND e.to_type = 'companies' AND e.removed_at IS NULL LIMIT ${MOST_COMPANIES}) END AS companies`;

/** So many bytes of changes are answered at a time, and one change at least. */
const MOST_BYTES = 4 * 1024 * 1024;
/**
 * So many changes are looked at for those that are wanted, by their keys alone: who wants few of them goes on in
 * several steps, and of none is more read than of those that are answered.
 */
const MOST_LOOKED_AT = 2000;

/** Which changes somebody wants; null: all. */
export interface ChangeFilter {
  readonly portalIds: readonly number[] | null;
  readonly objectTypes: readonly string[] | null;
  readonly actions: readonly ChangeAction[] | null;
  /** Those of a first load, too. */
  readonly initial: boolean;
}

const ALL: ChangeFilter = { portalIds: null, objectTypes: null, actions: null, initial: true };

export interface ChangesRead {
  readonly changes: StoredChange[];
  /** The last change that was looked at: who goes on from here misses none that is wanted. Undefined: none follows. */
  readonly through: FeedPlace | undefined;
  readonly more: boolean;
}

/**
 * What follows a place in the feed, in its order, as far as it fits into one answer. Changes of a transaction that may
 * still commit, and all later ones, are not shown yet: who goes on after the last of these has missed none.
 */
export async function readChanges(
  pool: Pool,
  workspaceId: string,
  page: {
    after: FeedPlace;
    /** The installation that this database is, as its number. */
    now: number;
    limit: number;
    wanted?: ChangeFilter;
    mostBytes?: number;
  },
): Promise<ChangesRead> {
  const { after, now, limit, wanted = ALL, mostBytes = MOST_BYTES } = page;
  const lookAt = page.wanted ? Math.max(limit, MOST_LOOKED_AT) : limit;
  const { rows } = await forWorkspace(pool, workspaceId).query<FoundRow>(
    `WITH found AS MATERIALIZED (
       SELECT * FROM (SELECT * FROM ${FOLLOWING} LIMIT $6) l
        WHERE ($9::bigint[] IS NULL OR portal_id = ANY ($9)) AND ($10::text[] IS NULL OR object_type = ANY ($10))
          AND ($11::text[] IS NULL OR action = ANY ($11)) AND ($12 OR NOT initial)
        ORDER BY generation, transaction_id, id LIMIT $7),
     count AS (SELECT count(*)::int AS found FROM found),
     looked AS (
       SELECT generation, transaction_id, id, n FROM (
         SELECT generation, transaction_id, id, row_number() OVER (ORDER BY generation, transaction_id, id)::int AS n
           FROM ${FOLLOWING} LIMIT $6) l
        WHERE (SELECT found FROM count) < $7 ORDER BY n DESC LIMIT 1)
     SELECT ${CHANGE_COLUMNS}, count.found, l.n AS looked, l.generation AS "lastGeneration", l.transaction_id::text AS "lastTransaction",
            l.id::text AS "lastChange"
       FROM count LEFT JOIN looked l ON true
       LEFT JOIN (SELECT *, row_number() OVER feed AS nth, sum(octet_length(changed::text)) OVER feed AS bytes FROM found
                  WINDOW feed AS (ORDER BY generation, transaction_id, id)) f ON f.nth = 1 OR f.bytes <= $8
      ORDER BY f.nth`,
    [
      ...[workspaceId, after.generation, after.transaction, after.change, now, lookAt, limit, mostBytes],
      ...[wanted.portalIds, wanted.objectTypes, wanted.actions, wanted.initial],
    ],
  );
  const changes = rows.filter((row) => row.id !== null);
  const [{ found, looked, lastGeneration, lastTransaction, lastChange }] = rows as [FoundRow];
  const last = changes.at(-1);
  // All that were looked at, unless as many as may be answered, or as fit, were found before.
  const through =
    changes.length === found && looked !== null
      ? { generation: lastGeneration, transaction: lastTransaction, change: lastChange }
      : last && placeOfChange(last);
  return { changes, through, more: changes.length < found || found === limit || looked === lookAt };
}

type FoundRow = StoredChange & {
  readonly found: number;
  readonly lastGeneration: number;
  readonly lastTransaction: string;
  readonly lastChange: string;
  /** Null: as many as may be answered were found. */
  readonly looked: number | null;
};

/** What follows the place $2, $3, $4 in the feed of workspace $1, of installations up to $5, and is shown. */
const FOLLOWING = `
  crm_changes WHERE workspace_id = $1 AND (generation, transaction_id, id) > ($2::smallint, $3::xid8, $4::bigint)
    AND (generation, transaction_id) < ($5::smallint, pg_snapshot_xmin(pg_current_snapshot()))
  ORDER BY generation, transaction_id, id`;

export const placeOfChange = ({ generation, transactionId, id }: StoredChange): FeedPlace => ({
  generation,
  transaction: transactionId,
  change: id,
});
