import type { PortalHook } from '../activities/portals/portalHooks.js';
import type { Check } from '../platform/health.js';
import type { Running } from '../platform/lifecycle.js';
import type { Retentions } from '../db/retention.js';
import type { ScheduledWorkflow } from '../temporal/connection.js';
import type { TaskQueue } from '../temporal/taskQueues.js';
import type { Sweep } from './reconciler.js';

/**
 * What a room hands over to the worker. A room is made once per process, from the core and what it needs of other
 * rooms.
 */
export interface WorkerRoom extends Running {
  /** By the task queue that its contract names. A name that two rooms give refuses the start. */
  readonly activities?: Partial<Record<TaskQueue, object>>;
  /** What it needs beyond what all rooms need. */
  readonly checks?: readonly Check[];
  /** What Temporal starts for the room again and again. */
  readonly schedules?: readonly ScheduledWorkflow[];
  /** What the reconciler does for the room. */
  readonly sweeps?: readonly Sweep[];
  /** Its tables, and how long their rows stay. */
  readonly tables?: Retentions;
  /** What the room does when a portal comes back, is being disconnected, or has gone. */
  readonly portal?: PortalHook;
}
