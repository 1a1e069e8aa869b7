import type { PortalTimes } from '../../domain/sync/portalSchedule.js';
import type { ScheduleAtTemporal, TemporalConnection } from '../connection.js';
import { DISPATCH_QUEUE, PORTAL_WORKFLOW } from './contract.js';

const PREFIX = 'sluice-sync-portal-';

/** A read that was missed, Temporal or all workers being away, is made up for so long after its time. */
const CATCH_UP_MS = 24 * 3_600_000;

export const portalScheduleId = (portalId: number): string => `${PREFIX}${portalId}`;

/** The Schedules of portals that have one of their own, at Temporal. */
export interface PortalSchedulesAtTemporal {
  /** Those that are there, by portal. */
  list(): Promise<ReadonlyMap<number, ScheduleAtTemporal>>;
  /** Makes it; one that is there is replaced. `note`: what tells it from one with other times. */
  put(
    portal: { readonly workspaceId: string; readonly portalId: number },
    times: PortalTimes,
    note: string,
  ): Promise<void>;
  remove(portalId: number): Promise<void>;
}

export function createPortalSchedules(
  temporal: Pick<TemporalConnection, 'schedulesNamed' | 'replaceSchedule' | 'removeSchedule'>,
): PortalSchedulesAtTemporal {
  return {
    async list() {
      const found = new Map<number, ScheduleAtTemporal>();
      for (const [id, one] of await temporal.schedulesNamed(PREFIX, DISPATCH_QUEUE)) {
        const portalId = Number(id.slice(PREFIX.length));
        if (Number.isSafeInteger(portalId)) found.set(portalId, one);
      }
      return found;
    },

    put: ({ workspaceId, portalId }, { intervalMs, calendar, timeZone }, note) =>
      temporal.replaceSchedule({
        scheduleId: portalScheduleId(portalId),
        spec: intervalMs === null ? { cron: calendar, timeZone } : { everyMs: intervalMs },
        workflow: PORTAL_WORKFLOW,
        queue: DISPATCH_QUEUE,
        workflowId: `sync-portal-${portalId}`,
        args: [{ workspaceId, portalId }],
        runTimeout: '1h', // while no worker is there, one read waits for it
        catchUpMs: CATCH_UP_MS,
        purpose: `Reads what has changed in portal ${portalId}, which has a Schedule of its own (docs/architecture.md#the-mirror)`,
        note,
      }),

    remove: (portalId) => temporal.removeSchedule(portalScheduleId(portalId)),
  };
}
