import type { Priority } from '../../domain/hubspot/priorities.js';

/** The right to send one request. Exactly one of `use` and `giveBack` is to be called; later calls do nothing. */
export interface Permit {
  readonly portalId: number;
  /** How many slots of the bucket were taken when this one was leased. Undefined where the bucket was not read. */
  readonly taken?: number | undefined;
  /** The one request that a half-open circuit breaker lets through. */
  readonly probe?: boolean;
  /** The request was sent. Its answer came `answeredAgeMs` ago; 0 also where it was given up just now. */
  use(answeredAgeMs: number): void;
  /** Nothing was sent. */
  giveBack(): void;
  /**
   * By the monotonic clock. At 0 or below nothing may be sent any more: by the time the request arrives, another
   * process may have the slot.
   */
  readonly expiresInMs: number;
}

/** One of HubSpot's limits, as one process takes part in it. */
export interface Budget {
  /**
   * Waits for a slot. Rejects with the signal's reason; with an AppError `not_found` when the portal is not connected,
   * and `unavailable` when the budget is stopped.
   */
  acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /**
   * What the headers of an answer said is left; `sentMsAgo` is the age of its request. This only ever takes slots away:
   * others may be using the same limit.
   */
  correct(portalId: number, seen: { remaining: number; max: number; sentMsAgo?: number }): void;
  /**
   * This process gets no permit for `ms`. `stored` resolves when the database knows of the block; until then an
   * answer of the database that there is none does not count.
   */
  block(portalId: number, ms: number, reason: string, stored: Promise<unknown>): void;
  /** Ends a block of one of these reasons. */
  unblock(portalId: number, reasons: readonly string[]): void;
  /** A block that this process knows of. */
  blocked(portalId: number): { ms: number; reason: string } | undefined;
  /** Rejects requests that wait, and returns leased slots. */
  stop(): Promise<void>;
}

export interface BudgetMetrics {
  budgetWait(event: { portalId: number; priority: Priority; ms: number }): void;
  /**
   * Another process took a slot over before its answer was booked: this process stood still for longer than the lease.
   */
  slotLost(event: { portalId: number }): void;
}
