import { withDeadline } from '../platform/deadline.js';
import type { Logger } from '../platform/logger.js';

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

/**
 * The one activity of the reconciler's workflow. A sweep that fails, or takes too long, holds up none of the others.
 */
export function createReconcilerActivities(sweeps: readonly Sweep[], logger: Logger) {
  const begunAt = new Map<Sweep, number>();

  async function round(sweep: Sweep): Promise<number | undefined> {
    const late = new AbortController();
    begunAt.set(sweep, performance.now());
    try {
      return await withDeadline(sweep.run(late.signal), sweep.timeoutMs, () => {
        late.abort();
        return new Error(`It took longer than ${sweep.timeoutMs} ms`);
      });
    } catch (error) {
      logger.warn('A sweep failed; it is tried again in its next round', { sweep: sweep.name, error });
      return undefined;
    }
  }

  return {
    /** One round of what the schedule asks for. */
    async sweep(): Promise<Swept> {
      const swept: Record<string, number> = {};
      for (const sweep of sweeps) {
        if (performance.now() - (begunAt.get(sweep) ?? -Infinity) < sweep.everyMs) continue;
        const did = await round(sweep);
        if (did !== undefined) swept[sweep.name] = did;
      }
      return swept;
    },
  };
}
