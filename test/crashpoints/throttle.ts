import { completedOf, oneLane } from '../faults/fault.js';
import { judge, seenByHubSpot, type Verdict } from '../faults/oracle.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';

/** Two windows, of which the second is beyond the horizon: the workflow waits for it by itself. */
const COUNT = 8;
const RATE = { limit: 5, intervalMs: 3000 };
/** Longer than a call of completions and its booking take. */
const BOOKED_WITHIN_MS = 10_000;
const STARTED_WITHIN_MS = 20_000;

interface Variation {
  readonly count?: number;
  /** Before HubSpot calls. */
  before?(stack: Stack, flow: Flow): Promise<unknown>;
  /** When it has called. */
  then?(stack: Stack, flow: Flow): Promise<unknown>;
}

/** A portal with one throttled step, through which executions pass. */
function released({ count = COUNT, before, then }: Variation = {}): Load['prepare'] {
  return async (stack) => {
    const flow = await oneLane(stack, RATE);
    return {
      async begin() {
        await before?.(stack, flow);
        await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count });
        await then?.(stack, flow);
      },
      ended: async () => (await completedOf(stack, flow)) >= count,
      judge: (deathsMs) => judgeFlow(stack, flow, deathsMs),
    };
  };
}

/** HubSpot's answer to the first completion of the portal. */
const answeredOnce =
  (status: number) =>
  (stack: Stack, { portalId }: Flow) =>
    stack.sandbox.fault({ target: 'callbacks', portalId, kind: 'status', status, count: 1 });

/** Somebody cancels in Temporal what waits there. */
async function cancelWorkflows(stack: Stack, { portalId }: Flow): Promise<void> {
  const { rows } = await until(
    'every execution has a workflow',
    async () => {
      const found = await stack.pool.query<{ id: string }>(
        `SELECT workflow_id AS id FROM packs WHERE portal_id = $1 AND started_at IS NOT NULL
            AND (SELECT count(*) FROM executions WHERE portal_id = $1 AND pack_id IS NOT NULL) = $2`,
        [portalId, COUNT],
      );
      return found.rows.length > 0 && found;
    },
    STARTED_WITHIN_MS,
  );
  for (const { id } of rows) await stack.temporal.workflow.getHandle(id).cancel();
}

/** As the judge of faults does; a completion may be repeated if its process died between its answer and the booking. */
async function judgeFlow(stack: Stack, flow: Flow, deathsMs: readonly number[]): Promise<Verdict> {
  const { rows } = await stack.pool.query<{ id: string }>(
    'SELECT callback_id AS id FROM execution_keys WHERE portal_id = $1',
    [flow.portalId],
  );
  const seen = await seenByHubSpot(
    stack,
    rows.map(({ id }) => id),
  );
  const ambiguous = [...seen.values()].filter(({ completedMs, repeatedMs }) =>
    deathsMs.some(
      (at) =>
        at >= (completedMs ?? Infinity) && at - completedMs! < BOOKED_WITHIN_MS && at < (repeatedMs ?? 0),
    ),
  ).length;
  return judge(stack, { windows: [{ flow, ...RATE }], ambiguous });
}

export const throttle: CrashRoom = {
  name: 'throttle',
  loads: [
    {
      name: 'executions are taken in',
      process: 'api',
      reaches: [
        'throttle.intake.committed',
        'throttle.starter.pack-taken',
        'throttle.starter.workflow-started',
      ],
      prepare: released(),
    },
    {
      name: 'executions are released',
      process: 'worker',
      reaches: [
        'throttle.release.claimed',
        'throttle.release.admitted',
        'throttle.release.answered',
        'throttle.release.settled',
        'throttle.release.put-off',
      ],
      prepare: released(),
    },
    {
      name: 'a workflow has nothing left to release',
      process: 'worker',
      reaches: ['throttle.release.finished'],
      prepare: released({ count: RATE.limit }),
    },
    {
      name: 'HubSpot refuses a batch (400)',
      process: 'worker',
      reaches: ['throttle.release.batch-refused'],
      prepare: released({ before: answeredOnce(400) }),
    },
    {
      name: 'HubSpot does not find a batch (404)',
      process: 'worker',
      reaches: ['throttle.release.asked-alone'],
      prepare: released({ before: answeredOnce(404) }),
    },
    {
      name: 'HubSpot has locked the portal (423)',
      process: 'worker',
      reaches: ['throttle.release.suspended'],
      prepare: released({ before: answeredOnce(423) }),
    },
    {
      name: 'the workflows are cancelled',
      process: 'worker',
      reaches: ['throttle.release.cancelled'],
      prepare: released({ then: cancelWorkflows }),
    },
  ],
};
