import { startStack, until, type Flow, type Stack, type StackOptions } from '../support/stack.js';
import type { Rate } from '../support/apiClient.js';
import { seededRandom } from '../../sandbox/platform/random.js';
import { judge, type Expectations, type Figures, type Verdict } from './oracle.js';

export interface Fault {
  /** As in the catalogue of faults. */
  readonly id: string;
  /** What else a person may name it by: faults of the catalogue that it contains, where no fault has that id. */
  readonly covers?: readonly string[];
  readonly title: string;
  run(scene: Scene): Promise<Verdict>;
}

/** What a fault plays with. */
export interface Scene {
  readonly random: () => number;
  say(words: string): void;
  /** A stack of the fault's own, ended with it. */
  stack(options?: StackOptions): Promise<Stack>;
  /** What else is to be ended with it. */
  onEnd(step: () => Promise<void>): void;
}

export interface Outcome extends Verdict {
  readonly ms: number;
  /** Where logs and data are, when they are worth a look. */
  readonly kept: string | undefined;
}

/** Runs one fault in a world of its own. Whatever it throws is a problem like any other. */
export async function runFault(fault: Fault, seed: number, say: (words: string) => void): Promise<Outcome> {
  const from = performance.now();
  const stacks: Stack[] = [];
  const steps: (() => Promise<void>)[] = [];
  let verdict: Verdict;
  try {
    verdict = await fault.run({
      random: seededRandom(seed),
      say: (words) => say(`  ${words}`),
      onEnd: (step) => void steps.push(step),
      async stack(options = {}) {
        const stack = await startStack({
          own: true,
          ...options,
          sandboxEnv: { SANDBOX_SEED: String(seed), ...options.sandboxEnv },
        });
        stacks.push(stack);
        // Calls that could not be taken come again soon, as they would in days.
        await stack.sandbox.settings({ retryBaseMs: 500, retryMaxMs: 2000 });
        return stack;
      },
    });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    verdict = { problems: [words], figures: [] };
  }
  const failed = verdict.problems.length > 0;
  for (const stack of stacks) await stack.stop({ keep: failed });
  for (const step of steps) await step();
  const kept = failed ? stacks.map(({ dir }) => dir).join(' ') : undefined;
  return { ...verdict, ms: performance.now() - from, kept };
}

export function lineOf(
  { id }: Pick<Fault, 'id'>,
  { problems, figures, ms }: Verdict & { readonly ms: number },
): string {
  const words = figures.map(([name, value]) => `${name}=${value}`);
  const verdict = problems.length === 0 ? 'PASS' : 'FAIL';
  return [
    id,
    verdict,
    ...words,
    `(${(ms / 1000).toFixed(0)} s)`,
    ...problems.map((p) => `\n      ${p}`),
  ].join(' ');
}

/** One portal, one workflow with one throttled step. */
export async function oneLane(stack: Stack, rate: Rate, signature: 'v2' | 'v3' = 'v2'): Promise<Flow> {
  const portalId = await stack.connectPortal();
  return stack.addFlow(portalId, { steps: [{ rate }], signature });
}

/**
 * A lane that holds what comes: it is paused. One execution has gone through it before, since it is a call that makes
 * a lane.
 */
export async function pausedLane(stack: Stack, rate: Rate): Promise<{ flow: Flow; laneId: string }> {
  const flow = await oneLane(stack, rate);
  await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: 1 });
  await untilCompleted(stack, flow, 1, 30_000);
  const laneId = (await stack.api.lanes(flow.portalId))[0]?.id;
  if (laneId === undefined) throw new Error(`Portal ${flow.portalId} has no lane`);
  await stack.api.changeLane(laneId, { paused: true });
  return { flow, laneId };
}

/**
 * Those that HubSpot has back: by a callback, or by the answer to a repeated call. (A commit whose news got lost is
 * released in time, but HubSpot does not know yet that it waits; it learns the end when it calls again.)
 */
export async function completedOf(stack: Stack, { workflowId }: Flow): Promise<number> {
  const { totals } = await stack.sandbox.report({ workflowId });
  return totals.completed + totals.answeredAtOnce;
}

export async function untilCompleted(
  stack: Stack,
  flow: Flow,
  count: number,
  deadlineMs: number,
): Promise<void> {
  await until(
    `${count} executions of workflow ${flow.workflowId} have completed`,
    async () => (await completedOf(stack, flow)) >= count,
    deadlineMs,
    200,
  );
}

export async function untilWaiting(stack: Stack, count: number, deadlineMs: number): Promise<void> {
  await until(
    `${count} executions wait`,
    async () => {
      const { rows } = await stack.pool.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM executions',
      );
      return (rows[0]?.count ?? 0) >= count;
    },
    deadlineMs,
  );
}

/** Counts the seconds from a fault to the next sign of life at HubSpot, on HubSpot's clock. */
export async function stopwatch(
  stack: Stack,
): Promise<{ nextCallback(deadlineMs: number): Promise<number> }> {
  const { nowMs, requests } = await stack.sandbox.health();
  return {
    async nextCallback(deadlineMs) {
      const first = await until(
        'a completion reaches HubSpot again',
        async () => {
          const { items } = await stack.sandbox.requests({ after: requests - 1, limit: 10_000 });
          return items.find(({ status, atMs, foreign }) => status === 204 && atMs >= nowMs && !foreign);
        },
        deadlineMs,
      );
      return first.atMs - nowMs;
    },
  };
}

export const seconds = (ms: number) => `${(ms / 1000).toFixed(1)}s`;

/** The judge's verdict with a fault's own findings. */
export async function verdictOf(
  stack: Stack,
  expectations: Expectations,
  own: { problems?: readonly string[]; figures?: Figures } = {},
): Promise<Verdict> {
  const { problems, figures } = await judge(stack, expectations);
  return { problems: [...problems, ...(own.problems ?? [])], figures: [...figures, ...(own.figures ?? [])] };
}
