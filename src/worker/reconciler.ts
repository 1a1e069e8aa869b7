import { withDeadline } from '../platform/deadline.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';

/** Something that the reconciler does again and again, in one worker at a time. */
export interface Sweep {
  readonly name: string;
  /** At least so long between two rounds; 0: in every round of the reconciler. */
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** One bounded round; the next one goes on. Returns how much it did. The signal says that its time is over. */
  run(signal: AbortSignal): Promise<number>;
}

/** What each sweep of a round did. */
export type Swept = Readonly<Record<string, number>>;

export type ReconcilerActivities = ReturnType<typeof createReconcilerActivities>;

/** Well below the time after which the workflow takes the worker for dead. */
const ALIVE_EVERY_MS = 3000;
/** Together they take at most so many of the pool's connections. */
const AT_ONCE = 4;

/**
 * When each sweep last succeeded in this process; its start counts, so that a sweep which never does is told from one
 * that is new. Alerts take the latest over all workers, since any of them may have run it.
 */
export function watchSweeps(metrics: Metrics, sweeps: readonly Pick<Sweep, 'name'>[]) {
  const now = () => Date.now() / 1000;
  const succeededAt = new Map(sweeps.map(({ name }) => [name, now()]));
  metrics.gauge({
    name: 'sluice_sweep_last_success_timestamp_seconds',
    help: 'When a sweep of the reconciler last succeeded in this process, or when the process was started',
    labelNames: ['sweep'],
    read: () => Promise.resolve([...succeededAt].map(([sweep, at]) => [{ sweep }, at])),
  });
  return { succeeded: (name: string) => void succeededAt.set(name, now()) };
}

/**
 * The one activity of the reconciler's workflow. A sweep that fails, or takes too long, holds up none of the others.
 * `alive` is called now and then while a round lasts.
 */
export function createReconcilerActivities(
  sweeps: readonly Sweep[],
  logger: Logger,
  watch?: ReturnType<typeof watchSweeps>,
  alive?: () => void,
) {
  const begunAt = new Map<Sweep, number>();

  async function round(sweep: Sweep): Promise<number | undefined> {
    const late = new AbortController();
    begunAt.set(sweep, performance.now());
    try {
      const did = await withDeadline(sweep.run(late.signal), sweep.timeoutMs, () => {
        late.abort();
        return new Error(`It took longer than ${sweep.timeoutMs} ms`);
      });
      watch?.succeeded(sweep.name);
      return did;
    } catch (error) {
      logger.warn('A sweep failed; it is tried again in its next round', { sweep: sweep.name, error });
      return undefined;
    }
  }

  return {
    /** One round of what the schedule asks for. */
    async sweep(): Promise<Swept> {
      const swept: Record<string, number> = {};
      const due = sweeps.filter(
        (sweep) => performance.now() - (begunAt.get(sweep) ?? -Infinity) >= sweep.everyMs,
      );
      // What starts and wakes work comes before what removes rows.
      const waiting = due.sort((a, b) => a.everyMs - b.everyMs).values();
      const runNext = async (): Promise<void> => {
        for (const sweep of waiting) {
          const did = await round(sweep);
          if (did !== undefined) swept[sweep.name] = did;
        }
      };
      const signs = alive && setInterval(alive, ALIVE_EVERY_MS);
      try {
        await Promise.all(Array.from({ length: AT_ONCE }, runNext));
      } finally {
        clearInterval(signs);
      }
      return swept;
    },
  };
}
