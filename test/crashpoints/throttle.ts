import { completedOf, oneLane } from '../faults/fault.js';
import { until, type Flow, type Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { judgeFlow } from './judgeFlow.js';

/** Two windows, of which the second is beyond the horizon: the workflow waits for it by itself. */
const COUNT = 8;
const RATE = { limit: 5, intervalMs: 3000 };
const ONE_PER_HOUR = { limit: 1, intervalMs: 3_600_000 };
const RAISED = { limit: COUNT, intervalMs: 2000 };
const STARTED_WITHIN_MS = 60_000;

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
      judge: (deathsMs) => judgeFlow(stack, { flow, ...RATE }, deathsMs),
    };
  };
}

/**
 * Executions that wait for hours behind a full window, until something is done: then all of them end. What is asked of
 * an API that dies is not asked again.
 */
function waiting(then: (stack: Stack, flow: Flow) => Promise<unknown>): Load['prepare'] {
  return async (stack) => {
    const flow = await oneLane(stack, ONE_PER_HOUR);
    const { portalId, workflowId } = flow;
    await stack.sandbox.enrol(portalId, workflowId, { count: COUNT });
    await until(
      'all but the first wait',
      async () => {
        const [lane] = await stack.api.lanes(portalId);
        return lane?.waiting === COUNT - 1 && lane.sending === 0;
      },
      STARTED_WITHIN_MS,
    );
    return {
      begin: () => then(stack, flow).then(nothing, nothing),
      ended: async () => (await completedOf(stack, flow)) >= COUNT,
      judge: (deathsMs) => judgeFlow(stack, { flow, limit: COUNT, intervalMs: RAISED.intervalMs }, deathsMs),
    };
  };
}

const nothing = (): void => undefined;

async function raise(stack: Stack, portalId: number): Promise<void> {
  const [lane] = await stack.api.lanes(portalId);
  await stack.api.changeLane(lane?.id ?? '', { rate: RAISED });
}

/** The API dies between the commit of executions and the start of their workflows. */
async function intakeDies(stack: Stack): Promise<void> {
  const [api] = stack.apis;
  await api?.restart({ signal: 'SIGKILL', env: { CRASH_POINT: 'throttle.intake.committed' } });
}

async function intakeIsBack(stack: Stack): Promise<void> {
  const [api] = stack.apis;
  await api?.exited;
  await api?.restart({ env: { CRASH_POINT: '' } });
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
      name: 'the process that took executions in has died',
      process: 'worker',
      reaches: ['throttle.sweep.pack-taken', 'throttle.sweep.workflow-started'],
      prepare: released({ before: intakeDies, then: intakeIsBack }),
    },
    {
      name: 'the rate of a lane is changed',
      process: 'api',
      reaches: ['throttle.control.committed', 'throttle.replan.stretch-planned'],
      prepare: waiting((stack, { portalId }) => raise(stack, portalId)),
    },
    {
      name: 'the workflows are cancelled',
      process: 'worker',
      reaches: ['throttle.release.cancelled'],
      prepare: released({ then: cancelWorkflows }),
    },
  ],
};
