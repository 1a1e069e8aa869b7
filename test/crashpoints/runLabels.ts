import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Verdict } from '../faults/oracle.js';
import { until, type ProcessHandle, type Stack } from '../support/stack.js';
import type { Load, Play } from './crashRoom.js';

/** A label that is to be run, with the load that reaches it. */
export interface Run {
  readonly label: string;
  /** The process dies at this passing of it. */
  readonly hit: number;
  readonly load: Load;
}

export interface LabelResult extends Verdict {
  readonly label: string;
  /** From the beginning of its load to its end. */
  readonly ms: number;
}

/** What is reached is reached by then; and all has ended so long after the last death. */
const REACHED_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 180_000;
const LOOK_EVERY_MS = 500;
const PREPARED_AT_ONCE = 6;
const MAX_DEATHS_BEFORE_READY = 5;

interface UnderWay {
  readonly run: Run;
  readonly play: Play;
  readonly problems: string[];
  readonly beganAt: number;
  endedAt?: number;
  /** Why it could not be seen at the last look whether it has ended: while a process is down that is expected. */
  unseen?: string | undefined;
}

/**
 * Kills a process at each label and starts it again, on a stack that stays up. The load of a label mends itself while
 * the next label has its turn; each has a portal of its own. So a process may die at a label while it mends an earlier
 * load, which has to come through that as well. All are judged when all have come to their end.
 */
export async function runLabels(
  stack: Stack,
  runs: readonly Run[],
  say: (words: string) => void,
): Promise<LabelResult[]> {
  const plays = await prepareAll(stack, runs);
  const underWay: UnderWay[] = [];
  const deathsMs: number[] = [];
  const watch = watchEnds(underWay);
  try {
    for (const [kind, process] of [
      ['api', stack.apis[0]],
      ['worker', stack.workers[0]],
    ] as const) {
      const own = runs.filter(({ load }) => load.process === kind);
      if (!process || own.length === 0) continue;
      for (const run of own) {
        const from = performance.now();
        const begun = { run, play: plays.get(run)!, problems: [], beganAt: from };
        underWay.push(begun);
        const its: ProcessHandle = begun.play.process ?? process;
        // What others have left is mended by the stack's own, whatever dies here.
        if (its !== process && !process.alive) await startAgain(process, '');
        await runLabel(its, begun);
        deathsMs.push((await stack.sandbox.health()).nowMs);
        const words = begun.problems.length === 0 ? 'killed at' : 'went wrong:';
        const took = ((performance.now() - from) / 1000).toFixed(1);
        say(`  ${underWay.length} of ${runs.length}: ${words} ${run.label} (${took} s)`);
      }
      await startAgain(process, '');
    }
    await watch.allEnded();
  } finally {
    watch.stop();
  }
  const results: LabelResult[] = [];
  for (const { run, play, problems, beganAt, endedAt, unseen } of underWay) {
    const verdict = await judged(play, deathsMs);
    const ms = (endedAt ?? performance.now()) - beganAt;
    if (endedAt === undefined)
      problems.push(
        `not all of it has ended ${ENDS_WITHIN_MS / 1000} s after the last death${unseen ? ` (${unseen})` : ''}`,
      );
    results.push({ ...verdict, problems: [...problems, ...verdict.problems], label: run.label, ms });
  }
  return results;
}

async function prepareAll(stack: Stack, runs: readonly Run[]): Promise<Map<Run, Play>> {
  const plays = new Map<Run, Play>();
  const left = [...runs];
  const prepareNext = async (): Promise<void> => {
    for (let run = left.pop(); run; run = left.pop()) plays.set(run, await run.load.prepare(stack));
  };
  await Promise.all(Array.from({ length: PREPARED_AT_ONCE }, prepareNext));
  return plays;
}

async function runLabel(process: ProcessHandle, { run, play, problems }: UnderWay): Promise<void> {
  try {
    if (!(await killAt(process, run, play)))
      problems.push(`not reached by "${run.load.name}" within ${REACHED_WITHIN_MS / 1000} s`);
    await play.afterDeath?.();
  } catch (error) {
    problems.push(wordsOf(error));
  }
}

/** Lets the process run into its label. Returns whether it died there. */
async function killAt(process: ProcessHandle, run: Run, play: Play): Promise<boolean> {
  const size = existsSync(process.log) ? statSync(process.log).size : 0;
  const arming = `${run.label}:${run.hit}`;
  if (run.load.process === 'worker') {
    if (process.alive) await process.kill();
    await play.begin();
    process.start({ CRASH_POINT: arming });
  } else {
    for (let deaths = 0; ; deaths += 1) {
      try {
        await startAgain(process, arming);
        break;
      } catch (error) {
        // HubSpot repeats calls of earlier loads, and one of them was the first to come by.
        if (process.alive || deaths >= MAX_DEATHS_BEFORE_READY) throw error;
      }
    }
    await play.begin();
  }
  const late = setTimeout(() => process.signal('SIGKILL'), REACHED_WITHIN_MS);
  await process.exited;
  clearTimeout(late);
  return readFileSync(process.log).subarray(size).toString('utf8').includes(`{"crashPoint":"${run.label}"`);
}

async function startAgain(process: ProcessHandle, arming: string): Promise<void> {
  await process.restart({ signal: 'SIGKILL', env: { CRASH_POINT: arming } });
}

/** Notes when each load has come to its end, while others are still to begin. */
function watchEnds(underWay: readonly UnderWay[]) {
  let looking = Promise.resolve();
  const look = async (): Promise<void> => {
    for (const one of underWay) {
      if (one.endedAt !== undefined) continue;
      try {
        if (await one.play.ended()) one.endedAt = performance.now();
        one.unseen = undefined;
      } catch (error) {
        one.unseen = wordsOf(error);
      }
    }
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_EVERY_MS);
  return {
    /** Resolves when all have, or their time is over: what has not ended is said with its label. */
    async allEnded() {
      const over = performance.now() + ENDS_WITHIN_MS;
      const isOver = () => performance.now() > over || underWay.every(({ endedAt }) => endedAt !== undefined);
      await until('the loads have come to their end, or their time is over', isOver, 2 * ENDS_WITHIN_MS);
    },
    stop: () => clearInterval(timer),
  };
}

async function judged(play: Play, deathsMs: readonly number[]): Promise<Verdict> {
  try {
    return await play.judge(deathsMs);
  } catch (error) {
    return { problems: [wordsOf(error)], figures: [] };
  }
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
