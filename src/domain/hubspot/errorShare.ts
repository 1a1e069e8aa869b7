/*
 * HubSpot wants less than 5 % of a day's requests to be errors (docs/hubspot.md#limits). As a portal's share comes
 * near, the less urgent priorities stop first. Completions and requests that people wait for are never refused: their
 * errors are worth knowing.
 */

export interface DayCount {
  readonly calls: number;
  readonly errors: number;
}

/** The part of the allowed share from which on a priority is refused. */
const SHED_FROM: Readonly<Record<string, number>> = { backfill: 0.7, sync: 0.8, outbox: 0.9 };
/** The least of them. */
export const FIRST_SHED_FROM = Math.min(...Object.values(SHED_FROM));
/** A day's first errors are a large share of few requests. */
export const MIN_CALLS = 200;
const ROUNDING = 1e-9;

export function errorShareOf({ calls, errors }: DayCount): number {
  return calls > 0 ? errors / calls : 0;
}

/** Whether requests of a priority are refused. `maxShare` 0: none are. */
export function isShed(priority: string, count: DayCount, maxShare: number): boolean {
  const from = SHED_FROM[priority];
  if (from === undefined || maxShare === 0 || count.calls < MIN_CALLS) return false;
  return errorShareOf(count) >= from * maxShare - ROUNDING;
}

/** The part of the allowed share up to which requests are sent whose likely answer is an error. */
const EXPECTED_UP_TO = 0.4;

/**
 * How many more requests may be sent now whose likely answer is an error, such as questions for a record that was
 * deleted a moment ago: what they leave is far from where the least urgent priority is refused. `maxShare` 0: any.
 */
export function roomForErrors({ calls, errors }: DayCount, maxShare: number): number {
  if (maxShare === 0) return Infinity;
  return Math.max(0, Math.floor(EXPECTED_UP_TO * maxShare * calls) - errors);
}

/** The priorities that are refused now, the least urgent first. */
export function shedPriorities(count: DayCount, maxShare: number): string[] {
  return Object.keys(SHED_FROM).filter((priority) => isShed(priority, count, maxShare));
}
