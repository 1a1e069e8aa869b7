import type { BatchOptions } from '../outbox/delivery/batchRun.js';
import type { EffectResult } from '../outbox/delivery/batchState.js';

/** Told of what HubSpot would do twice, before it is sent and when it is answered; of nothing else. */
export interface WriteHooks {
  /** Rejects where it could not be noted: then nothing is sent. */
  intend(keys: readonly string[]): Promise<void>;
  booked(
    results: readonly { readonly key: string; readonly result: EffectResult | undefined }[],
  ): Promise<void>;
}

/** Callers name the values themselves: nothing is counted, and a record is adopted by nobody. */
export const KEEPS_NO_COUNTERS: BatchOptions = { counterMarker: '', foundByAnotherKey: 'wait' };
