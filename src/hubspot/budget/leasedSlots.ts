import type { ExchangeResult, SlotReport } from '../../db/hubspot/exchangeSlots.js';
import { DueQueue } from '../../domain/hubspot/dueQueue.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Logger } from '../../platform/logger.js';
import type { BudgetMetrics, Permit } from './permit.js';

/** A slot that this process has leased. Times are monotonic. */
export interface Slot {
  readonly portalId: number;
  readonly n: number;
  readonly fence: number;
  /** How many slots of the bucket were taken when this one was leased. */
  readonly taken: number | undefined;
  /** For the one request that a half-open circuit breaker lets through. */
  readonly probe: boolean;
  /** What it was leased for; then what it is used for. */
  priority: Priority;
  /** From here on nothing may be sent under it. */
  usableUntil: number;
  /** Since when a caller has it, or it is idle here. */
  since: number;
}

/** What became of a slot, for the database. */
interface Report {
  readonly slot: Slot;
  readonly what: 'used' | 'unused';
  readonly at: number;
}

interface Dependencies {
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly metrics?: BudgetMetrics | undefined;
  /** An idle slot is here for requests that wait for this portal. */
  readonly onIdle: (portalId: number) => void;
  /** Something is to be said to the database by then. */
  readonly wakeAt: (at: number) => void;
}

/**
 * The last part of the lease, in which a permit is not used any more: longer than a request takes to HubSpot's counter.
 */
const GUARD_SHARE = 1 / 4;
/** A permit with less of its lease left than this share is not worth handing out. */
const MIN_USABLE_SHARE = 1 / 8;
/** Reports and idle slots go back to the database after this, should nothing take them along sooner. */
const FLUSH_MS = 50;
/**
 * A permit that is neither used nor given back for this long is lost; its slot comes free with the end of the lease.
 */
const MAX_OUT_MS = 120_000;
const MAX_REPORTS = 1000;

/** The slots that one process has leased of a bucket: idle, out with a caller as a permit, or to be reported. */
export class LeasedSlots {
  readonly #deps: Dependencies;
  /** By portal; a portal without idle slots is not in it. */
  readonly #idle = new Map<number, Slot[]>();
  /** Slots that callers have, by when their lease is to be renewed. */
  readonly #out = new DueQueue<Slot>();
  #reports: Report[] = [];
  #stopped = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Until when a slot can be used that is leased, or whose lease is renewed, by a statement sent at `sentAt`. */
  usableUntil(sentAt: number): number {
    return sentAt + this.#deps.leaseMs * (1 - GUARD_SHARE);
  }

  addIdle(slot: Slot): void {
    const idle = this.#idle.get(slot.portalId);
    if (idle) idle.push(slot);
    else this.#idle.set(slot.portalId, [slot]);
  }

  hasIdle(portalId: number): boolean {
    return this.#idle.has(portalId);
  }

  /** Takes the oldest idle slot that can be used; `blocked`: only a probe can. The others are reported unused. */
  takeIdle(portalId: number, { now, blocked }: { now: number; blocked: boolean }): Slot | undefined {
    for (let slot = this.#shift(portalId); slot; slot = this.#shift(portalId)) {
      const fresh = slot.usableUntil - now >= this.#deps.leaseMs * MIN_USABLE_SHARE;
      if (fresh && (slot.probe || !blocked)) return slot;
      this.#report(slot, 'unused', now);
    }
    return undefined;
  }

