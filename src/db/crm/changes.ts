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
/** So many changes are looked at for those that are wanted: who wants few of them goes on in several steps. */
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
  const { rows } = await forWorkspace(pool, workspaceId).query<
    StoredChange & { looked: number; wantedOfAll: number; taken: boolean }
  >(
    `SELECT ${CHANGE_COLUMNS}, f.looked, f."wantedOfAll", f.taken
       FROM (SELECT t.*, wanted AND nth <= $7 AND (nth = 1 OR bytes <= $8) AS taken
               FROM (SELECT c.*, count(*) OVER ()::int AS looked, row_number() OVER feed AS n,
                            count(*) FILTER (WHERE wanted) OVER ()::int AS "wantedOfAll",
                            count(*) FILTER (WHERE wanted) OVER feed AS nth,
                            sum(CASE WHEN wanted THEN octet_length(c.changed::text) END) OVER feed AS bytes
                       FROM (SELECT *, ($9::bigint[] IS NULL OR portal_id = ANY ($9))
                                       AND ($10::text[] IS NULL OR object_type = ANY ($10))
                                       AND ($11::text[] IS NULL OR action = ANY ($11)) AND ($12 OR NOT initial) AS wanted
                               FROM crm_changes
                              WHERE workspace_id = $1 AND (generation, transaction_id, id) > ($2::smallint, $3::xid8, $4::bigint)
                                AND (generation, transaction_id) < ($5::smallint, pg_snapshot_xmin(pg_current_snapshot()))
                              ORDER BY generation, transaction_id, id LIMIT $6) c
                     WINDOW feed AS (ORDER BY generation, transaction_id, id)) t) f
      WHERE f.taken OR f.n = f.looked ORDER BY f.n`,
    [
      ...[workspaceId, after.generation, after.transaction, after.change, now, lookAt, limit, mostBytes],
      ...[wanted.portalIds, wanted.objectTypes, wanted.actions, wanted.initial],
    ],
  );
  const { looked = 0, wantedOfAll = 0 } = rows[0] ?? {};
  const changes = rows.filter(({ taken }) => taken);
  const all = changes.length === wantedOfAll;
  const last = (all ? rows : changes).at(-1);
  return { changes, through: last && placeOfChange(last), more: looked === lookAt || !all };
}

export const placeOfChange = ({ generation, transactionId, id }: StoredChange): FeedPlace => ({
  generation,
  transaction: transactionId,
  change: id,
});
