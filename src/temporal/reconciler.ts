import type { TemporalConnection } from './connection.js';
import type { TaskQueue } from './taskQueues.js';

/**
 * The reconciler does what a process that died has left undone. Its workflow type, schedule and ids keep the name of
 * its first release, `relay`: schedules and histories in production bear it.
 */
export const RECONCILER_WORKFLOW = 'relay';
export const RECONCILER_SCHEDULE_ID = 'sluice-relay';
export const RECONCILER_QUEUE: TaskQueue = 'upkeep';

/** Makes the schedule of the reconciler, every `everyMs`, or leaves it as it is. */
export function ensureReconciler(
  temporal: Pick<TemporalConnection, 'ensureSchedule'>,
  everyMs: number,
): Promise<void> {
  return temporal.ensureSchedule({
    scheduleId: RECONCILER_SCHEDULE_ID,
    everyMs,
    workflow: RECONCILER_WORKFLOW,
    queue: RECONCILER_QUEUE,
    workflowId: 'relay',
    runTimeout: '2m',
    purpose: 'Starts and wakes what a process that died has left',
  });
}
