import type { Queryable } from '../pool.js';

/** A lane in which runs of an action wait for their turn. */
export interface WaitingLane {
  readonly workspaceId: string;
  readonly portalId: number;
  /** A bigint, as text. */
  readonly laneId: string;
  readonly action: string;
}

/** Over all workspaces: the next lanes after this one (migrations/functions/actions/lanes_of_runs.sql). */
export async function lanesOfRuns(db: Queryable, after: string, most: number): Promise<WaitingLane[]> {
  const { rows } = await db.query<WaitingLane>({
    name: 'lanes_of_runs',
    text: `SELECT workspace_id AS "workspaceId", portal_id::float8 AS "portalId", lane_id::text AS "laneId", action
             FROM lanes_of_runs($1, $2)`,
    values: [after, most],
  });
  return rows;
}

export interface AdmittedRuns {
  /** The oldest first. */
  readonly runs: readonly { readonly runId: string; readonly callbackId: string }[];
  /** When the lane wants to be asked again; null: it is paused, or its portal is not active. */
  readonly nextInMs: number | null;
}

/** Admits what the window of the lane has room for (migrations/functions/actions/admit_runs.sql). */
export async function admitRuns(
  db: Queryable,
  { workspaceId, laneId }: Pick<WaitingLane, 'workspaceId' | 'laneId'>,
  most: number,
  owner: string,
): Promise<AdmittedRuns> {
  const { rows } = await db.query<{ runId: string | null; callbackId: string; nextInMs: number | null }>({
    name: 'admit_runs',
    text: `SELECT run_id::text AS "runId", callback_id AS "callbackId", next_ms AS "nextInMs" FROM admit_runs($1, $2, $3, $4)
            ORDER BY run_id NULLS LAST`,
    values: [workspaceId, laneId, most, owner],
  });
  return {
    runs: rows.flatMap(({ runId, callbackId }) => (runId === null ? [] : [{ runId, callbackId }])),
    nextInMs: rows.at(-1)?.nextInMs ?? null,
  };
}

/** The handlers of these admissions have begun: their places come free one interval from now. */
export async function runsBegun(db: Queryable, workspaceId: string, turns: readonly string[]): Promise<void> {
  await db.query({
    name: 'runs_begun',
    text: 'SELECT runs_begun($1, $2::bigint[])',
    values: [workspaceId, turns],
  });
}
