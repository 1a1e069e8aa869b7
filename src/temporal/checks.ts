import type { Config } from '../platform/config/config.js';
import { Unable, type HealthCheck } from '../platform/health.js';
import type { TemporalConnection } from './connection.js';
import { RECONCILER_SCHEDULE_ID } from './reconciler.js';
import { queueName, TASK_QUEUES } from './taskQueues.js';

type Temporal = Pick<TemporalConnection, 'abilities'>;
type Named = Pick<Config, 'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE'>;

export function namespaceCheck({ abilities }: Temporal, { TEMPORAL_NAMESPACE: name }: Named): HealthCheck {
  return async () => {
    if (!(await abilities.hasNamespace())) throw new Unable(`Temporal has no namespace "${name}"`);
  };
}

/** Without them no workflow can be started: what was taken waits, and nothing says why. */
export function searchAttributesCheck(
  { abilities }: Temporal,
  { TEMPORAL_NAMESPACE: name }: Named,
): HealthCheck {
  return async () => {
    const missing = await abilities.missingSearchAttributes();
    if (missing.length > 0)
      throw new Unable(
        `The namespace "${name}" lacks search attributes of the type Keyword: ${missing.join(', ')}`,
      );
  };
}

export function taskQueuesCheck({ abilities }: Temporal, config: Named): HealthCheck {
  return async () => {
    const names = TASK_QUEUES.map((queue) => queueName(config.TEMPORAL_TASK_QUEUE, queue));
    const polled = await Promise.all(names.map((name) => abilities.isPolled(name)));
    const idle = names.filter((_, n) => !polled[n]);
    if (idle.length > 0) throw new Unable(`No worker asks for tasks of ${idle.join(', ')}`);
  };
}

/** A schedule that is paused or gone leaves behind whatever a process that died has left. */
export const reconcilerCheck = (temporal: Temporal, remake?: () => Promise<void>): HealthCheck =>
  scheduleCheck(
    temporal,
    { scheduleId: RECONCILER_SCHEDULE_ID, lack: 'what a process that died has left is not taken up' },
    remake,
  );

/** `lack`: what does not happen without the schedule. */
export function scheduleCheck(
  { abilities }: Temporal,
  { scheduleId, lack }: { readonly scheduleId: string; readonly lack: string },
  remake?: () => Promise<void>,
): HealthCheck {
  return async () => {
    const { state, note } = await abilities.scheduleState(scheduleId);
    if (state === 'running') return;
    // Somebody deleted it; whoever paused it had a reason.
    if (state === 'missing' && remake) return remake();
    const why = note === undefined || note === '' ? '' : ` ("${note}")`;
    throw new Unable(
      state === 'paused'
        ? `The schedule ${scheduleId} is paused${why}: ${lack}`
        : `There is no schedule ${scheduleId}: ${lack}`,
    );
  };
}
