import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../../sandbox/platform/random.js';
import { startStack, until, type Stack } from '../support/stack.js';
import { pause } from './everySecond.js';
import { SOAK_FAULTS, type FaultScene } from './faults.js';
import { leftOver } from './leftOver.js';
import { watchMemory } from './memory.js';
import { planOf, type Planned } from './plan.js';
import type { RoomLoad, Stage } from './room.js';
import { ROOMS } from './rooms.js';
import { supervise, type Supervisor } from './supervise.js';

export interface SoakResult {
  readonly problems: readonly string[];
  /** One line: what was done, and how it went. */
  readonly figures: string;
  /** Where logs and data are, when they are worth a look. */
  readonly kept: string | undefined;
}

const PROGRESS_EVERY_MS = 10_000;
const SAMPLE_EVERY_MS = 2000;
const INSIST_MS = 120_000;
/** Load that was asked to end, and what people were about to do. */
const LOAD_ENDS_MS = 180_000;

interface Run {
  readonly stack: Stack;
  readonly loads: readonly { readonly name: string; readonly load: RoomLoad }[];
  readonly plan: readonly Planned[];
  readonly totalMs: number;
  say(words: string): void;
}

/** Load on every room, and a fault every five seconds; then quiet, and the judges. */
export async function soak(minutes: number, seed: number, say: (words: string) => void): Promise<SoakResult> {
  const totalMs = minutes * 60_000;
  const stack = await startStack({
    own: true,
    apis: 2,
    workers: 2,
    env: Object.assign({}, ...ROOMS.map(({ env }) => env)) as Record<string, string>,
    sandboxEnv: { SANDBOX_SEED: String(seed) },
  });
  let problems: string[];
  let figures: string[] = [];
  try {
    await stack.sandbox.settings({ retryBaseMs: 500, retryMaxMs: 2000 });
    const loads: { name: string; load: RoomLoad }[] = [];
    for (const [n, room] of ROOMS.entries()) {
      const stage: Stage = { stack, random: seededRandom(seed + 1 + n), insist };
      loads.push({ name: room.name, load: await room.prepare(stage) });
    }
    const plan = planOf(SOAK_FAULTS, seededRandom(seed), totalMs);
    const result = await play({ stack, loads, plan, totalMs, say });
    problems = result.problems;
    figures = result.figures;
  } catch (error) {
    problems = [error instanceof Error ? error.message : String(error)];
  }
  const failed = problems.length > 0;
  await stack.stop({ keep: failed });
  return { problems, figures: figures.join(' '), kept: failed ? stack.dir : undefined };
}

async function play(run: Run): Promise<{ problems: string[]; figures: string[] }> {
  const { stack, loads, totalMs, say } = run;
  const supervisor = supervise([stack.workers[1]!, stack.apis[1]!, stack.workers[0]!, stack.apis[0]!], say);
  const memories = [stack.apis[0]!, stack.workers[0]!].map(watchMemory);
  const end = new AbortController();
  const from = performance.now();
  const sinceMs = () => performance.now() - from;
  const problems: string[] = [];
  const begun: Planned[] = [];

  const loading = loads.map(({ name, load }) =>
    load.load(end.signal).catch((error: unknown) => {
      problems.push(`The load of ${name} ended: ${String(error)}`);
    }),
  );
  const sampling = (async () => {
    while (!end.signal.aborted) {
      for (const memory of memories) memory.sample(sinceMs());
      await pause(SAMPLE_EVERY_MS, end.signal);
    }
  })();
  const telling = (async () => {
    let told = 0;
    while (!end.signal.aborted) {
      await pause(PROGRESS_EVERY_MS, end.signal);
      const kinds = begun.slice(told).map(({ fault }) => fault.kind);
      told = begun.length;
      const rss = memories.map((one) => `${one.name} ${one.latest().toFixed(0)} MiB`).join(', ');
      say(
        `${clock(sinceMs())}  ${await progressOf(loads)}, ${begun.length} faults (${kinds.join(', ')}), ${rss}`,
      );
    }
  })();
  await playFaults(run, sinceMs, begun, problems);
  await delay(Math.max(0, totalMs - sinceMs()));
  end.abort();
  await withEnd('the load has ended', Promise.all(loading), LOAD_ENDS_MS, problems);
  await Promise.all([sampling, telling]);

  say(`${clock(sinceMs())}  load and faults are over; ${await progressOf(loads)}`);
  await stack.sandbox.endFaults();
  await supervisor.stop();
  problems.push(...(await settle(run)));
  const quietAfterMs = sinceMs() - totalMs;
  return judgeAll(run, {
    problems,
    begun,
    supervisor,
    quietAfterMs,
    memories: memories.map((one) => one.judge(totalMs)),
    names: memories.map(({ name }) => name),
  });
}

