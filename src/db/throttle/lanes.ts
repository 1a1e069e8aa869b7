import type { Rate } from '../../domain/throttle/rate.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
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
  /** Keys that the same lane may have had: one that is found under it gets the key. */
  readonly formerKeys: readonly string[];
  readonly workflowId: string;
  readonly step: string;
  /** What the step was called where its call does not name it. */
  readonly formerStep: string;
  /** What the callback says of the step; null where it is not asked. */
  readonly callbackStep: string | null;
  /** The calls of several steps may come to this lane, as nothing tells them apart. */
  readonly sharedBySteps: boolean;
  readonly queue: string | null;
  readonly queueNote: string | null;
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
  readonly inputSpread: boolean | null;
}

type FoundLane = LaneInputs & { readonly queueNote: string | null; readonly callbackStep: string | null };

/** What happens to an execution whose planned wait exceeds what HubSpot can hold. */
export const BEYOND_BLOCK = ['refuse', 'hold'] as const;
export type BeyondBlock = (typeof BEYOND_BLOCK)[number];

/** Below the place of every execution in a lane. */
export const FIRST_SEQ = '-9223372036854775808';

const INPUTS = `id AS "laneId", queue_note AS "queueNote", callback_step AS "callbackStep", input_step AS "inputStep", input_limit AS "inputLimit",
                input_interval_ms::float8 AS "inputIntervalMs", rate_note AS "rateNote",
                input_spread AS "inputSpread"`;

/** Where calls left out their step, one that names it is known by what its callback says. */
const MARKED = '~';

const RATE_OF_NEW_LANE = rateInForce(
  { limit: 'NULL::int', intervalMs: 'NULL::bigint' },
  { limit: '$7::int', intervalMs: '$8::bigint' },
  { limit: '$11::int', intervalMs: '$12::bigint' },
);

/** What a new lane begins with, unless a rate is configured for its action. */
interface FirstRates {
  readonly default: Rate;
  readonly input: Rate | null;
  readonly note: string | null;
  readonly spread?: boolean | null;
}

/** Finds the lane or makes it, with the rate in force. Undefined when the portal is not the workspace's. */
export async function ensureLane(
  pool: Pool,
  workspaceId: string,
  name: LaneName,
  rates: FirstRates,
): Promise<LaneInputs | undefined> {
  const known = await laneAt(forWorkspace(pool, workspaceId), name);
  if (known && !tellsMore(known, name)) return known;
  return inWorkspace(pool, workspaceId, async (client) => {
    // A statement of its own: the next one sees what was configured until the lock was had.
    await client.query(`SELECT pg_advisory_xact_lock_shared(${ADVISORY_LOCKS.actionRates('$1')})`, [
      name.portalId,
    ]);
    const found =
      (await laneAt(client, name)) ??
      (await laneOfStep(client, name)) ??
      (await laneUnderFormerKey(client, name));
    if (!found) return makeLane(client, name, rates);
    if (tellsMore(found, name)) await noteName(client, found, name);
    return found;
  });
}

