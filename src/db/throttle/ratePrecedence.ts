import type { Rate } from '../../domain/throttle/rate.js';
import type { Queryable } from '../pool.js';
import { TO_REPLAN } from './toReplan.js';

/*
 * Which rate wins: the lane's own, set by an operator; then the one that is configured for the lane's action
 * (`action_rates`); then the input fields of the step that rules the lane; then THROTTLE_DEFAULT_RATE. What follows is
 * stored in the lane as the rate in force.
 */

/** SQL expressions for a limit and its interval; both are null where that rate is not set. */
interface RateExpressions {
  readonly limit: string;
  readonly intervalMs: string;
}

/**
 * The select list `rate_limit, rate_interval_ms, rate_source`. `a` is the action's row of `action_rates`, if it has
 * one.
 */
export function rateInForce(
  lane: RateExpressions,
  input: RateExpressions,
  fallback: RateExpressions,
): string {
  return `
    coalesce(${lane.limit}, a.max_throughput, ${input.limit}, ${fallback.limit}) AS rate_limit,
    coalesce(${lane.intervalMs}, a.interval_ms, ${input.intervalMs}, ${fallback.intervalMs}) AS rate_interval_ms,
    CASE WHEN ${lane.limit} IS NOT NULL THEN 'lane' WHEN a.portal_id IS NOT NULL THEN 'config'
         WHEN ${input.limit} IS NOT NULL THEN 'input' ELSE 'default' END AS rate_source`;
}

const RATE_OF_LANE = rateInForce(
  { limit: 'x.override_limit', intervalMs: 'x.override_interval_ms' },
  { limit: 'x.input_limit', intervalMs: 'x.input_interval_ms' },
  { limit: '$1::int', intervalMs: '$2::bigint' },
);

const resolveRates = (scope: string): string => `
  UPDATE lanes l SET
    rate_limit = r.rate_limit, rate_interval_ms = r.rate_interval_ms, rate_source = r.rate_source,
    updated_at = clock_timestamp(), ${TO_REPLAN}
  FROM (
    SELECT x.id, ${RATE_OF_LANE}
      FROM lanes x LEFT JOIN action_rates a ON a.portal_id = x.portal_id AND a.action_id = x.action_id
     WHERE ${scope}) r
  WHERE l.id = r.id
    AND (l.rate_limit, l.rate_interval_ms, l.rate_source)
        IS DISTINCT FROM (r.rate_limit, r.rate_interval_ms, r.rate_source)
  RETURNING l.id AS "laneId"`;

/** Puts in force what follows from what is set. True when that changed: the lane needs a new plan. */
export async function resolveRateOfLane(db: Queryable, fallback: Rate, laneId: string): Promise<boolean> {
  const { rowCount } = await db.query(resolveRates('x.id = $3'), [
    fallback.limit,
    fallback.intervalMs,
    laneId,
  ]);
  return (rowCount ?? 0) > 0;
}

/** The same for all lanes of an action. Returns the ids of those whose rate changed. */
export async function resolveRatesOfAction(
  db: Queryable,
  fallback: Rate,
  portalId: number,
  actionId: string,
): Promise<string[]> {
  const { rows } = await db.query<{ laneId: string }>(resolveRates('x.portal_id = $3 AND x.action_id = $4'), [
    fallback.limit,
    fallback.intervalMs,
    portalId,
    actionId,
  ]);
  return rows.map((row) => row.laneId);
}
