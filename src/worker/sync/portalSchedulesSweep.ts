import type { Pool } from '../../db/pool.js';
import { noteAtTemporal, portalSchedules, type PortalSchedule } from '../../db/sync/portalSchedules.js';
import { MOST_PORTAL_SCHEDULES, timesInWords } from '../../domain/sync/portalSchedule.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { ScheduleRefused, type ScheduleAtTemporal } from '../../temporal/connection.js';
import type { PortalSchedulesAtTemporal } from '../../temporal/sync/portalSchedules.js';
import type { Sweep } from '../reconciler.js';

/** Between two rounds that ask Temporal although nothing was changed here. */
const COMPARE_EVERY_MS = 60_000;

/**
 * Makes Temporal have the Schedules of portals as the database has them, and no others: also where the database was
 * restored, Temporal was set up anew, or somebody has removed one. They are few, so all are compared.
 */
export function createPortalSchedulesSweep(
  pool: Pool,
  temporal: PortalSchedulesAtTemporal,
  compareEveryMs = COMPARE_EVERY_MS,
): Sweep {
  let comparedAt = -Infinity;
  return {
    name: 'portalSchedules',
    everyMs: 5000,
    timeoutMs: 45_000,
    async run(signal) {
      const rows = await portalSchedules(pool, MOST_PORTAL_SCHEDULES);
      const isChanged = rows.some(
        ({ wanted, version, appliedVersion, failure }) =>
          // What Temporal has refused is tried again when all are compared.
          appliedVersion !== (wanted ? version : null) && (failure === null || appliedVersion !== null),
      );
      if (!isChanged && performance.now() - comparedAt < compareEveryMs) return 0;
      const there = await temporal.list();
      const wanted = rows.filter((row) => row.wanted);
      const portals = new Set(wanted.map(({ portalId }) => portalId));
      const left = [...there.keys()].filter((portalId) => !portals.has(portalId));
      const ended = await eachAlone(whileTime(left, signal), 'Schedule', async (portalId) => {
        await temporal.remove(portalId);
        return 1;
      });
      const others = rows.filter((row) => !row.wanted && row.appliedVersion !== null);
      const noted = await eachAlone(whileTime(others, signal), 'Schedule', async (row) => {
        await noteAtTemporal(pool, row, { appliedVersion: null, nextAt: null, failure: null });
        return 0;
      });
      const made = await eachAlone(whileTime(wanted, signal), 'Schedule', (row) =>
        apply(pool, temporal, row, there.get(row.portalId)),
      );
      throwFirst(ended, noted, made);
      if (!signal.aborted) comparedAt = performance.now();
      return ended.did + made.did;
    },
  };
}

/** Returns how many Schedules it made. */
async function apply(
  pool: Pool,
  temporal: PortalSchedulesAtTemporal,
  row: PortalSchedule,
  there: ScheduleAtTemporal | undefined,
): Promise<number> {
  // The workspace, too: a portal that another one holds since is read for that one.
  const note = `${row.workspaceId} ${timesInWords(row.times)}`;
  if (there?.note !== note) {
    try {
      await temporal.put(row, row.times, note);
    } catch (error) {
      if (!(error instanceof ScheduleRefused)) throw error;
      if (row.failure !== error.message)
        await noteAtTemporal(pool, row, { appliedVersion: null, nextAt: null, failure: error.message });
      return 0;
    }
    await noteAtTemporal(pool, row, { appliedVersion: row.version, nextAt: null, failure: null });
    return 1;
  }
  const failure =
    there.paused === undefined ? null : `It is paused at Temporal${there.paused && `: ${there.paused}`}`;
  const nextAt = there.nextAt ?? null;
  const isNoted =
    row.appliedVersion === row.version &&
    row.failure === failure &&
    row.nextAt?.getTime() === nextAt?.getTime();
  if (!isNoted) await noteAtTemporal(pool, row, { appliedVersion: row.version, nextAt, failure });
  return 0;
}

function* whileTime<T>(items: Iterable<T>, signal: AbortSignal): Iterable<T> {
  for (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}
