import type { RunState } from '../../domain/actions/runStates.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** A run as people see it. */
export interface RunView {
  readonly id: string;
  readonly portalId: number;
  readonly action: string;
  readonly version: number;
  readonly callbackId: string;
  readonly source: string;
  readonly objectId: string | null;
  readonly state: RunState;
  readonly errorCode: string | null;
  readonly reason: string | null;
  readonly attempts: number;
  readonly doubts: number;
  readonly receivedAt: Date;
  readonly giveUpAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

export interface FoundRun extends RunView {
  readonly callHash: Buffer;
  readonly sealedInput: string | null;
  readonly sealedResult: string | null;
}

const VIEW = `id, portal_id::float8 AS "portalId", action, version, callback_id AS "callbackId", source, object_id AS "objectId", state,
  error_code AS "errorCode", reason, attempts, doubts, received_at AS "receivedAt", give_up_at AS "giveUpAt", expires_at AS "expiresAt",
  ended_at AS "endedAt"`;

/** The newest first. */
export async function listRuns(
  pool: Pool,
  workspaceId: string,
  page: {
    readonly portalId?: number | undefined;
    readonly action?: string | undefined;
    readonly state?: RunState | undefined;
    readonly callbackId?: string | undefined;
    readonly objectId?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<RunView[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<RunView>(
    `SELECT ${VIEW} FROM action_runs
      WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) AND ($3::text IS NULL OR action = $3)
        AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR callback_id = $5) AND ($6::text IS NULL OR object_id = $6)
        AND ($7::bigint IS NULL OR id < $7) ORDER BY id DESC LIMIT $8`,
    [
      workspaceId,
      page.portalId ?? null,
      page.action ?? null,
      page.state ?? null,
      page.callbackId ?? null,
      page.objectId ?? null,
      page.after ?? null,
      page.limit,
    ],
  );
  return rows;
}

export async function findRun(pool: Pool, workspaceId: string, id: string): Promise<FoundRun | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<FoundRun>({
    name: 'action_run.find',
    text: `SELECT ${VIEW}, call_hash AS "callHash", sealed_input AS "sealedInput", sealed_result AS "sealedResult"
             FROM action_runs WHERE workspace_id = $1 AND id = $2`,
    values: [workspaceId, id],
  });
  return rows[0];
}

/**
 * Has the handler of a run that failed tried again, by a worker. HubSpot is told only where it had not been. One whose
 * turn never came waits for it again. False: it did not fail.
 */
export async function retryRun(
  client: Queryable,
  workspaceId: string,
  id: string,
  giveUpAfterMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE action_runs SET state = 'waiting', error_code = NULL, reason = NULL, ended_at = NULL, completion_tries = 0,
            answering_until = NULL,
            give_up_at = clock_timestamp() + $3::float8 * interval '1 millisecond',
            attempts = CASE WHEN lane_id IS NOT NULL AND turn IS NULL THEN 0 ELSE attempts END,
            due_at = clock_timestamp() + CASE WHEN lane_id IS NOT NULL AND turn IS NULL THEN $3::float8 ELSE 5000 END * interval '1 millisecond'
      WHERE workspace_id = $1 AND id = $2 AND state = 'failed' AND sealed_input IS NOT NULL`,
    [workspaceId, id, giveUpAfterMs],
  );
  return rowCount === 1;
}