  #shift(portalId: number): Slot | undefined {
    const idle = this.#idle.get(portalId);
    const slot = idle?.shift();
    if (idle?.length === 0) this.#idle.delete(portalId);
    return slot;
  }

  /** Reports the portal's idle slots unused. */
  dropIdle(portalId: number): void {
    const now = performance.now();
    for (const slot of this.#idle.get(portalId) ?? []) this.#report(slot, 'unused', now);
    this.#idle.delete(portalId);
  }

  handOut(slot: Slot): Permit {
    slot.since = performance.now();
    this.#out.set(slot, this.#renewAt(slot));
    this.#deps.wakeAt(this.#out.nextAt);
    const { portalId, taken, probe } = slot;
    /** The slot may be out again with another caller: that one's permit is not settled by this one. */
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      return this.#out.delete(slot);
    };
    return {
      portalId,
      taken,
      probe,
      get expiresInMs() {
        return slot.usableUntil - performance.now();
      },
      use: (answeredAgeMs) => {
        if (settle()) this.#report(slot, 'used', performance.now() - Math.max(0, answeredAgeMs));
      },
      giveBack: () => {
        if (settle()) this.#takeBack(slot);
      },
    };
  }

  #takeBack(slot: Slot): void {
    slot.since = performance.now();
    if (this.#stopped) return this.#report(slot, 'unused', slot.since);
    this.addIdle(slot);
    this.#deps.onIdle(slot.portalId);
    this.#deps.wakeAt(slot.since + FLUSH_MS);
  }

  #report(slot: Slot, what: Report['what'], at: number): void {
    this.#reports.push({ slot, what, at });
    this.#deps.wakeAt(performance.now() + FLUSH_MS);
  }

  #renewAt(slot: Slot): number {
    const leasedUntil = slot.usableUntil + this.#deps.leaseMs * GUARD_SHARE;
    return leasedUntil - this.#deps.leaseMs / 2;
  }

  /** When something is to be said to the database, should nothing be asked sooner. */
  get nextAt(): number {
    let at = (this.#reports[0]?.at ?? Infinity) + FLUSH_MS;
    for (const idle of this.#idle.values()) at = Math.min(at, (idle[0]?.since ?? Infinity) + FLUSH_MS);
    return this.#stopped ? at : Math.min(at, this.#out.nextAt);
  }

  /** Whether reports have waited for long enough. */
  reportsDue(now: number): boolean {
    const [first] = this.#reports;
    return first !== undefined && (this.#stopped || first.at + FLUSH_MS <= now + 1);
  }

  /** Turns slots that have been idle for long enough into reports, and returns the portals that have none left. */
  returnIdle(now: number): number[] {
    const emptied: number[] = [];
    for (const [portalId, idle] of this.#idle) {
      while (idle[0] && (this.#stopped || idle[0].since + FLUSH_MS <= now + 1)) {
        const slot = idle.shift();
        if (slot) this.#reports.push({ slot, what: 'unused', at: now - FLUSH_MS });
      }
      if (idle.length > 0) continue;
      this.#idle.delete(portalId);
      emptied.push(portalId);
    }
    return emptied;
  }

  /** Takes out slots whose lease is to be renewed. They are due again soon, should nothing come of this time. */
  takeRenewals(now: number): Slot[] {
    const renewals: Slot[] = [];
    for (let slot = this.#out.take(now + 1); slot; slot = this.#out.take(now + 1)) {
      const outMs = now - slot.since;
      if (outMs <= MAX_OUT_MS) renewals.push(slot);
      else
        this.#deps.logger.error('A permit was neither used nor given back', {
          portalId: slot.portalId,
          outMs: Math.round(outMs),
        });
    }
    for (const slot of renewals) this.#out.set(slot, now + FLUSH_MS);
    return renewals;
  }

  takeReports(): Report[] {
    return this.#reports.splice(0, MAX_REPORTS);
  }

  /** Keeps reports that could not be sent for later. Their age grows meanwhile. */
  putBack(reports: readonly Report[]): void {
    if (!this.#stopped) this.#reports = [...reports, ...this.#reports];
  }

  /** Books what the database said to reports and to renewals, which were sent at `sentAt`. */
  book(
    sent: readonly SlotReport[],
    renewals: readonly Slot[],
    taken: ExchangeResult['taken'],
    sentAt: number,
  ): void {
    if (taken.length === sent.length && renewals.length === 0) return;
    const booked = new Set(taken.map(keyOf));
    for (const slot of renewals) {
      if (!booked.has(keyOf(slot))) {
        slot.usableUntil = -Infinity;
        this.#out.delete(slot);
      } else if (this.#out.has(slot)) {
        slot.usableUntil = this.usableUntil(sentAt);
        this.#out.set(slot, this.#renewAt(slot));
      }
    }
    for (const report of sent) {
      const { portalId, what } = report;
      if (what === 'unused' || what === 'probe_unused' || booked.has(keyOf(report))) continue;
      this.#deps.logger.warn('A slot was taken over before its request was booked', { portalId, what });
      this.#deps.metrics?.slotLost({ portalId });
    }
  }

  /** From here on slots that are given back are not kept. */
  stop(): void {
    this.#stopped = true;
  }
}

/** The report of a slot, as it is sent at `sentAt`. */
export function reportOf(
  { portalId, n, fence, priority, probe }: Slot,
  what: 'used' | 'unused' | 'in_flight',
  ageMs: number,
): SlotReport {
  const reported = what === 'unused' && probe ? 'probe_unused' : what;
  return { portalId, n, fence, what: reported, ageMs: Math.max(0, ageMs), priority };
}

function keyOf({ portalId, n, fence }: { portalId: number; n: number; fence: number }): string {
  return `${portalId}/${n}/${fence}`;
}
