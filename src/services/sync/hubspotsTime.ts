import type { FollowCursor } from '../../domain/sync/cursor.js';
import { SyncRefused } from './syncRefused.js';

/** HubSpot's index shows a change some moments late: what was searched up to now is searched again from here on. */
export const INDEX_LAG_MS = 120_000;

/** More than this ahead of the database's clock is no clock of HubSpot's. */
const AHEAD_MS = 3_600_000;

/** HubSpot's present. What lies far ahead would be searched from, and everything until then be passed over. */
export function hubspotsTime(answeredAtMs: number | undefined, nowMs: number): number {
  if (answeredAtMs === undefined || answeredAtMs > nowMs + AHEAD_MS)
    throw new SyncRefused('HubSpot did not say what time it has; it is asked again', {
      errorClass: 'unclear',
    });
  return answeredAtMs;
}

/** Where the searches begin when a first load is through that began then. */
export const afterLoad = (begunAt: number): FollowCursor => ({
  ...{ version: 1, kind: 'follow' },
  from: Math.max(0, begunAt - INDEX_LAG_MS),
});
