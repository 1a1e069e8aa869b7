import { increment } from '../platform/increment.js';

const MAX_FAILURES = 20;

interface Failure {
  at: string;
  /** 0: no answer in time, or no connection. */
  status: number;
  attempt: number;
  events: number;
}

/** What became of events: produced + doubled = sent + lost + overflowed + givenUp + dropped + pending. */
export class Tally {
  produced = 0;
  /** Copies of events that are sent twice. */
  doubled = 0;
  /** Never sent, as the plan says. */
  lost = 0;
  /** Never sent, because too many were pending. */
  overflowed = 0;
  /** Answered 2xx. */
  sent = 0;
  /** All attempts failed. */
  givenUp = 0;
  /** Pending when webhooks ended. */
  dropped = 0;
  pending = 0;
  requests = 0;
  /** Requests that were repeats. */
  retried = 0;
  private readonly byStatus = new Map<number, number>();
  private readonly failures: Failure[] = [];

  answered(status: number): void {
    increment(this.byStatus, status);
  }

  failed(failure: Failure): void {
    this.failures.push(failure);
    if (this.failures.length > MAX_FAILURES) this.failures.shift();
  }

  show() {
    const { produced, doubled, lost, overflowed, sent, givenUp, dropped, pending, requests, retried } = this;
    return {
      ...{ produced, doubled, lost, overflowed, sent, givenUp, dropped, pending, requests, retried },
      byStatus: Object.fromEntries(this.byStatus) as Record<string, number>,
      failures: [...this.failures],
    };
  }
}
