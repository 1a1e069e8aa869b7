import { AppError } from '../../platform/errors.js';
import { createPlaces } from '../../platform/places.js';

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
  readonly ofKey: number;
  readonly ofAll: number;
  readonly noun?: string;
  readonly verb: string;
}): StreamsUnderWay {
  const places = createPlaces<string>(most);
  return {
    async run(keyId, work) {
      const leave = places.take(keyId);
      if (!leave)
        throw new AppError(
          'too_many_requests',
          `At most ${most.ofKey} ${most.noun ?? 'streams'} of a key are ${most.verb} at a time, and ${most.ofAll} of all: wait for one to end`,
          { retryAfterMs: RETRY_AFTER_MS },
        );
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
