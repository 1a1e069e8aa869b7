import { PASSES, type PassName } from '../../domain/sync/passes.js';
import type { HealthCheck } from '../../platform/health.js';
import { scheduleCheck } from '../checks.js';
import type { ScheduledWorkflow, TemporalConnection } from '../connection.js';
import { DISPATCH_QUEUE, DISPATCH_WORKFLOW, PASS_WORKFLOW } from './contract.js';

const DISPATCH_EVERY_MS = 10_000;
export const LOOK_EVERY_MS = 30_000;

export const passScheduleId = (pass: PassName): string => `sluice-sync-${pass}`;

/** Seen, paused and started by hand in the UI of Temporal: the dispatch, and one for each pass. */
export const SYNC_SCHEDULES: readonly ScheduledWorkflow[] = [
  {
    scheduleId: 'sluice-sync-dispatch',
    everyMs: DISPATCH_EVERY_MS,
    workflow: DISPATCH_WORKFLOW,
    queue: DISPATCH_QUEUE,
    workflowId: 'sync-dispatch',
    runTimeout: '2m',
    purpose:
      'Looks at mirrored types that are due, and starts what has changed (docs/architecture.md#the-mirror)',
  },
  ...PASSES.map((pass) => ({
    scheduleId: passScheduleId(pass),
    everyMs: LOOK_EVERY_MS,
    workflow: PASS_WORKFLOW,
    queue: DISPATCH_QUEUE,
    workflowId: `sync-${pass}`,
    args: [pass],
    runTimeout: '3m' as const,
    purpose: `Does what is due of the pass "${pass}" over mirrored records (docs/architecture.md#the-mirror)`,
  })),
];

/** Says which is paused, and makes the one that is missing, where it is given what makes it. */
export function schedulesCheck(
  temporal: Pick<TemporalConnection, 'abilities'> & Partial<Pick<TemporalConnection, 'ensureSchedule'>>,
): HealthCheck {
  const { ensureSchedule } = temporal;
  return async () => {
    for (const schedule of SYNC_SCHEDULES) {
      const lack = 'what it reads into the mirror grows old';
      const remake = ensureSchedule && (() => ensureSchedule(schedule));
      await scheduleCheck(temporal, { ...schedule, lack }, remake)();
    }
  };
}
