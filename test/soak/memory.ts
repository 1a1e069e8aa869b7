import type { ProcessHandle } from '../support/stack.js';
import { usageOf } from '../support/procfs.js';

/** The median of the last third of a run may be above that of its first third by so much. */
const MAX_GROWTH = 0.25;
/** Code is compiled and caches fill in the first half minute, which belongs to no third. */
const WARM_UP_MS = 30_000;
/** A process that ended in between began anew: what is judged has to be so much of the run. */
const MIN_SHARE = 0.5;

interface Sample {
  readonly atMs: number;
  readonly pid: number;
  readonly mib: number;
}

/** The resident memory of a process over a run. */
export interface Memory {
  readonly name: string;
  sample(atMs: number): void;
  /** Of the last sample, in MiB. */
  latest(): number;
  judge(totalMs: number): { readonly problem: string | undefined; readonly figure: string };
}

export function watchMemory(process: ProcessHandle): Memory {
  const samples: Sample[] = [];
  return {
    name: process.name,
    sample(atMs) {
      const { pid } = process;
      if (pid !== undefined) samples.push({ atMs, pid, mib: usageOf(pid).residentMib });
    },
    latest: () => samples.at(-1)?.mib ?? 0,
    judge: (totalMs) => judgeMemory(process.name, samples, totalMs),
  };
}

/** Compares thirds of what the last process of this name lived. */
export function judgeMemory(name: string, samples: readonly Sample[], totalMs: number) {
  const pid = samples.at(-1)?.pid;
  const own = samples.filter((one) => one.pid === pid);
  const from = (own[0]?.atMs ?? 0) + WARM_UP_MS;
  const to = own.at(-1)?.atMs ?? 0;
  if (own.length === 0 || to - from < MIN_SHARE * (totalMs - WARM_UP_MS))
    return { problem: `${name} did not live long enough for its memory to be judged`, figure: 'unknown' };
  const third = (to - from) / 3;
  const medianOf = (part: readonly Sample[]) =>
    part.map(({ mib }) => mib).sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0;
  const first = medianOf(own.filter(({ atMs }) => atMs >= from && atMs < from + third));
  const last = medianOf(own.filter(({ atMs }) => atMs >= to - third));
  const figure = `${first.toFixed(0)}→${last.toFixed(0)}MiB`;
  const grown = last > first * (1 + MAX_GROWTH);
  return {
    problem: grown ? `${name} grew from ${first.toFixed(0)} to ${last.toFixed(0)} MiB` : undefined,
    figure,
  };
}
