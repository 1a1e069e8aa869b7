import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { SyncedObject } from './reader.js';

/** How the mirror of a portal's records of one type stands. */
export interface SyncView {
  readonly portalId: number;
  readonly objectType: string;
  /** `paused`: by a person, or since HubSpot refuses it; `ended`: its portal was disconnected. */
  readonly state: 'loading' | 'following' | 'paused' | 'ended';
  readonly reading: boolean;
  readonly records: number;
  readonly loaded: number;
  readonly startedAt: Date;
  readonly loadedAt: Date | null;
  readonly freshUntil: Date | null;
  readonly nextReadAt: Date | null;
  readonly pause: { readonly at: Date; readonly reason: string | null } | null;
  readonly failure: { readonly class: string; readonly message: string; readonly inARow: number } | null;
}

interface Row extends Omit<SyncView, 'pause' | 'failure'> {
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  readonly errorClass: string | null;
  readonly lastError: string | null;
  readonly failuresInARow: number;
}

function viewOf({ pausedAt, pauseReason, errorClass, lastError, failuresInARow, ...view }: Row): SyncView {
  return {
    ...view,
    pause: pausedAt && { at: pausedAt, reason: pauseReason },
    failure:
      errorClass === null ? null : { class: errorClass, message: lastError ?? '', inARow: failuresInARow },
  };
}

const VIEW = `
  SELECT s.portal_id::float8 AS "portalId", s.object_type AS "objectType",
         CASE WHEN s.ended_at IS NOT NULL THEN 'ended' WHEN s.paused_at IS NOT NULL THEN 'paused'
              WHEN s.cursor->>'kind' = 'follow' THEN 'following' ELSE 'loading' END AS state,
         coalesce(s.lease_until > clock_timestamp(), false) AS reading, s.live::float8 AS records, s.loaded::float8 AS loaded,
         s.started_at AS "startedAt", s.loaded_at AS "loadedAt", s.fresh_until AS "freshUntil", s.due_at AS "nextReadAt",
         s.paused_at AS "pausedAt", s.pause_reason AS "pauseReason", s.error_class AS "errorClass", s.last_error AS "lastError",
         s.failures_in_a_row AS "failuresInARow"
    FROM sync_states s WHERE s.workspace_id = $1`;

/** One page, by portal and type. */
export async function listSyncs(
  pool: Pool,
  workspaceId: string,
  page: {
    portalId?: number | undefined;
    after?: { portalId: number; objectType: string } | undefined;
    limit: number;
  },
): Promise<SyncView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Row>(
    `${VIEW} AND ($2::bigint IS NULL OR s.portal_id = $2)
         AND ($3::bigint IS NULL OR (s.portal_id, s.object_type) > ($3, $4::text))
       ORDER BY s.portal_id, s.object_type LIMIT $5`,
    [
      workspaceId,
      page.portalId ?? null,
      page.after?.portalId ?? null,
      page.after?.objectType ?? '',
      page.limit,
    ],
  );
  return rows.map(viewOf);
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
  return rows[0] && viewOf(rows[0]);
}
