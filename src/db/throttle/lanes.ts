import type { Rate } from '../../domain/throttle/rate.js';
import type { Queryable } from '../pool.js';

export type RateSource = 'lane' | 'config' | 'input' | 'default';

/** How a call names its lane. */
export interface LaneName {
  readonly portalId: number;
  readonly key: string;
  readonly workflowId: string;
  readonly step: string;
  readonly queue: string | null;
  readonly actionId: string;
}

/** What the intake needs to know of a lane. */
export interface LaneInputs {
  readonly laneId: string;
  readonly inputStep: string | null;
  readonly inputLimit: number | null;
  readonly inputIntervalMs: number | null;
  readonly rateNote: string | null;
}

const INPUTS = `id AS "laneId", input_step AS "inputStep", input_limit AS "inputLimit", input_interval_ms::float8 AS "inputIntervalMs", rate_note AS "rateNote"`;

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
       INSERT INTO lanes (workspace_id, portal_id, key, workflow_id, step, queue, action_id, input_limit, input_interval_ms, input_step,
                          rate_note, rate_limit, rate_interval_ms, rate_source)
       SELECT p.workspace_id, p.portal_id, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $7::int IS NULL THEN NULL ELSE $9 END, $10,
              coalesce(a.max_throughput, $7, $11), coalesce(a.interval_ms, $8, $12),
              CASE WHEN a.portal_id IS NOT NULL THEN 'config' WHEN $7::int IS NOT NULL THEN 'input' ELSE 'default' END
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
 * What is in force follows from what is set: lane override, then the action's configuration, then the step's input fields,
 * then the default. Returns the lanes whose rate in force changed: they need a new plan.
 */
const RESOLVE_RATE = `
  UPDATE lanes l SET
    rate_limit = r.rate_limit, rate_interval_ms = r.rate_interval_ms, rate_source = r.source, updated_at = clock_timestamp()
  FROM (
    SELECT x.id,
           coalesce(x.override_limit, a.max_throughput, x.input_limit, $1::int) AS rate_limit,
           coalesce(x.override_interval_ms, a.interval_ms, x.input_interval_ms, $2::bigint) AS rate_interval_ms,
           CASE WHEN x.override_limit IS NOT NULL THEN 'lane' WHEN a.portal_id IS NOT NULL THEN 'config'
                WHEN x.input_limit IS NOT NULL THEN 'input' ELSE 'default' END AS source
      FROM lanes x LEFT JOIN action_rates a ON a.portal_id = x.portal_id AND a.action_id = x.action_id
     WHERE SCOPE) r
  WHERE l.id = r.id AND (l.rate_limit, l.rate_interval_ms, l.rate_source) IS DISTINCT FROM (r.rate_limit, r.rate_interval_ms, r.source)
  RETURNING l.id AS "laneId"`;

export async function resolveRateOfLane(db: Queryable, fallback: Rate, laneId: string): Promise<string[]> {
  const text = RESOLVE_RATE.replace('SCOPE', 'x.id = $3');
  const { rows } = await db.query<{ laneId: string }>(text, [fallback.limit, fallback.intervalMs, laneId]);
  return rows.map((row) => row.laneId);
}

export async function resolveRatesOfAction(
  db: Queryable,
  fallback: Rate,
  portalId: number,
  actionId: string,
): Promise<string[]> {
  const text = RESOLVE_RATE.replace('SCOPE', 'x.portal_id = $3 AND x.action_id = $4');
  const { rows } = await db.query<{ laneId: string }>(text, [
    fallback.limit,
    fallback.intervalMs,
    portalId,
    actionId,
  ]);
  return rows.map((row) => row.laneId);
}

/** Takes over a rate from the input fields of the step that rules this lane. */
export async function setInputRate(
  db: Queryable,
  laneId: string,
  step: string,
  input: Rate | null,
): Promise<void> {
  await db.query(
    `UPDATE lanes SET input_limit = $2, input_interval_ms = $3, input_step = $4, rate_note = NULL, updated_at = clock_timestamp() WHERE id = $1`,
    [laneId, input?.limit ?? null, input?.intervalMs ?? null, input ? step : null],
  );
}

/** Notes why the input fields' rate cannot be taken. The rate that was taken last stays: a typing error must not open the throttle. */
export async function noteInputRate(db: Queryable, laneId: string, note: string): Promise<void> {
  await db.query('UPDATE lanes SET rate_note = $2, updated_at = clock_timestamp() WHERE id = $1', [
    laneId,
    note,
  ]);
}

/** Plans one stretch of a lane anew (migrations/functions/throttle/replan_lane.sql). */
export async function replanStretch(
  db: Queryable,
  stretch: {
    workspaceId: string;
    laneId: string;
    afterSeq: string;
    ahead: number;
    most: number;
    holdMs: number;
  },
): Promise<{ lastSeq: string | null; planned: number }> {
  const { rows } = await db.query<{ lastSeq: string | null; planned: number }>({
    name: 'replan_lane',
    text: `SELECT last_seq AS "lastSeq", planned FROM replan_lane($1, $2, $3, $4, $5, $6)`,
    values: [
      stretch.workspaceId,
      stretch.laneId,
      stretch.afterSeq,
      stretch.ahead,
      stretch.most,
      stretch.holdMs,
    ],
  });
  return rows[0] ?? { lastSeq: null, planned: 0 };
}