async function makeLane(db: Queryable, name: LaneName, rates: FirstRates): Promise<LaneInputs | undefined> {
  const { rows } = await db.query<LaneInputs>(
    `WITH lane AS (
       INSERT INTO lanes (workspace_id, portal_id, key, workflow_id, step, queue, action_id,
                          queue_note, callback_step, input_limit, input_interval_ms, input_step, rate_note,
                          input_spread, spread,
                          rate_limit, rate_interval_ms, rate_source)
       SELECT p.workspace_id, p.portal_id, $2, $3, $4, $5, $6, $13, $14,
              $7::int, $8::bigint, CASE WHEN $7::int IS NULL AND $15::boolean IS NULL THEN NULL ELSE $9 END, $10,
              $15::boolean, coalesce($15::boolean, false), ${RATE_OF_NEW_LANE}
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
      name.queueNote,
      name.callbackStep,
      rates.spread ?? null,
    ],
  );
  return rows[0];
}

async function laneAt(db: Queryable, { portalId, key }: LaneName): Promise<FoundLane | undefined> {
  const { rows } = await db.query<FoundLane>(
    `SELECT ${INPUTS} FROM lanes WHERE portal_id = $1 AND key = $2`,
    [portalId, key],
  );
  return rows[0];
}

/** It keeps all that is set and waits there. Where another process is faster, the lane is found under its key. */
async function laneUnderFormerKey(db: Queryable, name: LaneName): Promise<FoundLane | undefined> {
  if (name.formerKeys.length === 0) return undefined;
  const { rows } = await db.query<FoundLane>(
    `UPDATE lanes l SET key = $2, step = CASE WHEN l.queue IS NULL THEN $4 ELSE l.step END,
            updated_at = clock_timestamp()
      WHERE l.id = (SELECT id FROM lanes WHERE portal_id = $1 AND key = ANY ($3) ORDER BY id LIMIT 1 FOR UPDATE)
        AND NOT EXISTS (SELECT FROM lanes WHERE portal_id = $1 AND key = $2)
      RETURNING ${INPUTS}`,
    [name.portalId, name.key, name.formerKeys, name.step],
  );
  return rows[0] ?? laneAt(db, name);
}

/**
 * A call that does not name its step belongs to the lane of the step that has such callbacks. Where several had, the
 * slowest of them is never too fast.
 */
async function laneOfStep(db: Queryable, name: LaneName): Promise<FoundLane | undefined> {
  if (name.callbackStep === null || !name.step.startsWith(MARKED)) return undefined;
  const { rows } = await db.query<FoundLane>(
    `SELECT ${INPUTS} FROM lanes
      WHERE portal_id = $1 AND queue IS NULL AND workflow_id = $2 AND callback_step = $3
      ORDER BY rate_limit::float8 / rate_interval_ms, id LIMIT 1`,
    [name.portalId, name.workflowId, name.callbackStep],
  );
  return rows[0];
}

/** Whether a call tells of its lane's name what the lane does not have yet. */
function tellsMore(lane: FoundLane, name: LaneName): boolean {
  const { queueNote, callbackStep } = nameKnown(lane, name);
  return queueNote !== lane.queueNote || callbackStep !== lane.callbackStep;
}

function nameKnown(lane: FoundLane, name: LaneName) {
  return {
    queueNote: lane.queueNote ?? name.queueNote,
    callbackStep: name.callbackStep ?? lane.callbackStep,
  };
}

async function noteName(db: Queryable, lane: FoundLane, name: LaneName): Promise<void> {
  const { queueNote, callbackStep } = nameKnown(lane, name);
  await db.query('UPDATE lanes SET queue_note = $2, callback_step = $3 WHERE id = $1', [
    lane.laneId,
    queueNote,
    callbackStep,
  ]);
}

/**
 * Takes over a rate from the input fields of the step that rules this lane. It is in force after `resolveRateOfLane`.
 */
export async function setInputRate(
  db: Queryable,
  laneId: string,
  step: string,
  input: Rate | null,
  note: string | null = null,
): Promise<void> {
  await db.query(
    `UPDATE lanes SET input_limit = $2, input_interval_ms = $3, input_step = $4, rate_note = $5,
            updated_at = clock_timestamp() WHERE id = $1`,
    [laneId, input?.limit ?? null, input?.intervalMs ?? null, input ? step : null, note],
  );
}

/**
 * Takes over what the input fields of the step that rules this lane say of even intervals. What an operator has set
 * since they said something else stays. True when that changed what is in force: the lane needs a new plan.
 */
export async function setInputSpread(
  db: Queryable,
  laneId: string,
  step: string,
  spread: boolean | null,
): Promise<boolean> {
  const { rows } = await db.query<{ changed: boolean }>(
    `UPDATE lanes l SET input_spread = n.said, spread = n.spread, updated_at = clock_timestamp(),
            input_step = CASE WHEN n.said IS NULL THEN l.input_step ELSE coalesce(l.input_step, $2) END,
            replan_since = CASE WHEN n.spread <> l.spread THEN clock_timestamp() ELSE l.replan_since END
       FROM (SELECT x.id, $3::boolean AS said, x.spread AS former,
                    CASE WHEN x.input_spread IS DISTINCT FROM $3::boolean THEN coalesce($3::boolean, false)
                         ELSE x.spread END AS spread
               FROM lanes x WHERE x.id = $1 FOR NO KEY UPDATE) n
      WHERE l.id = n.id RETURNING n.spread <> n.former AS changed`,
    [laneId, step, spread],
  );
  return rows[0]?.changed ?? false;
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
