import { labelOf, type ObjectSchema } from '../../domain/crm/objectSchema.js';
import { readResync, type Resync } from '../../domain/sync/cursor.js';
import { schemasOf } from '../crm/objectSchemas.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { SyncedObject } from './reader.js';

/** How the mirror of a portal's records of one type stands. */
export interface SyncView {
  readonly portalId: number;
  readonly objectType: string;
  /** Of a custom object, as far as they are known: its name and what people read. */
  readonly typeName: string | null;
  readonly typeLabel: string | null;
  /** `paused`: by a person, or since HubSpot refuses it; `ended`: its portal was disconnected. */
  readonly state: 'loading' | 'following' | 'paused' | 'ended';
  readonly reading: boolean;
  readonly records: number;
  readonly loaded: number;
  /** Of a first load. Null: it is through, or held up. */
  readonly progress: LoadProgress | null;
  /** What was asked to be read again last, whether it is through or not. */
  readonly resync: ResyncView | null;
  readonly associations: AssociationsView;
  readonly calls: number;
  readonly failedRuns: number;
  /** Deletes that wait for a person's word (sync_tell_deletes.sql). */
  readonly heldDeletes: number;
  readonly setAside: SetAsideView;
  readonly erasuresUnsure: ErasuresUnsureView;
  readonly lagSeconds: number | null;
  readonly startedAt: Date;
  readonly loadedAt: Date | null;
  readonly freshUntil: Date | null;
  readonly calculatedAt: Date | null;
  /** Names of owners, pipelines and stages. */
  readonly reference: { readonly readAt: Date | null; readonly failure: string | null };
  readonly nextReadAt: Date | null;
  /** A consumer of the feed that is further behind than its limit: nothing is read until it has caught up. */
  readonly waitsFor: { readonly consumer: string } | null;
  readonly pause: { readonly at: Date; readonly reason: string | null } | null;
  readonly failure: { readonly class: string; readonly message: string; readonly inARow: number } | null;
}

/** Records that HubSpot refuses to show (setAside.ts). */
export interface SetAsideView {
  readonly count: number;
  /** Of those the ones that are not asked for any more. */
  readonly ended: number;
  /** The first of them, by their ids. */
  readonly records: readonly {
    readonly id: string;
    readonly reason: string;
    readonly at: Date;
    readonly tries: number;
    readonly nextAt: Date | null;
  }[];
}

/** Contacts that HubSpot may have erased for a person (erasuresUnsure.ts). */
export interface ErasuresUnsureView {
  /** Since when nothing is known of erasures. Null: none is named. */
  readonly since: Date | null;
  readonly count: number;
  /** The first hundred of them, by their ids. */
  readonly records: readonly string[];
}

/** How the associations of a type stand. */
export interface AssociationsView {
  /** With the records of which types they are read. Null: of all others that are mirrored. */
  readonly chosen: readonly string[] | null;
  /** When those of all records were read last. */
  readonly readAt: Date | null;
  /** Since then some may be missing; they are read again soon. */
  readonly behindSince: Date | null;
  readonly refused: readonly { readonly objectType: string; readonly reason: string; readonly at: Date }[];
}

export interface LoadProgress {
  /** An estimate of HubSpot's. Null: it did not say. */
  readonly expected: number | null;
  /** From 0 to 1. */
  readonly share: number | null;
  readonly perSecond: number | null;
  readonly endsAt: Date | null;
}

export interface ResyncView {
  readonly what: 'all' | 'since' | 'ids';
  readonly since: Date | null;
  readonly askedAt: Date;
  readonly endedAt: Date | null;
  readonly read: number;
  readonly changed: number;
  readonly absent: number;
  readonly expected: number | null;
  readonly refused: string | null;
}

interface Row extends Omit<
  SyncView,
  | 'typeName'
  | 'typeLabel'
  | 'waitsFor'
  | 'pause'
  | 'failure'
  | 'progress'
  | 'resync'
  | 'associations'
  | 'reference'
  | 'setAside'
  | 'erasuresUnsure'
> {
  readonly unsureSince: Date | null;
  readonly unsureCount: number;
  readonly unsureIds: readonly string[];
  readonly setAside: Readonly<
    Record<string, { reason: string; at: string; tries: number; nextAt: string | null }>
  >;
  readonly associations: readonly string[] | null;
  readonly associationsRefused: Readonly<Record<string, { reason: string; at: string }>>;
  readonly associationsReadAt: Date | null;
  readonly associationsBehindSince: Date | null;
  readonly referenceReadAt: Date | null;
  readonly referenceFailure: string | null;
  readonly expected: number | null;
  /** For how long the first load was read so far. */
  readonly loadingMs: number;
  readonly now: Date;
  readonly resync: unknown;
  readonly consumerBehind: string | null;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  readonly errorClass: string | null;
  readonly lastError: string | null;
  readonly failuresInARow: number;
}

