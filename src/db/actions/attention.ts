import type { Queryable } from '../pool.js';

/** Runs of an action in a portal that failed, or that are tried again and again. */
export interface TroubledAction {
  readonly portalId: number;
  readonly action: string;
  readonly count: number;
  readonly since: Date;
}

interface Bounds {
  readonly things: number;
  /** So many runs are looked at for them. */
  readonly seen: number;
}

/** Of the last day: those that failed since the handler had not done its work, by portal and action. */
export async function failedActions(
  db: Queryable,
  workspaceId: string,
  { things, seen }: Bounds,
): Promise<TroubledAction[]> {
  const { rows } = await db.query<TroubledAction>({
    name: 'attention.actions_failed',
    text: `SELECT portal_id::float8 AS "portalId", action, count(*)::int AS count, min(ended_at) AS since
             FROM (SELECT portal_id, action, error_code, ended_at FROM action_runs
                    WHERE workspace_id = $1 AND state = 'failed' ORDER BY id DESC LIMIT $3) r
            WHERE ended_at > clock_timestamp() - interval '1 day'
              AND (error_code IS NULL OR error_code IN ('gave_up', 'invalid_output', 'invalid_input'))
            GROUP BY portal_id, action ORDER BY count(*) DESC, portal_id, action LIMIT $2`,
    values: [workspaceId, things, seen],
  });
  return rows;
}

/** Those that wait, and whose handler has failed so often. */
export async function failingActions(
  db: Queryable,
  workspaceId: string,
  { things, seen, fromTries }: Bounds & { readonly fromTries: number },
): Promise<TroubledAction[]> {
  const { rows } = await db.query<TroubledAction>({
    name: 'attention.actions_failing',
    text: `SELECT portal_id::float8 AS "portalId", action, count(*)::int AS count, min(received_at) AS since
             FROM (SELECT portal_id, action, attempts, received_at FROM action_runs
                    WHERE workspace_id = $1 AND state = 'waiting' ORDER BY id LIMIT $3) r
            WHERE attempts >= $4
            GROUP BY portal_id, action ORDER BY count(*) DESC, portal_id, action LIMIT $2`,
    values: [workspaceId, things, seen, fromTries],
  });
  return rows;
}
