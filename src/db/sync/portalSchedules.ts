import type { PortalTimes } from '../../domain/sync/portalSchedule.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { SyncedObject } from './reader.js';

type Portal = Pick<SyncedObject, 'workspaceId' | 'portalId'>;

/** A portal that has a Schedule of its own, as people see it. */
export interface PortalScheduleView {
  readonly portalId: number;
  readonly intervalMs: number | null;
  readonly calendar: string | null;
  readonly timeZone: string | null;
  /** It is at Temporal as it stands here; before that the portal is looked at each minute. */
  readonly applied: boolean;
  readonly nextAt: Date | null;
  /** Why it does not run. */
  readonly failure: string | null;
  readonly changedAt: Date;
}

const COLUMNS = `portal_id::float8 AS "portalId", interval_ms::float8 AS "intervalMs", calendar, time_zone AS "timeZone",
  applied_version IS NOT DISTINCT FROM version AS applied, next_at AS "nextAt", failure, changed_at AS "changedAt"`;

/** One page, by portal. */
export async function listPortalSchedules(
  db: Queryable,
  workspaceId: string,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<PortalScheduleView[]> {
  const { rows } = await db.query<PortalScheduleView>({
    name: 'sync.portal_schedules',
    text: `SELECT ${COLUMNS} FROM sync_schedules WHERE workspace_id = $1 AND portal_id > $2 ORDER BY portal_id LIMIT $3`,
    values: [workspaceId, after ?? 0, limit],
  });
  return rows;
}

export async function findPortalSchedule(
  db: Queryable,
  { workspaceId, portalId }: Portal,
): Promise<PortalScheduleView | undefined> {
  const { rows } = await db.query<PortalScheduleView>(
    `SELECT ${COLUMNS} FROM sync_schedules WHERE workspace_id = $1 AND portal_id = $2`,
    [workspaceId, portalId],
  );
  return rows[0];
}

/** Gives a portal a Schedule of its own, or other times. False: so many portals have one already. */
export async function setPortalSchedule(
  client: Queryable,
  { workspaceId, portalId }: Portal,
  { intervalMs, calendar, timeZone }: PortalTimes,
  most: number,
): Promise<boolean> {
  await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.portalSchedules})`);
  const { rowCount } = await client.query(
    `INSERT INTO sync_schedules AS s (workspace_id, portal_id, interval_ms, calendar, time_zone)
     SELECT $1, $2, $3, $4, $5
      WHERE sync_schedules_beside($1, $2) < $6
     ON CONFLICT (workspace_id, portal_id) DO UPDATE SET
       interval_ms = excluded.interval_ms, calendar = excluded.calendar, time_zone = excluded.time_zone,
       version = s.version + 1, failure = NULL, changed_at = clock_timestamp()
     WHERE (s.interval_ms, s.calendar, s.time_zone) IS DISTINCT FROM (excluded.interval_ms, excluded.calendar, excluded.time_zone)
        OR s.failure IS NOT NULL`,
    [workspaceId, portalId, intervalMs, calendar, timeZone, most],
  );
  // What stands as it is asked for is not written anew.
  return rowCount === 1 || (await findPortalSchedule(client, { workspaceId, portalId })) !== undefined;
}

/** The portal is looked at each minute again. False: it has no Schedule of its own. */
export async function deletePortalSchedule(
  client: Queryable,
  { workspaceId, portalId }: Portal,
): Promise<boolean> {
  const { rowCount } = await client.query(
    'DELETE FROM sync_schedules WHERE workspace_id = $1 AND portal_id = $2',
    [workspaceId, portalId],
  );
  if (rowCount === 0) return false;
  await client.query(
    `UPDATE sync_states s SET due_at = clock_timestamp()
       FROM (SELECT object_type FROM sync_states
              WHERE workspace_id = $1 AND portal_id = $2 AND due_at > clock_timestamp() AND failures_in_a_row = 0
              ORDER BY object_type FOR NO KEY UPDATE) o
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = o.object_type`,
    [workspaceId, portalId],
  );
  return true;
}

/** A portal's Schedule as Temporal is to have it, or not. */
export interface PortalSchedule extends Portal {
  readonly times: PortalTimes;
  readonly version: number;
  readonly appliedVersion: number | null;
  readonly nextAt: Date | null;
  readonly failure: string | null;
  /** Something of its portal can be read. */
  readonly wanted: boolean;
}

/** All of them, across all workspaces: for the worker. */
export async function portalSchedules(pool: Pool, most: number): Promise<PortalSchedule[]> {
  const { rows } = await pool.query<
    Omit<PortalSchedule, 'times'> & {
      intervalMs: number | null;
      calendar: string | null;
      timeZone: string | null;
    }
  >(
    `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", interval_ms::float8 AS "intervalMs", calendar,
            time_zone AS "timeZone", version, applied_version AS "appliedVersion", next_at AS "nextAt", failure, wanted
       FROM sync_schedules_all($1)`,
    [most],
  );
  return rows.map(({ intervalMs, calendar, timeZone, ...row }) => ({
    ...row,
    times: { intervalMs, calendar, timeZone } as PortalTimes,
  }));
}

/**
 * How it stands at Temporal. Does nothing where it was changed since. `appliedVersion` null: it is not there.
 */
export async function noteAtTemporal(
  pool: Pool,
  { workspaceId, portalId, version }: PortalSchedule,
  now: Pick<PortalSchedule, 'appliedVersion' | 'nextAt' | 'failure'>,
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE sync_schedules SET applied_version = $4, next_at = $5, failure = $6
      WHERE workspace_id = $1 AND portal_id = $2 AND version = $3`,
    [workspaceId, portalId, version, now.appliedVersion, now.nextAt, now.failure],
  );
}

/** The types of a portal that can be read now, and whether a search tells if anything has changed. */
export async function readableTypes(
  pool: Pool,
  { workspaceId, portalId }: Portal,
): Promise<(SyncedObject & { readonly follows: boolean })[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ objectType: string; follows: boolean }>(
    `SELECT s.object_type AS "objectType",
            s.cursor ->> 'kind' IS NOT DISTINCT FROM 'follow' AND NOT s.cursor ? 'walk' AS follows
       FROM sync_states s
       JOIN portals p ON p.portal_id = s.portal_id AND p.workspace_id = s.workspace_id AND p.state = 'active'
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.paused_at IS NULL AND s.ended_at IS NULL
        AND consumer_behind(s.workspace_id, s.portal_id, s.object_type) IS NULL
      ORDER BY s.object_type`,
    [workspaceId, portalId],
  );
  return rows.map(({ objectType, follows }) => ({ workspaceId, portalId, objectType, follows }));
}
