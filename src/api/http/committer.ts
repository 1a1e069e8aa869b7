import { isTransientDatabaseError } from '../../db/pool.js';
import { AppError } from '../../platform/errors.js';

/** What HubSpot has sent in one call. */
export interface Committable {
  /** Whose it is, for the bound of a portal. */
  readonly portalId: number;
}

interface Dependencies<Call, Answer> {
  /** Commits the calls in one transaction; answers in their order. */
  readonly commit: (calls: readonly Call[]) => Promise<Answer[]>;
  /** Told when they are committed, before they are answered. */
  readonly committed?: () => void;
  readonly onCommitted?: (calls: readonly Call[], answers: readonly Answer[]) => void;
  /** What a call counts in a commit. */
  readonly weigh?: (call: Call) => number;
  /** One transaction takes so much, or one call that is more. */
  readonly maxPerCommit?: number;
  /** So many calls may wait for a commit; those above are asked to come back. */
  readonly maxWaiting?: number;
  /** So many of them may be one portal's: a portal that floods leaves room for the others. */
  readonly maxWaitingOfPortal?: number;
}

export type Committed<Answer> = Answer & {
  /** When the commit was asked for (monotonic): what became of the call was read after it. */
  readonly askedAt: number;
};

export interface Committer<Call, Answer> {
  /** Resolves after the commit (law 1). Rejects when nothing was committed. */
  submit(call: Call): Promise<Committed<Answer>>;
  /** Resolves when everything submitted so far has been answered. */
  drain(): Promise<void>;
}

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Committed<Answer>) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_AFTER_MS = 2000;

/**
 * Group commit: calls that arrive while a transaction runs go into the next one. No call waits on a timer, and one
 * transaction runs at a time.
 */
export function createCommitter<Call extends Committable, Answer extends object>({
  commit,
  committed,
  onCommitted,
  weigh = () => 1,
  maxPerCommit = 500,
  maxWaiting = 5000,
  maxWaitingOfPortal = 2000,
}: Dependencies<Call, Answer>): Committer<Call, Answer> {
  const waiting: Waiting<Call, Answer>[] = [];
  const ofPortal = new Map<number, number>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // Calls that arrive in this turn of the event loop ride along.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, howMany());
      for (const { call } of batch) countPortal(call.portalId, -1);
      await commitBatch(batch);
    }
    running = undefined;
  }

  /** The first, and those behind it that fit in beside it. */
  function howMany(): number {
    let weight = 0;
    const end = waiting.findIndex(({ call }, n) => (weight += weigh(call)) > maxPerCommit && n > 0);
    return end === -1 ? waiting.length : end;
  }

  function countPortal(portalId: number, change: number): void {
    const count = (ofPortal.get(portalId) ?? 0) + change;
    if (count > 0) ofPortal.set(portalId, count);
    else ofPortal.delete(portalId);
  }

  async function commitBatch(batch: readonly Waiting<Call, Answer>[]): Promise<void> {
    try {
      const calls = batch.map(({ call }) => call);
      const askedAt = performance.now();
      const answers = await commit(calls);
      committed?.();
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