/** `schemas`: the custom objects of its portal. */
function viewOf(row: Row, schemas: readonly ObjectSchema[]): SyncView {
  const { pausedAt, pauseReason, errorClass, lastError, failuresInARow, ...more } = row;
  const { expected, loadingMs, now, resync, consumerBehind, referenceReadAt, referenceFailure, ...rest } =
    more;
  const {
    associations,
    associationsRefused,
    associationsReadAt,
    associationsBehindSince,
    setAside,
    unsureSince,
    unsureCount,
    unsureIds,
    ...view
  } = rest;
  const schema = schemas.find(({ objectType }) => objectType === view.objectType) ?? null;
  return {
    ...view,
    ...{ typeName: schema && schema.name, typeLabel: schema && labelOf(schema) },
    progress: view.state === 'loading' ? progressOf({ loaded: view.loaded, expected, loadingMs, now }) : null,
    resync: resyncOf(readResync(resync)),
    associations: {
      ...{ chosen: associations, readAt: associationsReadAt, behindSince: associationsBehindSince },
      refused: Object.entries(associationsRefused)
        .map(([objectType, { reason, at }]) => ({ objectType, reason, at: new Date(at) }))
        .sort((a, b) => (a.objectType < b.objectType ? -1 : 1)),
    },
    reference: { readAt: referenceReadAt, failure: referenceFailure },
    setAside: setAsideOf(setAside),
    erasuresUnsure: { since: unsureSince, count: unsureCount, records: unsureIds },
    waitsFor: consumerBehind === null ? null : { consumer: consumerBehind },
    pause: pausedAt && { at: pausedAt, reason: pauseReason },
    failure:
      errorClass === null ? null : { class: errorClass, message: lastError ?? '', inARow: failuresInARow },
  };
}

const MOST_SHOWN = 10;

function setAsideOf(setAside: Row['setAside']): SetAsideView {
  const all = Object.entries(setAside).map(([id, { reason, at, tries, nextAt }]) => ({
    ...{ id, reason, tries, at: new Date(at) },
    nextAt: nextAt === null ? null : new Date(nextAt),
  }));
  return {
    count: all.length,
    ended: all.filter(({ nextAt }) => nextAt === null).length,
    records: all.sort((a, b) => Number(BigInt(a.id) - BigInt(b.id))).slice(0, MOST_SHOWN),
  };
}

/** A rate of less time than this says nothing. */
const RATED_MS = 1000;

function progressOf({
  loaded,
  expected,
  loadingMs,
  now,
}: Pick<Row, 'loaded' | 'expected' | 'loadingMs' | 'now'>): LoadProgress {
  // HubSpot's totals are estimates: one that was passed is none any more.
  const all = expected === null ? null : Math.max(expected, loaded);
  const perSecond = loadingMs < RATED_MS || loaded === 0 ? null : (loaded / loadingMs) * 1000;
  const leftMs = all === null || perSecond === null ? null : ((all - loaded) / perSecond) * 1000;
  return {
    expected: all,
    share: all === null ? null : all === 0 ? 1 : loaded / all,
    perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10,
    endsAt: leftMs === null ? null : new Date(now.getTime() + leftMs),
  };
}

function resyncOf(resync: Resync | undefined): ResyncView | null {
  if (!resync) return null;
  const { what, askedAt, endedAt, read, changed, absent, expected, refused = null } = resync;
  return {
    what: what.kind,
    since: what.kind === 'since' ? new Date(what.since) : null,
    askedAt: new Date(askedAt),
    endedAt: endedAt === undefined ? null : new Date(endedAt),
    ...{ read, changed, absent, expected, refused },
  };
}

