import type { Target } from '../../../domain/outbox/operations.js';
import { noRecord, passedOver, type Failure } from './failure.js';
import type { RecordCache } from './recordCache.js';

/** Why nothing can be done about a record that a look-up did not show: it is not there, or that is not known. */
export function missingRecord(cache: RecordCache, target: Target): Failure {
  return cache.wasPassedOver(target) ? passedOver(target) : noRecord(target);
}
