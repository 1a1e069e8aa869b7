import type { SoakFault } from './faults.js';

/** One fault of a run, with the numbers by which it makes its choices. */
export interface Planned {
  readonly fault: SoakFault;
  readonly atMs: number;
  readonly choice: number;
  readonly lastsMs: number;
}

const EVERY_MS = 5000;
const FIRST_MS = 10_000;
const LASTS_MS = { from: 1000, to: 4000 };
const CHOICES = 1_000_000;

/** The faults of a run, one every five seconds: the same for the same seed, whatever happens meanwhile. */
export function planOf(faults: readonly SoakFault[], random: () => number, totalMs: number): Planned[] {
  const planned: Planned[] = [];
  for (let atMs = FIRST_MS; atMs <= totalMs; atMs += EVERY_MS)
    planned.push({
      fault: faults[Math.floor(random() * faults.length)]!,
      atMs,
      choice: Math.floor(random() * CHOICES),
      lastsMs: Math.round(LASTS_MS.from + random() * (LASTS_MS.to - LASTS_MS.from)),
    });
  return planned;
}