const VIEW = `
  SELECT s.portal_id::float8 AS "portalId", s.object_type AS "objectType",
         CASE WHEN s.ended_at IS NOT NULL THEN 'ended' WHEN s.paused_at IS NOT NULL OR a.since IS NOT NULL THEN 'paused'
              WHEN s.cursor->>'kind' = 'follow' THEN 'following' ELSE 'loading' END AS state,
         coalesce(s.lease_until > clock_timestamp(), false) AS reading, s.live::float8 AS records, s.loaded::float8 AS loaded,
         s.started_at AS "startedAt", s.loaded_at AS "loadedAt", s.fresh_until AS "freshUntil",
         n.calculated_at AS "calculatedAt", n.reference_read_at AS "referenceReadAt", n.reference_failure AS "referenceFailure",
         CASE WHEN a.since IS NOT NULL OR s.due_at IS NULL THEN NULL
              WHEN sync_by_schedule(s.workspace_id, s.portal_id, s.cursor, s.failures_in_a_row) THEN
                (SELECT o.next_at FROM sync_schedules o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id)
              ELSE s.due_at END AS "nextReadAt",
         s.calls::float8 AS calls, s.failed_runs::float8 AS "failedRuns",
         CASE WHEN s.deletes_held_at IS NULL THEN 0 ELSE s.deletes_held END AS "heldDeletes", s.expected::float8 AS expected, clock_timestamp() AS now,
         CASE WHEN s.fresh_until IS NOT NULL THEN greatest(0, floor(extract(epoch FROM clock_timestamp() - s.fresh_until))) END::float8
           AS "lagSeconds",
         (s.loading_ms + CASE WHEN s.lease_until > clock_timestamp() THEN extract(epoch FROM clock_timestamp() - s.claimed_at) * 1000
                         ELSE 0 END)::float8 AS "loadingMs", s.cursor -> 'resync' AS resync,
         CASE WHEN s.erasures_unsure <> '{}' THEN s.erasures_unsure_from END AS "unsureSince",
         cardinality(s.erasures_unsure) AS "unsureCount", s.erasures_unsure[1:100] AS "unsureIds",
         s.set_aside AS "setAside", s.associations, s.associations_refused AS "associationsRefused", s.associations_behind_since AS "associationsBehindSince",
         (SELECT o.ended_at FROM sync_passes o WHERE o.workspace_id = s.workspace_id AND o.portal_id = s.portal_id
             AND o.object_type = s.object_type AND o.pass = 'associations') AS "associationsReadAt",
         coalesce(s.paused_at, a.since) AS "pausedAt",
         CASE WHEN s.paused_at IS NOT NULL THEN s.pause_reason WHEN a.since IS NOT NULL THEN
           'The portal needs a new authorisation' || coalesce(' (' || a.reason || ')', '') || '; then it goes on from where it was' END
           AS "pauseReason", s.error_class AS "errorClass", s.last_error AS "lastError",
         s.failures_in_a_row AS "failuresInARow",
         consumer_behind(s.workspace_id, s.portal_id, s.object_type) AS "consumerBehind"
    FROM sync_states s
    LEFT JOIN LATERAL (
      SELECT p.calculated_at, p.reference_read_at, p.reference_failure FROM sync_properties p
       WHERE p.workspace_id = s.workspace_id AND p.portal_id = s.portal_id AND p.object_type = s.object_type LIMIT 1) n ON true
    LEFT JOIN LATERAL (
      SELECT p.state_changed_at AS since, p.state_reason AS reason FROM portals p
       WHERE p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id AND p.state = 'reauth_required' AND s.ended_at IS NULL) a ON true
   WHERE s.workspace_id = $1`;

/** With the names of custom objects, where there are any. */
async function withNames(db: Queryable, workspaceId: string, rows: readonly Row[]): Promise<SyncView[]> {
  const custom = rows.filter(({ objectType }) => objectType.startsWith('2-'));
  const portals = [...new Set(custom.map(({ portalId }) => portalId))];
  const known = await schemasOf(db, workspaceId, portals);
  return rows.map((row) => viewOf(row, known.get(row.portalId) ?? []));
}

/** One page, by portal and type. */
export async function listSyncs(
  pool: Pool,
  workspaceId: string,
  page: {
    portalIds?: readonly number[] | undefined;
    after?: { portalId: number; objectType: string } | undefined;
    limit: number;
  },
): Promise<SyncView[]> {
  const db = forWorkspace(pool, workspaceId);
  const { rows } = await db.query<Row>(
    `${VIEW} AND ($2::bigint[] IS NULL OR s.portal_id = ANY ($2))
         AND ($3::bigint IS NULL OR (s.portal_id, s.object_type) > ($3, $4::text))
       ORDER BY s.portal_id, s.object_type LIMIT $5`,
    [
      workspaceId,
      page.portalIds ?? null,
      page.after?.portalId ?? null,
      page.after?.objectType ?? '',
      page.limit,
    ],
  );
  return withNames(db, workspaceId, rows);
}

/** How many records a workspace's mirror of a type has, and how old it is, where there is one. */
export const findMirror =
  (pool: Pool) =>
  async ({ workspaceId, portalId, objectType }: SyncedObject) => {
    const { rows } = await forWorkspace(pool, workspaceId).query<{
      records: number;
      ageSeconds: number | null;
    }>(
      `SELECT live::float8 AS records, extract(epoch FROM clock_timestamp() - fresh_until)::float8 AS "ageSeconds"
         FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3`,
      [workspaceId, portalId, objectType],
    );
    return rows[0];
  };

export async function findSync(
  db: Queryable,
  workspaceId: string,
  portalId: number,
  objectType: string,
): Promise<SyncView | undefined> {
  const { rows } = await db.query<Row>(`${VIEW} AND s.portal_id = $2 AND s.object_type = $3`, [
    workspaceId,
    portalId,
    objectType,
  ]);
  return (await withNames(db, workspaceId, rows))[0];
}
