import { PASSES } from '../../domain/sync/passes.js';
import type { HealthCheck } from '../../platform/health.js';
import { scheduleCheck } from '../checks.js';
import type { ScheduledWorkflow, TemporalConnection } from '../connection.js';
import { PASS_WORKFLOW, SYNC_QUEUE } from './contract.js';

const LOOK_EVERY_MS = 30_000;

/** One for each pass: seen, paused and started by hand in the UI of Temporal as `sluice-sync-<pass>`. */
export const SYNC_SCHEDULES: readonly ScheduledWorkflow[] = PASSES.map((pass) => ({
  scheduleId: `sluice-sync-${pass}`,
  everyMs: LOOK_EVERY_MS,
  workflow: PASS_WORKFLOW,
  queue: SYNC_QUEUE,
  workflowId: `sync-${pass}`,
  args: [pass],
  runTimeout: '3m',
  purpose: `Does what is due of the pass "${pass}" over mirrored records (docs/architecture.md#the-mirror)`,
}));

/** Makes the one that is missing, and says which is paused. */
export function schedulesCheck(
  temporal: Pick<TemporalConnection, 'abilities' | 'ensureSchedule'>,
): HealthCheck {
  return async () => {
    for (const schedule of SYNC_SCHEDULES) {
      const lack = 'what it reads into the mirror grows old';
      await scheduleCheck(temporal, { ...schedule, lack }, () => temporal.ensureSchedule(schedule))();
    }
  };
}
