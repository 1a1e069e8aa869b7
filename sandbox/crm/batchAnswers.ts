import { json, type Answer } from '../platform/answer.js';
import { displaced, type Random } from '../platform/random.js';
import type { Settings } from '../settings.js';
import type { RowError } from './errors.js';

export interface BatchOutcome {
  /** The status when no row failed. */
  success: number;
  results: readonly object[];
  errors?: readonly RowError[];
  epochMs: number;
}

/** Answers the batches of one portal, in the order and with the trace ids that the settings say. */
export class BatchAnswers {
  constructor(
    private readonly settings: Settings,
    private readonly random: Random,
  ) {}

  /** Answers 207 if a row failed. */
  answer({ success, results, errors = [], epochMs }: BatchOutcome): Answer {
    const at = new Date(epochMs).toISOString();
    const frame = { status: 'COMPLETE', results: this.arranged(results), startedAt: at, completedAt: at };
    if (errors.length === 0) return json(success, frame);
    return json(207, { ...frame, numErrors: errors.length, errors: this.arranged(errors) });
  }

  /** The result with the trace id of its input, if results have one. */
  traced(result: object, traceId: unknown): object {
    const isEchoed = this.settings.batchResultsHaveTraceIds && typeof traceId === 'string';
    return isEchoed ? { ...result, objectWriteTraceId: traceId } : result;
  }

  /** HubSpot promises no order, and answers none (hubspot-api-nodejs, issue 190; docs/hubspot.md#batch-endpoints). */
  private arranged<T>(rows: readonly T[]): readonly T[] {
    return this.settings.batchResultsInOrder ? rows : displaced(rows, this.random);
  }
}
