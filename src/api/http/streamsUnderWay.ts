import { AppError } from '../../platform/errors.js';

const RETRY_AFTER_MS = 5000;

/**
 * Streams of requests or answers, or what else takes long, that are under way in this process: so many of a key, so
 * many of all.
 */
export interface StreamsUnderWay {
  /** Does `work` as one of them, or refuses it where there are enough. */
  run<T>(keyId: string, work: () => Promise<T>): Promise<T>;
}

/** `verb`: what is done with them, `read`; `noun`: what they are to who asks. */
export function createStreamsUnderWay(most: {
  readonly ofAKey: number;
  readonly ofAll: number;
  readonly noun?: string;
  readonly verb: string;
}): StreamsUnderWay {
  /** By key. */
  const running = new Map<string, number>();

  function begin(keyId: string): void {
    const ofKey = running.get(keyId) ?? 0;
    const ofAll = [...running.values()].reduce((sum, one) => sum + one, 0);
    if (ofKey >= most.ofAKey || ofAll >= most.ofAll)
      throw new AppError(
        'too_many_requests',
        `At most ${most.ofAKey} ${most.noun ?? 'streams'} of a key are ${most.verb} at a time, and ${most.ofAll} of all: wait for one to end`,
        { retryAfterMs: RETRY_AFTER_MS },
      );
    running.set(keyId, ofKey + 1);
  }

  function end(keyId: string): void {
    const left = (running.get(keyId) ?? 1) - 1;
    if (left > 0) running.set(keyId, left);
    else running.delete(keyId);
  }

  return {
    async run(keyId, work) {
      begin(keyId);
      try {
        return await work();
      } finally {
        end(keyId);
      }
    },
  };
}
