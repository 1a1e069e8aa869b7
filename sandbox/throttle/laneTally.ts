import { increment } from '../platform/increment.js';
import { TimeList } from '../platform/times.js';
import type { Outputs } from './outputs.js';

/**
 * What one lane did, counted as it happens: a named queue of a portal, else one step of one workflow. The report
 * reads it; nothing here walks over executions.
 */
export class LaneTally {
  readonly steps = new Set<string>();
  actionCalls = 0;
  /** First answers that were BLOCK. */
  acknowledged = 0;
  /** First answers that ended the step without BLOCK. */
  answeredAtOnce = 0;
  completed = 0;
  /** Completed through the control API, by nobody that is under test. */
  completedByOthers = 0;
  /** Executions that were completed again although the answer to the first completion had been delivered. */
  completedTwice = 0;
  /** All completions after the first, those after a lost answer included. */
  duplicateCallbacks = 0;
  /** Repeats that asked for another outcome than the first completion. */
  contradicted = 0;
  /** Answered 204 without effect: unknown to be waiting, malformed or too early. */
  ignoredCallbacks = 0;
  expired = 0;
  failed = 0;
  readonly byOutcome = new Map<string, number>();
  readonly bySluiceStatus = new Map<string, number>();
  /** Arrival of each first SUCCESS completion. */
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
