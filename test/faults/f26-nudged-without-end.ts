import { setTimeout as delay } from 'node:timers/promises';
import { loadConfig } from '../../src/platform/config/config.js';
import { connectTemporal } from '../../src/temporal/connection.js';
import { NUDGE_SIGNAL } from '../../src/temporal/throttle/contract.js';
import { createThrottleStarter, type ThrottleStarter } from '../../src/temporal/throttle/starter.js';
import type { Flow, Stack } from '../support/stack.js';
import { pausedLane, seconds, untilCompleted, untilWaiting, verdictOf, type Fault } from './fault.js';
import { workflowRuns } from './workflowRuns.js';

const RATE = { limit: 100, intervalMs: 2000 };
const COUNT = 50;
/** As many processes that each nudge the same workflow. */
const SENDERS = 16;
const NUDGES = 20_000;
const STORM_MS = 40_000;
/** A change in the middle of the storm takes effect within this. */
const MAX_WAIT_MS = 15_000;
const MAX_EVENTS = 4096;
/** From there on Temporal takes no more signals of a run. */
const MOST_SIGNALS = 10_000;
const AT_ONCE = 100;

export const nudgedWithoutEnd: Fault = {
  id: 'F26',
  title: `${SENDERS} processes nudge one workflow ${NUDGES} times; another has had all the signals that Temporal takes while no worker ran`,
  async run({ stack: createStack, say, onEnd }) {
    const stack = await createStack({ env: { THROTTLE_MAX_PER_WORKFLOW: String(COUNT) } });
    const config = loadConfig(stack.env);
    const senders = Array.from({ length: SENDERS }, () => {
      const temporal = connectTemporal(config);
      onEnd(() => temporal.close());
      return createThrottleStarter(temporal, config);
    });
    const problems: string[] = [];

    const stormy = await sleepingPack(stack);
    const storm = storming(senders, stormy.workflowId);
    await delay(STORM_MS / 2); // the lane is paused: each nudge is in vain, and there are many
    const changedAt = performance.now();
    await stack.api.changeLane(stormy.laneId, { paused: false });
    await untilCompleted(stack, stormy.flow, COUNT + 1, 60_000);
    const waitedMs = performance.now() - changedAt;
    if (waitedMs > MAX_WAIT_MS) problems.push(`A change in the storm took effect after ${seconds(waitedMs)}`);
    const { failed } = await storm;
    if (failed > 0) problems.push(`${failed} nudges failed`);
    const runs = await workflowRuns(stack, `WorkflowId = '${stormy.workflowId}'`);
    const longest = Math.max(...runs.map(({ events }) => events));
    if (longest > MAX_EVENTS) problems.push(`A run has ${longest} events`);
    say(`${NUDGES} nudges: ${runs.length} runs, the longest of ${longest} events`);

    const full = await sleepingPack(stack);
    await stack.workers[0]!.kill();
    const taken = await signalUntilRefused(stack, full.workflowId);
    const refused = await Promise.allSettled(senders.map((one) => one.nudgePack(full.workflowId)));
    const errors = refused.filter(({ status }) => status === 'rejected').length;
    if (errors > 0) problems.push(`${errors} nudges failed since the run had ${taken} signals`);
    await stack.api.changeLane(full.laneId, { paused: false });
    const worker = stack.startWorker();
    const backAt = performance.now();
    await untilCompleted(stack, full.flow, COUNT + 1, 60_000);
    say(
      `${taken} signals were taken; all was completed ${seconds(performance.now() - backAt)} after a worker came`,
    );
    if (!worker.alive) problems.push(`The worker ended over them: ${await worker.exited}`);
    return verdictOf(
      stack,
      { windows: [stormy.flow, full.flow].map((flow) => ({ flow, ...RATE })) },
      {
        problems,
        figures: [
          ['nudges', NUDGES],
          ['runs', runs.length],
          ['longest_run', longest],
          ['change_took', seconds(waitedMs)],
        ],
      },
    );
  },
};

/** A workflow that waits for a nudge: its lane is paused. */
async function sleepingPack(stack: Stack): Promise<{ flow: Flow; laneId: string; workflowId: string }> {
  const { flow, laneId } = await pausedLane(stack, RATE);
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
  await untilWaiting(stack, COUNT, 30_000);
  const { rows } = await stack.pool.query<{ workflowId: string }>(
    `SELECT workflow_id AS "workflowId" FROM packs WHERE lane_id = $1 AND done_at IS NULL ORDER BY size DESC LIMIT 1`,
    [laneId],
  );
  return { flow, laneId, workflowId: rows[0]!.workflowId };
}

/** Each sender asks again and again, and waits for no answer. */
async function storming(
  senders: readonly ThrottleStarter[],
  workflowId: string,
): Promise<{ failed: number }> {
  const answers: Promise<boolean>[] = [];
  const everyMs = (STORM_MS * SENDERS) / NUDGES;
  const from = performance.now();
  for (let n = 0; n < NUDGES / SENDERS; n += 1) {
    for (const sender of senders) {
      const answer = sender.nudgePack(workflowId);
      answer.catch(() => undefined); // counted below
      answers.push(answer);
    }
    await delay(Math.max(0, from + n * everyMs - performance.now()));
  }
  const results = await Promise.allSettled(answers);
  return { failed: results.filter(({ status }) => status === 'rejected').length };
}

/** As somebody else may do it, past our senders. Returns how many Temporal took. */
async function signalUntilRefused(stack: Stack, workflowId: string): Promise<number> {
  const handle = stack.temporal.workflow.getHandle(workflowId);
  for (let taken = 0; taken <= 2 * MOST_SIGNALS;) {
    const answers = await Promise.allSettled(
      Array.from({ length: AT_ONCE }, () => handle.signal(NUDGE_SIGNAL)),
    );
    const more = answers.filter(({ status }) => status === 'fulfilled').length;
    taken += more;
    if (more === 0) return taken;
  }
  throw new Error(`Temporal takes more than ${2 * MOST_SIGNALS} signals of a run: it cannot be filled`);
}
