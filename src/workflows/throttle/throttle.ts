import {
  condition,
  CancellationScope,
  defineSignal,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
  continueAsNew,
} from '@temporalio/workflow';
import type { ThrottleActivities } from '../../activities/throttle/throttleActivities.js';
import { describeWait } from '../../domain/duration.js';
import { searchAttributes } from '../../temporal/searchAttributes.js';
import {
  DEFAULT_HORIZON_MS,
  NUDGE_SIGNAL,
  type ThrottleInput,
  type ThrottleResult,
} from '../../temporal/throttle/contract.js';

const HISTORY_LIMIT = 2000;

export const nudge = defineSignal(NUDGE_SIGNAL);

const { releaseExecutions } = proxyActivities<ThrottleActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '10 seconds' },
});
const { cancelExecutions } = proxyActivities<ThrottleActivities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '10 seconds' },
});

/** Carries the executions of one pack from their commit to their terminal states. */
export async function throttle(input: ThrottleInput): Promise<ThrottleResult> {
  let nudged = false;
  setHandler(nudge, () => void (nudged = true));
  const ended: Record<string, number> = {};
  const { workspaceId, packId, horizonMs = DEFAULT_HORIZON_MS } = input;
  const pack = { workspaceId, packId, horizonMs };

  try {
    let waitMs: number | null = input.dueInMs - horizonMs;
    for (;;) {
      await turn(waitMs);
      nudged = false;
      waitMs = await release();
      if (waitMs === 0) break;
      // The next run looks at once: a nudge that came while this one looked, or for which it had no room, is not lost.
      if (workflowInfo().historyLength > HISTORY_LIMIT)
        await continueAsNew<typeof throttle>({ ...input, dueInMs: 0 });
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    await CancellationScope.nonCancellable(endAsCancelled);
    throw error;
  }
  upsertSearchAttributes([{ key: searchAttributes.executionState, value: stateOf(ended) }]);
  return ended;

  /** Waits until it is nearly time, or until something changed. Null: until something changed. */
  async function turn(ms: number | null): Promise<void> {
    if (ms === null) await condition(() => nudged);
    else if (ms > 0)
      await condition(() => nudged, ms, {
        summary: `Waits ${describeWait(ms)} for its turn in lane ${input.laneId}`,
      });
  }

  /**
   * Releases what is due. Returns how long to wait for the rest: 0 when nothing is left, null when only a change can
   * help.
   */
  async function release(): Promise<number | null> {
    const progress = await releaseExecutions.executeWithOptions(
      { summary: `Completes what is due of ${input.size} in lane ${input.laneId}` },
      [pack],
    );
    for (const [state, count] of Object.entries(progress.ended)) ended[state] = (ended[state] ?? 0) + count;
    if (progress.remaining === 0) return 0;
    return progress.nextInMs === null ? null : Math.max(1, progress.nextInMs - horizonMs);
  }

  async function endAsCancelled(): Promise<void> {
    log.info('Cancelled: the executions that are left are completed with FAIL_CONTINUE');
    await cancelExecutions(pack);
    for (;;) {
      nudged = false;
      const waitMs = await release();
      if (waitMs === 0) break;
      // HubSpot cannot be asked now. Earlier code waited only where there was no end of it to be seen.
      if (waitMs === null || patched('waits-when-cancelled')) await turn(waitMs);
    }
    upsertSearchAttributes([{ key: searchAttributes.executionState, value: 'cancelled' }]);
  }
}

function stateOf(ended: Record<string, number>): string {
  const states = Object.keys(ended);
  return states.length > 1 ? 'mixed' : (states[0] ?? 'ended');
}
