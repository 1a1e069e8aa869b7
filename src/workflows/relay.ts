import { proxyActivities } from '@temporalio/workflow';
import type { RelayActivities, Swept } from '../activities/throttle/relayActivities.js';

const { sweep } = proxyActivities<RelayActivities>({
  startToCloseTimeout: '60 seconds',
  retry: { maximumAttempts: 1 }, // the schedule comes again in a few seconds
});

/**
 * Run by a schedule: starts what was committed and never started, wakes what sleeps past its new time, removes what
 * nothing can need any more. What a process that died has left undone is done here.
 */
export async function relay(): Promise<Swept> {
  return sweep.executeWithOptions({ summary: 'Starts strays, wakes late sleepers, tidies' }, []);
}
