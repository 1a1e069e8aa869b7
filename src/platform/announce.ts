import { Unable, type Check, type Health } from './health.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';

interface Dependencies {
  readonly health: Health;
  readonly checks: readonly Check[];
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Where the process is: goes with its line on standard output. */
  readonly where: Readonly<Record<string, string>>;
  readonly everyMs?: number;
  readonly print?: (line: string) => void;
}

export function watchChecks(
  metrics: Metrics,
  checks: readonly Pick<Check, 'id'>[],
  isWell: (id: string) => boolean,
): void {
  metrics.gauge({
    name: 'sluice_check_ok',
    help: 'Whether what a check of /readyz looks at was well when the process last looked',
    labelNames: ['check'],
    read: () => Promise.resolve(checks.map(({ id }) => [{ check: id }, isWell(id) ? 1 : 0])),
  });
}

/** While it is not ready, and afterwards. */
const SOON_MS = 1000;
const EVERY_MS = 20_000;

/**
 * Prints `{"ready":true}` when the process is ready, and `{"listening":true}` before that, where it is not. From then
 * on it looks by itself, whether anybody asks or not: what is not well is named in the log when it begins and when it
 * is over, and is a metric.
 */
export function announce(deps: Dependencies): { stop(): void } {
  const { health, checks, logger, metrics, where } = deps;
  const { everyMs = EVERY_MS, print = (line: string) => process.stdout.write(`${line}\n`) } = deps;
  /** By id: what was not well when it was last looked at. */
  let known = new Map<string, string>();
  let isReady = false;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  watchChecks(metrics, checks, (id) => !known.has(id));

  async function look(): Promise<void> {
    const [{ status }, problems] = [await health.ready(), await health.problems()];
    looks += 1;
    // At its start a process may need a moment: its workers have not asked for their first task yet.
    if (stopped || (looks === 1 && status !== 200)) return;
    for (const { check, problem, error } of problems) {
      if (known.get(check.id) === problem) continue;
      const level = check.helpful ? 'warn' : 'error';
      const why = error instanceof Unable ? {} : { error };
      logger[level](`Not able: ${problem}`, { check: check.id, mend: check.mend, ...why });
    }
    const now = new Map(problems.map(({ check, problem }) => [check.id, problem]));
    for (const id of known.keys()) if (!now.has(id)) logger.info('Able again', { check: id });
    known = now;
    if (isReady) return;
    isReady = status === 200;
    if (isReady) print(JSON.stringify({ ready: true, ...where }));
    else if (looks === 2) print(JSON.stringify({ listening: true, ...where }));
  }

  async function again(): Promise<void> {
    await look().catch((error: unknown) => logger.error('The checks of readiness failed', { error }));
    if (!stopped) timer = setTimeout(() => void again(), isReady ? everyMs : SOON_MS).unref();
  }

  void again();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
