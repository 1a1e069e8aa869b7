import { least, median, most } from './statistics.js';
import { figure, table } from './table.js';

export interface Benchmark {
  readonly name: string;
  /** What is measured, and against what. */
  readonly title: string;
  /** How often it is repeated unless `--runs` says otherwise. */
  readonly runs: number;
  run(context: Context): Promise<Check[]>;
}

export interface Context {
  readonly runs: number;
  /** Smaller loads, for work on the benchmark itself: what comes out is no measurement. */
  readonly quick: boolean;
  /** The commit beside which it measures, where it does. */
  readonly base: string;
  say(line: string): void;
}

/** One figure with its target. `values` holds one value per run. */
export interface Check {
  readonly what: string;
  readonly values: readonly number[];
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly unit?: string;
  /** A guarantee is judged by its worst value, a speed by its median. */
  readonly by?: 'median' | 'worst';
}

export function passes(check: Check): boolean {
  const low = check.by === 'worst' ? least(check.values) : median(check.values);
  const high = check.by === 'worst' ? most(check.values) : median(check.values);
  const { atLeast = -Infinity, atMost = Infinity } = check;
  return low >= atLeast && high <= atMost; // NaN passes neither
}

/** The last table of a benchmark: what was reached, how far the runs lie apart, and what was to be reached. */
export function summary(checks: readonly Check[]): string {
  return table(
    ['', 'median', 'min–max', 'worst', 'target', ''],
    checks.map((check) => {
      const { unit = '', values } = check;
      const range =
        values.length > 1 ? `${figure(least(values), unit)}–${figure(most(values), unit)}` : '1 value';
      const worst = check.atMost === undefined ? least(values) : most(values);
      return [
        check.what,
        figure(median(values), unit),
        range,
        figure(worst, unit),
        targetOf(check),
        verdictOf(check),
      ];
    }),
  );
}

/** A figure without a target is there to be compared. */
function verdictOf(check: Check): string {
  if (check.atLeast === undefined && check.atMost === undefined) return '';
  return passes(check) ? 'PASS' : 'FAIL';
}

function targetOf({ atLeast, atMost, unit = '', by }: Check): string {
  const each = by === 'worst' ? ' (each)' : '';
  if (atLeast !== undefined && atMost !== undefined && atLeast === atMost)
    return `${figure(atLeast, unit)}${each}`;
  const bounds = [
    ...(atLeast === undefined ? [] : [`≥ ${figure(atLeast, unit)}`]),
    ...(atMost === undefined ? [] : [`≤ ${figure(atMost, unit)}`]),
  ];
  return `${bounds.join(', ')}${each}`;
}
