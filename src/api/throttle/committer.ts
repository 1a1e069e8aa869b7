import { isTransientDatabaseError } from '../../db/pool.js';
import type { IntakeAnswer, IntakeCall } from '../../db/throttle/intake.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';

interface Dependencies {
  /** Commits the calls in one transaction; answers in their order. */
  readonly commit: (calls: readonly IntakeCall[]) => Promise<IntakeAnswer[]>;
  readonly onCommitted?: (calls: readonly IntakeCall[], answers: readonly IntakeAnswer[]) => void;
  readonly maxPerCommit?: number;
  /** So many calls may wait for a commit; those above are asked to come back. */
  readonly maxWaiting?: number;
  /** So many of them may be one portal's: a portal that floods leaves room for the others. */
  readonly maxWaitingOfPortal?: number;
}

export interface CommittedAnswer extends IntakeAnswer {
  /** When the commit was asked for (monotonic): what became of the call was read after it. */
  readonly askedAt: number;
}

export interface Committer {
  /** Resolves after the commit (law 1). Rejects when nothing was committed. */
  submit(call: IntakeCall): Promise<CommittedAnswer>;
  /** Resolves when everything submitted so far has been answered. */
  drain(): Promise<void>;
}

interface Waiting {
  readonly call: IntakeCall;
  readonly resolve: (answer: CommittedAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_AFTER_MS = 2000;

/**
 * Group commit: calls that arrive while a transaction runs go into the next one. No call waits on a timer, and one
 * transaction runs at a time.
 */
export function createCommitter({
  commit,
  onCommitted,
  maxPerCommit = 500,
  maxWaiting = 5000,
  maxWaitingOfPortal = 2000,
}: Dependencies): Committer {
  const waiting: Waiting[] = [];
  const ofPortal = new Map<number, number>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // Calls that arrive in this turn of the event loop ride along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxPerCommit);
      for (const { call } of batch) countPortal(call.portalId, -1);
      await commitBatch(batch);
    }
    running = undefined;
  }

  function countPortal(portalId: number, change: number): void {
    const count = (ofPortal.get(portalId) ?? 0) + change;
    if (count > 0) ofPortal.set(portalId, count);
    else ofPortal.delete(portalId);
  }

  async function commitBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const calls = batch.map(({ call }) => call);
      const askedAt = performance.now();
      const answers = await commit(calls);
      crashPoint('throttle.intake.committed');
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer) resolve({ ...answer, askedAt });
        else reject(new Error('the commit gave no answer for this call'));
      });
      onCommitted?.(calls, answers);
    } catch (error) {
      if (batch.length === 1 || isTransientDatabaseError(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One call that the database cannot take must not fail the others.
      const middle = Math.ceil(batch.length / 2);
      await commitBatch(batch.slice(0, middle));
      await commitBatch(batch.slice(middle));
    }
  }

  return {
    submit(call) {
      if (waiting.length >= maxWaiting) {
        return Promise.reject(
          new AppError('unavailable', 'More calls are coming in than can be committed; call again later', {
            retryAfterMs: RETRY_AFTER_MS,
          }),
        );
      }
      if ((ofPortal.get(call.portalId) ?? 0) >= maxWaitingOfPortal) {
        return Promise.reject(
          new AppError(
            'too_many_requests',
            'This portal calls faster than can be committed; call again later',
            {
              retryAfterMs: RETRY_AFTER_MS,
            },
          ),
        );
      }
      countPortal(call.portalId, 1);
      return new Promise((resolve, reject) => {
        waiting.push({ call, resolve, reject });
        running ??= run();
      });
    },
    async drain() {
      await running;
    },
  };
}
