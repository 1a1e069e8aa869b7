import type { Rate } from '../../domain/throttle/rate.js';
import type { Queryable } from '../pool.js';
import { rateInForce } from './ratePrecedence.js';

/** A lane, and the workspace that it belongs to. */
export interface LaneId {
  readonly workspaceId: string;
  readonly laneId: string;
}

/** How a call names its lane. */
export interface LaneName {
  readonly portalId: number;
  readonly key: string;
  readonly workflowId: string;
  readonly step: string;
  readonly queue: string | null;
  readonly actionId: string;
}

/**
 * What the intake needs to know of a lane: the rate that input fields asked for last, and the step that they belong to.
 */
export interface LaneInputs {
  readonly laneId: string;
  readonly inputStep: string | null;
  readonly inputLimit: number | null;
  readonly inputIntervalMs: number | null;
  readonly rateNote: string | null;
}

/** What happens to an execution whose planned wait exceeds what HubSpot can hold. */
export const BEYOND_BLOCK = ['refuse', 'hold'] as const;
export type BeyondBlock = (typeof BEYOND_BLOCK)[number];

/** Below the place of every execution in a lane. */
export const FIRST_SEQ = '-9223372036854775808';

const INPUTS = `id AS "laneId", input_step AS "inputStep", input_limit AS "inputLimit",
                input_interval_ms::float8 AS "inputIntervalMs", rate_note AS "rateNote"`;

const RATE_OF_NEW_LANE = rateInForce(
  { limit: 'NULL::int', intervalMs: 'NULL::bigint' },
  { limit: '$7::int', intervalMs: '$8::bigint' },
  { limit: '$11::int', intervalMs: '$12::bigint' },
);

/** Finds the lane or makes it. Undefined when the portal is not the workspace's. */
export async function ensureLane(
  db: Queryable,
  name: LaneName,
  rates: { default: Rate; input: Rate | null; note: string | null },
): Promise<(LaneInputs & { readonly made?: boolean }) | undefined> {
  const found = await db.query<LaneInputs>(`SELECT ${INPUTS} FROM lanes WHERE portal_id = $1 AND key = $2`, [
    name.portalId,
    name.key,
  ]);
  if (found.rows[0]) return found.rows[0];
  const made = await db.query<LaneInputs>(
    `WITH lane AS (
       INSERT INTO lanes (workspace_id, portal_id, key, workflow_id, step, queue, action_id,
                          input_limit, input_interval_ms, input_step, rate_note,
                          rate_limit, rate_interval_ms, rate_source)
       SELECT p.workspace_id, p.portal_id, $2, $3, $4, $5, $6,
              $7::int, $8::bigint, CASE WHEN $7::int IS NULL THEN NULL ELSE $9 END, $10, ${RATE_OF_NEW_LANE}
         FROM portals p LEFT JOIN action_rates a ON a.portal_id = p.portal_id AND a.action_id = $6
        WHERE p.portal_id = $1
       ON CONFLICT (portal_id, key) DO UPDATE SET updated_at = lanes.updated_at
       RETURNING *
     ), window_row AS (
       INSERT INTO lane_windows (lane_id, workspace_id) SELECT id, workspace_id FROM lane ON CONFLICT DO NOTHING
     )
     SELECT ${INPUTS} FROM lane`,
    [
      name.portalId,
      name.key,
      name.workflowId,
      name.step,
      name.queue,
      name.actionId,
      rates.input?.limit ?? null,
      rates.input?.intervalMs ?? null,
      `${name.workflowId}/${name.step}`,
      rates.note,
      rates.default.limit,
      rates.default.intervalMs,
    ],
  );
  return made.rows[0] && { ...made.rows[0], made: true };
}

/**
 * Takes over a rate from the input fields of the step that rules this lane. It is in force after `resolveRateOfLane`.
 */
export async function setInputRate(
  db: Queryable,
  laneId: string,
  step: string,
  input: Rate | null,
): Promise<void> {
  await db.query(
    `UPDATE lanes SET input_limit = $2, input_interval_ms = $3, input_step = $4, rate_note = NULL,
            updated_at = clock_timestamp() WHERE id = $1`,
    [laneId, input?.limit ?? null, input?.intervalMs ?? null, input ? step : null],
  );
}

/**
 * Notes why the rate in the input fields cannot be taken. The one taken last stays: a typing error must not open the
 * throttle.
 */
export async function noteInputRate(db: Queryable, laneId: string, note: string): Promise<void> {
  await db.query('UPDATE lanes SET rate_note = $2, updated_at = clock_timestamp() WHERE id = $1', [
    laneId,
    note,
  ]);
}
