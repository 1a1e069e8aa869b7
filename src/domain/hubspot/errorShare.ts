/*
 * HubSpot wants less than 5 % of a day's requests to be errors. As a portal's share comes near, the less urgent
 * priorities stop first. Completions and what people wait for are never refused: their errors are worth knowing.
 */

export interface DayCount {
  readonly calls: number;
  readonly errors: number;
}

/** The share of the allowed share from which a priority is refused. */
const SHED_FROM: Readonly<Record<string, number>> = { backfill: 0.7, sync: 0.8, outbox: 0.9 };
/** The first errors of a day are a large share of little. */
const LEAST_CALLS = 200;
const ROUNDING = 1e-9;

export function errorShareOf({ calls, errors }: DayCount): number {
  return calls > 0 ? errors / calls : 0;
}

/** Whether a priority is to wait. `mostShare` 0 switches it off. */
export function isShed(priority: string, count: DayCount, mostShare: number): boolean {
  const from = SHED_FROM[priority];
  if (from === undefined || mostShare === 0 || count.calls < LEAST_CALLS) return false;
  return errorShareOf(count) >= from * mostShare - ROUNDING;
}

/** Those that are refused now, the least urgent first. */
export function shedPriorities(count: DayCount, mostShare: number): string[] {
  return Object.keys(SHED_FROM).filter((priority) => isShed(priority, count, mostShare));
}
