import type { Unsettled } from '../../db/outbox/claims.js';

/** What the outbox reports of itself. */
export interface OutboxMetrics {
  /** Events that came in, and how many of them are invalid. */
  collected(events: number, invalid: number): void;
  settled(done: number, others: readonly Unsettled[]): void;
  /** A share of failures in a row that was told, or -1: recovered. */
  circuit(told: number): void;
}
