import type { TaskQueue } from '../taskQueues.js';

/** The workflow that carries a pack of executions from their commit to their terminal states. */
export const THROTTLE_WORKFLOW = 'throttle';
export const THROTTLE_QUEUE: TaskQueue = 'releases';

/** Something changed for the pack: a new plan, a cancellation. The workflow looks at once. */
export const NUDGE_SIGNAL = 'nudge';

/*
 * The workflow's id is made with the pack's row (migrations/functions/throttle/take_pack.sql):
 * `throttle/<portalId>/<callbackId of its first execution>`.
 */

export interface ThrottleInput {
  readonly workspaceId: string;
  readonly packId: string;
  readonly portalId: number;
  readonly laneId: string;
  readonly size: number;
  /** Until the first execution is due by the plan, from the start. */
  readonly dueInMs: number;
  /**
   * So long before its moment an execution is taken in hand: the workflow's timers ring early by this much, and the
   * activity waits for the moment of each release. Both take it from here, so that they agree whatever
   * THROTTLE_HORIZON_MS says by then.
   */
  readonly horizonMs?: number;
}

/** The horizon of workflows that were started before their input named one. */
export const DEFAULT_HORIZON_MS = 2000;

/** How many executions ended in which state, as far as this workflow's own activities saw it. */
export type ThrottleResult = Readonly<Record<string, number>>;
