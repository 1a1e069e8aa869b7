import { AppError } from '../../platform/errors.js';
import { isTransientDatabaseError } from '../../db/pool.js';
import type { IntakeAnswer, IntakeCall } from '../../db/throttle/intake.js';

interface Waiting {
  readonly call: IntakeCall;
  readonly resolve: (answer: IntakeAnswer) => void;
  readonly reject: (error: unknown) => void;
}

interface Dependencies {
  /** Commits the calls in one transaction; answers in their order. */
  commit: (calls: readonly IntakeCall[]) => Promise<IntakeAnswer[]>;
  onCommitted?: (calls: readonly IntakeCall[], answers: readonly IntakeAnswer[]) => void;
  mostPerCommit?: number;
  /** So many may wait for a commit; those above are asked to come back. */
  mostWaiting?: number;
}

/**
 * Group commit: what arrived while the last transaction ran goes into the next one, nobody waits on a timer, and one
 * transaction runs at a time. `submit` resolves after the commit (law 1).
 */
export class Committer {
  readonly #deps: Required<Omit<Dependencies, 'onCommitted'>> & Pick<Dependencies, 'onCommitted'>;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(deps: Dependencies) {
    this.#deps = { mostPerCommit: 500, mostWaiting: 5000, ...deps };
  }

  submit(call: IntakeCall): Promise<IntakeAnswer> {
    if (this.#waiting.length >= this.#deps.mostWaiting) {
      return Promise.reject(
        new AppError('unavailable', 'More calls are coming in than can be committed; call again later', {
          retryAfterMs: 2000,
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything submitted so far has been answered. */
  async drain(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What arrives in this turn of the event loop rides along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      await this.#commit(this.#waiting.splice(0, this.#deps.mostPerCommit));
    }
    this.#running = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const calls = batch.map(({ call }) => call);
      const answers = await this.#deps.commit(calls);
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer) resolve(answer);
        else reject(new Error('the commit gave no answer for this call'));
      });
      this.#deps.onCommitted?.(calls, answers);
    } catch (error) {
      if (batch.length === 1 || isTransientDatabaseError(error)) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One call that the database cannot take must not fail the others.
      const middle = Math.ceil(batch.length / 2);
      await this.#commit(batch.slice(0, middle));
      await this.#commit(batch.slice(middle));
    }
  }
}
