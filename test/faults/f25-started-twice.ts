import { createThrottleStarter, type PackStart } from '../../src/temporal/throttle/starter.js';
import { createOutboxStarter } from '../../src/temporal/outbox/starter.js';
import { connectTemporal } from '../../src/temporal/connection.js';
import { loadConfig } from '../../src/platform/config/config.js';
import { until, type Stack } from '../support/stack.js';
import { pausedLane, untilCompleted, untilWaiting, verdictOf, type Fault } from './fault.js';
import { workflowRuns } from './workflowRuns.js';

const RATE = { limit: 100, intervalMs: 2000 };
const COUNT = 600;
const TIMES = 20;
const PER_WORKFLOW = 20;

export const startedTwice: Fault = {
  id: 'F25',
  title: `workflows are started ${TIMES} times at once while they run, by several processes, and again when they have ended`,
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack({
      workers: 2,
      apis: 2,
      env: { THROTTLE_MAX_PER_WORKFLOW: String(PER_WORKFLOW), HUBSPOT_SEND_LIVE: 'true' },
    });
    const config = loadConfig(stack.env);
    const temporal = connectTemporal(config);
    onEnd(() => temporal.close());
    const starter = createThrottleStarter(temporal, config);
    const { flow, laneId } = await pausedLane(stack, RATE);
    const { portalId } = flow;
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: COUNT });
    await untilWaiting(stack, COUNT, 30_000);
    await until('all ride in a workflow', async () => (await unstarted(stack)) === 0, 30_000);
    const open = await packsOf(stack, portalId, 'done_at IS NULL');

    // As if the news of each start had been lost: whoever looks starts them again, and so do we.
    await stack.pool.query(
      `UPDATE packs SET started_at = NULL, created_at = created_at - interval '1 minute' WHERE done_at IS NULL`,
    );
    await startEach(open);
    await until('the reconciler has started them again', async () => (await unstarted(stack)) === 0, 30_000);
    const running = await workflowRuns(stack, `WorkflowType = 'throttle' AND ExecutionStatus = 'Running'`);
    const problems: string[] = [];
    if (running.length !== open.length)
      problems.push(`${running.length} workflows run for ${open.length} packs`);

    await stack.api.changeLane(laneId, { paused: false });
    await untilCompleted(stack, flow, COUNT + 1, 60_000);
    await until(
      'all packs are done',
      async () => (await packsOf(stack, portalId, 'done_at IS NULL')).length === 0,
      30_000,
    );
    // A start that comes when everything is over: a new run that finds nothing to do.
    const over = await packsOf(stack, portalId, 'done_at IS NOT NULL');
    await startEach(over);
    const outbox = createOutboxStarter(temporal);
    const workspaceId = over[0]!.workspaceId;
    await Promise.all(Array.from({ length: TIMES }, () => outbox.startDelivery({ workspaceId, portalId })));
    await until(
      'the runs that were too many have ended',
      async () =>
        (
          await workflowRuns(
            stack,
            `WorkflowType IN ('throttle', 'outboxDelivery') AND ExecutionStatus = 'Running'`,
          )
        ).length === 0,
      30_000,
    );
    const runs = await workflowRuns(stack, `WorkflowType = 'throttle'`);
    const failed = runs.filter(({ status }) => status !== 'COMPLETED');
    if (failed.length > 0) problems.push(`${failed.length} runs ended as ${failed[0]!.status}`);
    say(`${open.length} packs, ${(open.length + over.length) * TIMES} starts, ${runs.length} runs`);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems,
        figures: [
          ['packs', over.length],
          ['starts', (open.length + over.length) * TIMES],
          ['runs', runs.length],
        ],
      },
    );

    /** Each so often at once. A start that Temporal has no time for comes again, as those of the reconciler do. */
    async function startEach(packs: readonly PackStart[]): Promise<void> {
      for (const pack of packs) {
        const start = () => until('it is started', () => starter.startPack(pack).then(() => true), 30_000);
        await Promise.all(Array.from({ length: TIMES }, start));
      }
    }
  },
};

async function unstarted(stack: Stack): Promise<number> {
  const { rows } = await stack.pool.query<{ count: number }>(
    `SELECT ((SELECT count(*) FROM packs WHERE started_at IS NULL)
           + (SELECT count(*) FROM executions WHERE pack_id IS NULL))::int AS count`,
  );
  return rows[0]!.count;
}

async function packsOf(stack: Stack, portalId: number, which: string): Promise<PackStart[]> {
  const { rows } = await stack.pool.query<PackStart>(
    `SELECT workspace_id AS "workspaceId", id AS "packId", portal_id::float8 AS "portalId", lane_id AS "laneId", size,
            0 AS "dueInMs", workflow_id AS "workflowId", head_callback_id AS "headCallbackId"
       FROM packs WHERE portal_id = $1 AND ${which}`,
    [portalId],
  );
  return rows;
}
