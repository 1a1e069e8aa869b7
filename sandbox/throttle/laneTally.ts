import { increment } from '../platform/increment.js';
import { TimeList } from '../platform/times.js';
import type { Outputs } from './outputs.js';

/**
 * Counts what happens to one lane: a named queue of a portal, or one step of one workflow. Counted as it happens, so
 * that a report need not walk over executions.
 */
export class LaneTally {
  readonly steps = new Set<string>();
  actionCalls = 0;
  /** Executions whose first answer was BLOCK. */
  acknowledged = 0;
  /** Executions whose first answer ended the step. */
  answeredAtOnce = 0;
  completed = 0;
  /** Completed through the control API. */
  completedByOthers = 0;
  /** Executions that were completed again although the answer to the first completion had been delivered. */
  completedTwice = 0;
  /** All completions after the first, including repeats after a lost answer. */
  duplicateCallbacks = 0;
  /** Repeats that asked for another outcome than the first completion. */
  contradicted = 0;
  /** Answered 204 without effect: not waiting, malformed, or too early. */
  ignoredCallbacks = 0;
  expired = 0;
  failed = 0;
  readonly byOutcome = new Map<string, number>();
  readonly bySluiceStatus = new Map<string, number>();
  /** The times at which first completions with SUCCESS arrived. */
  readonly successes = new TimeList();
  firstAckMs: number | null = null;
  lastAckMs: number | null = null;
  firstCompletionMs: number | null = null;
  lastCompletionMs: number | null = null;
  longestWaitMs = 0;

  constructor(
    readonly portalId: number,
    readonly queue: string | null,
  ) {}

  noteAcknowledged(at: number): void {
    this.acknowledged += 1;
    this.firstAckMs ??= at;
    this.lastAckMs = at;
  }

  noteCompleted(at: number, waitedMs: number, outcome: string, outputs: Outputs): void {
    this.completed += 1;
    this.firstCompletionMs ??= at;
    this.lastCompletionMs = Math.max(at, this.lastCompletionMs ?? at);
    this.longestWaitMs = Math.max(this.longestWaitMs, waitedMs);
    if (outcome === 'SUCCESS') this.successes.push(at);
    increment(this.byOutcome, outcome);
    this.noteStatus(outputs);
  }

  noteStatus(outputs: Outputs): void {
    const status = outputs['sluice_status'];
    if (status !== undefined) increment(this.bySluiceStatus, status);
  }
}
