import type { Queryable } from '../pool.js';

/** A registration of which a part is written, or that does not end. */
export interface TroubledRegistration {
  readonly id: string;
  readonly portalId: number;
  readonly state: 'failed' | 'open';
  readonly since: Date;
}

interface Bounds {
  readonly things: number;
  /** So many registrations are looked at for them. */
  readonly seen: number;
}

/** Those that failed when their contact was written, and can be resumed; the newest first. */
export async function failedInPart(
  db: Queryable,
  workspaceId: string,
  { things, seen }: Bounds,
): Promise<TroubledRegistration[]> {
  const { rows } = await db.query<TroubledRegistration>({
    name: 'attention.registrations_failed',
    text: `SELECT id, portal_id::float8 AS "portalId", state, ended_at AS since
             FROM (SELECT id, portal_id, state, ended_at, given IS NOT NULL AS can_resume FROM registrations
                    WHERE workspace_id = $1 AND state = 'failed' ORDER BY id DESC LIMIT $3) r
            WHERE can_resume
              AND (SELECT s.record_ids[1] IS NOT NULL FROM registration_steps s
                    WHERE s.workspace_id = $1 AND s.registration_id = r.id AND s.step = 'contact' LIMIT 1)
            ORDER BY id DESC LIMIT $2`,
    values: [workspaceId, things, seen],
  });
  return rows;
}

/** Open ones that have begun no step for so long; the oldest first. */
export async function waitingLong(
  db: Queryable,
  workspaceId: string,
  { things, seen, forMs }: Bounds & { readonly forMs: number },
): Promise<TroubledRegistration[]> {
  const { rows } = await db.query<TroubledRegistration>({
    name: 'attention.registrations_waiting',
    text: `SELECT id, portal_id::float8 AS "portalId", state, since
             FROM (SELECT r.id, r.portal_id, r.state,
                          coalesce((SELECT max(s.started_at) FROM registration_steps s
                                     WHERE s.workspace_id = $1 AND s.registration_id = r.id), r.created_at) AS since
                     FROM (SELECT id, portal_id, state, created_at FROM registrations
                            WHERE workspace_id = $1 AND state = 'open' ORDER BY id LIMIT $3) r) o
            WHERE since < clock_timestamp() - make_interval(secs => $4::float8 / 1000)
            ORDER BY id LIMIT $2`,
    values: [workspaceId, things, seen, forMs],
  });
  return rows;
}
