import { proxyActivities } from '@temporalio/workflow';

/** The activity `sweep` of src/worker/reconciler.ts: what each sweep of a round did, by its name. */
interface ReconcilerActivities {
  sweep(): Promise<Readonly<Record<string, number>>>;
}

const { sweep } = proxyActivities<ReconcilerActivities>({
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '10 seconds', // the schedule skips its rounds until a worker that died is noticed
  retry: { maximumAttempts: 1 }, // the schedule comes again in a few seconds
});

/**
 * Run by a schedule: starts what was committed and never started, wakes what sleeps past its new time, removes what
 * nothing can need any more. What a process that died has left undone is done here.
 */
export async function reconciler(): Promise<Readonly<Record<string, number>>> {
  return sweep.executeWithOptions({ summary: "Runs the rooms' sweeps" }, []);
}