/** Each at its time; those on one thing one after the other. Resolves when the last one is over. */
async function playFaults(
  run: Run,
  sinceMs: () => number,
  begun: Planned[],
  problems: string[],
): Promise<void> {
  const { stack, plan, loads } = run;
  const scene: FaultScene = {
    stack,
    insist,
    portalIds: loads.flatMap(({ load }) => load.portalIds ?? []),
    installedIds: loads.flatMap(({ load }) => load.installedIds ?? []),
  };
  const busy = new Map<string, Promise<void>>();
  for (const planned of plan) {
    await delay(Math.max(0, planned.atMs - sinceMs()));
    const { on, kind } = planned.fault;
    const one = (async () => {
      await busy.get(on);
      begun.push(planned);
      try {
        await planned.fault.play(scene, planned.choice, planned.lastsMs);
      } catch (error) {
        problems.push(`The fault ${kind} could not be played: ${String(error)}`);
      }
    })();
    busy.set(on, one);
  }
  await Promise.all(busy.values());
}

async function settle({ loads }: Run): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, load } of loads) {
    try {
      await load.drain();
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return problems;
}

interface Played {
  readonly problems: readonly string[];
  readonly begun: readonly Planned[];
  readonly supervisor: Supervisor;
  readonly quietAfterMs: number;
  readonly names: readonly string[];
  readonly memories: readonly { readonly problem: string | undefined; readonly figure: string }[];
}

async function judgeAll(
  { stack, loads }: Run,
  { problems: before, begun, supervisor, quietAfterMs, memories, names }: Played,
): Promise<{ problems: string[]; figures: string[] }> {
  const problems = [...before];
  const figures = [
    `faults=${begun.length}`,
    `restarts=${supervisor.starts()}`,
    `quiet_after=${(quietAfterMs / 1000).toFixed(1)}s`,
    ...memories.map(({ figure }, n) => `${names[n]}=${figure}`),
  ];
  const disruptions = begun.filter(({ fault }) => fault.disrupts).length;
  for (const { name, load } of loads) {
    const verdict = await load.judge({ disruptions });
    problems.push(...verdict.problems.map((words) => `${name}: ${words}`));
    figures.push(...verdict.figures.map(([what, value]) => `${name}.${what}=${value}`));
  }
  problems.push(...(await leftOver(stack)), ...memories.flatMap(({ problem }) => problem ?? []));
  return { problems, figures };
}

async function progressOf(loads: Run['loads']): Promise<string> {
  try {
    const all = await Promise.all(loads.map(({ load }) => load.progress()));
    const [done, waiting] = [
      all.reduce((sum, one) => sum + one.done, 0),
      all.reduce((sum, one) => sum + one.waiting, 0),
    ];
    return `${done} done, ${waiting} waiting`;
  } catch {
    return 'nobody can be asked'; // Postgres is away
  }
}

async function withEnd(what: string, work: Promise<unknown>, ms: number, problems: string[]): Promise<void> {
  const late = new AbortController();
  const inTime = await Promise.race([
    work.then(() => true),
    delay(ms, false, { signal: late.signal }).catch(() => true),
  ]);
  late.abort();
  if (!inTime) problems.push(`Not within ${ms} ms: ${what}`);
}

const insist: Stage['insist'] = async (what, work) => {
  let value: Awaited<ReturnType<typeof work>> | undefined;
  await until(
    what,
    async () => {
      value = await work();
      return true;
    },
    INSIST_MS,
    500,
  );
  return value as Awaited<ReturnType<typeof work>>;
};

function clock(ms: number): string {
  const s = Math.round(ms / 1000);
  return `${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
}
