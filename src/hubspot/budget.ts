import { setMaxListeners } from 'node:events';
import {
  blockRing,
  exchangeSlots,
  type Exchange,
  type ExchangeResult,
  type Ring,
  type RingShape,
  type SlotReport,
} from '../db/budget.js';
import { isTransientDatabaseError, type Queryable } from '../db/pool.js';
import { AppError } from '../errors.js';
import type { Logger } from '../logger.js';
import { Waiters, type Priority, type Waiter } from './waiters.js';

export type { Priority } from './waiters.js';

/*
 * HubSpot's limit of a portal, shared by all processes: a ring of slots in Postgres, each free again one interval after the
 * answer of the request that used it. HubSpot saw that request no later than we saw its answer, so the limit cannot be exceeded,
 * whatever the network does, and no more is lost than the round trip.
 *
 * A process leases slots as it needs them, for all its portals in one statement at a time (db/budget.ts); what was used rides
 * back on the next one. While nobody waits, it asks nothing.
 *
 * Longer than a file should be: who waits, when to ask and what to book are one state machine, and read best together.
 */

/** The right to send one request. Exactly one of `use` and `giveBack` is to be called; later calls do nothing. */
export interface Permit {
  readonly portalId: number;
  /** The request was sent, and answered that long ago or (0) given up just now. */
  use(answeredAgeMs: number): void;
  /** Nothing was sent. */
  giveBack(): void;
  /** By the monotonic clock. At 0 or below nothing may be sent any more: the slot may belong to somebody else by the time it arrives. */
  readonly expiresInMs: number;
}

export interface Budget {
  /** Waits for a slot. Rejects with the signal's reason, when the portal is not known, and when the budget is stopped. */
  acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit>;
  /**
   * What the headers of an answer said is left; `sentMsAgo` is the age of its request. Only ever takes slots away: others may be using the
   * same limit.
   */
  correct(portalId: number, seen: { remaining: number; max: number; sentMsAgo?: number }): void;
  /** HubSpot said to leave the portal alone: no process gets a permit for `ms`. */
  block(portalId: number, ms: number, reason: string): Promise<void>;
  /** A block that this process knows of. */
  blocked(portalId: number): { ms: number; reason: string } | undefined;
  /** Rejects those who wait, and returns what is leased. */
  stop(): Promise<void>;
}

export interface BudgetDependencies {
  pool: Queryable;
  /** Names this process in the rows. */
  owner: string;
  slots: number;
  intervalMs: number;
  logger: Logger;
  ring?: Ring;
  /** How long a slot stays ours without a word from us. A permit can be used for three quarters of it. */
  leaseMs?: number;
  metrics?: BudgetMetrics;
}

export interface BudgetMetrics {
  budgetWait(event: { portalId: number; priority: Priority; ms: number }): void;
  /** A slot was taken over by somebody else before its answer was booked: the process was held up for longer than the lease. */
  slotLost(event: { portalId: number }): void;
}

interface Slot {
  readonly portalId: number;
  readonly n: number;
  readonly fence: number;
  /** Monotonic: nothing is sent under it from here on. */
  usableUntil: number;
  /** Since when it is out with a caller, or idle here. */
  since: number;
}

interface PortalState {
  readonly portalId: number;
  readonly waiters: Waiters<Permit>;
  /** Leased and not handed out. */
  readonly idle: Slot[];
  /** Monotonic: asking for fast or slow priorities before this is in vain. */
  fastAt: number;
  slowAt: number;
}

interface Block {
  readonly until: number;
  readonly reason: string;
  /** Monotonic: what the database said before this does not know of it yet. */
  storedAt: number;
}

interface Report {
  readonly slot: Slot;
  readonly what: 'used' | 'unused';
  readonly at: number;
}

const LEASE_MS = 4000;
/** Share of the lease in which a permit is no longer used: what a request may take from here to HubSpot's counter, and then some. */
const GUARD = 1 / 4;
const MOST_PER_LEASE = 10;
/** A slot that becomes free is left to fast priorities of all processes for this long. Costs slow ones 0.3 % of the limit. */
const PATIENCE_MS = 30;
/** Answers and idle slots that nothing takes along go back after this. */
const FLUSH_MS = 50;
const LEAST_POLL_MS = 25;
/** A timer that fires a fraction early would find nothing and wait for the least poll. */
const TIMER_GRAIN_MS = 1;
/** While slots are leased, nobody knows when they come free: given back at once, or one interval after an answer that is to come. */
const LEASED_POLL_MS = 250;
const BLOCKED_POLL_MS = 2000;
/** A permit with less of its lease left than this is not worth handing out. */
const LEAST_USABLE = 1 / 8;
/** A permit that is neither used nor given back for this long is lost, and its slot with the lease. */
const MOST_HOLD_MS = 120_000;
const MOST_PORTALS = 64;
const MOST_REPORTS = 1000;
/** Clocks of two machines and the grain of timers: headers are not taken at their word within this. */
const HEADER_SLACK_MS = 100;
const BACKOFF_MS = { least: 100, most: 2000 };

export function createBudget(deps: BudgetDependencies): Budget {
  const { pool, logger, metrics } = deps;
  const leaseMs = deps.leaseMs ?? LEASE_MS;
  const guardMs = leaseMs * GUARD;
  const shape: RingShape = {
    owner: deps.owner,
    ring: deps.ring ?? 'ten_secondly',
    slots: deps.slots,
    intervalMs: deps.intervalMs,
    leaseMs,
    patienceMs: PATIENCE_MS,
  };
  const waiting = new Map<number, PortalState>();
  const withIdle = new Set<PortalState>();
  const out = new Set<Slot>();
  const rings = new Set<number>();
  const blocks = new Map<number, Block>();
  const seen = new Map<number, { remaining: number; at: number }>();
  let reports: Report[] = [];
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;
  let failures = 0;
  let retryAt = 0;
  let stopped = false;

  // --- who waits, and what they get ---------------------------------------------------------------------------------------

  function acquire(portalId: number, priority: Priority, signal?: AbortSignal): Promise<Permit> {
    return new Promise<Permit>((resolve, reject) => {
      if (signal?.aborted) return reject(abortReason(signal));
      if (stopped) return reject(stoppedError());
      const state = stateOf(portalId);
      const waiter: Waiter<Permit> = {
        priority,
        since: performance.now(),
        resolve(permit) {
          signal?.removeEventListener('abort', abort);
          metrics?.budgetWait({ portalId, priority, ms: performance.now() - waiter.since });
          resolve(permit);
        },
        reject(reason) {
          signal?.removeEventListener('abort', abort);
          reject(reason instanceof Error ? reason : new Error(String(reason)));
        },
      };
      const abort = () => {
        if (state.waiters.remove(waiter)) reject(abortReason(signal));
        forgetIfDone(state);
      };
      if (signal) {
        setMaxListeners(0, signal); // one signal ends the wait of many
        signal.addEventListener('abort', abort, { once: true });
      }
      state.waiters.add(waiter);
      serve(state);
      if (state.waiters.size > 0) wakeAt(dueAt(state));
    });
  }

  function stateOf(portalId: number): PortalState {
    let state = waiting.get(portalId);
    if (!state) {
      state = { portalId, waiters: new Waiters(), idle: [], fastAt: 0, slowAt: 0 };
      waiting.set(portalId, state);
    }
    return state;
  }

  function forgetIfDone(state: PortalState): void {
    if (state.waiters.size === 0 && state.idle.length === 0) waiting.delete(state.portalId);
  }

  /** Hands idle slots to those who wait. */
  function serve(state: PortalState): void {
    const now = performance.now();
    while (state.idle.length > 0 && state.waiters.size > 0) {
      const slot = state.idle.shift();
      if (!slot) break;
      if (slot.usableUntil - now < leaseMs * LEAST_USABLE || isBlocked(state.portalId, now))
        report(slot, 'unused', now);
      else state.waiters.next()?.resolve(permitOf(slot));
    }
    if (state.idle.length > 0) withIdle.add(state);
    else withIdle.delete(state);
    forgetIfDone(state);
  }

  function isBlocked(portalId: number, now: number): boolean {
    return (blocks.get(portalId)?.until ?? 0) > now;
  }

  function permitOf(slot: Slot): Permit {
    slot.since = performance.now();
    out.add(slot);
    wakeAt(slot.since + leaseMs / 2);
    return {
      portalId: slot.portalId,
      get expiresInMs() {
        return slot.usableUntil - performance.now();
      },
      use(answeredAgeMs) {
        if (out.delete(slot)) report(slot, 'used', performance.now() - Math.max(0, answeredAgeMs));
      },
      giveBack() {
        if (!out.delete(slot)) return;
        slot.since = performance.now();
        if (stopped) return report(slot, 'unused', slot.since);
        const state = stateOf(slot.portalId);
        state.idle.push(slot);
        serve(state);
        wakeAt(slot.since + FLUSH_MS);
      },
    };
  }

  function report(slot: Slot, what: Report['what'], at: number): void {
    reports.push({ slot, what, at });
    wakeAt(performance.now() + FLUSH_MS);
  }

  // --- when to ask --------------------------------------------------------------------------------------------------------

  function dueAt(state: PortalState): number {
    return Math.min(
      state.waiters.fast > 0 ? state.fastAt : Infinity,
      state.waiters.slow > 0 ? state.slowAt : Infinity,
    );
  }

  function wakeAt(at: number): void {
    const when = Math.max(at, retryAt);
    if (running || when >= timerAt) return; // the running exchange looks at everything when it ends
    clearTimeout(timer);
    timerAt = when;
    timer = setTimeout(wake, Math.max(0, Math.ceil(when - performance.now())));
    if (stopped) timer.unref(); // an answer that comes after the end is booked if there is time for it
  }

  function wake(): void {
    timer = undefined;
    timerAt = Infinity;
    if (running) return;
    running = exchangeWhileDue().finally(() => {
      running = undefined;
      wakeAt(nextWake());
    });
  }

  function nextWake(): number {
    let at = reports.length > 0 ? (reports[0]?.at ?? 0) + FLUSH_MS : Infinity;
    for (const state of withIdle) at = Math.min(at, (state.idle[0]?.since ?? Infinity) + FLUSH_MS);
    for (const state of waiting.values()) at = Math.min(at, dueAt(state));
    if (!stopped) for (const slot of out) at = Math.min(at, renewAt(slot));
    return at;
  }

  function renewAt(slot: Slot): number {
    return slot.usableUntil + guardMs - leaseMs / 2;
  }

  // --- the exchange with the database -------------------------------------------------------------------------------------

  async function exchangeWhileDue(): Promise<void> {
    for (;;) {
      const now = performance.now();
      if (now < retryAt) return;
      returnIdle(now);
      const wanted = collectWanted(now);
      const renewed = collectRenewals(now);
      const flush = reports[0] !== undefined && (stopped || reports[0].at + FLUSH_MS <= now + 1);
      if (wanted.length === 0 && renewed.length === 0 && !flush) return;
      if (!(await exchange(wanted, renewed))) return;
    }
  }

  function returnIdle(now: number): void {
    for (const state of withIdle) {
      while (state.idle[0] && (stopped || state.idle[0].since + FLUSH_MS <= now + 1)) {
        const slot = state.idle.shift();
        if (slot) reports.push({ slot, what: 'unused', at: now - FLUSH_MS });
      }
      if (state.idle.length === 0) withIdle.delete(state);
      forgetIfDone(state);
    }
  }

  function collectWanted(now: number): { state: PortalState; fast: number; slow: number }[] {
    const wanted: { state: PortalState; fast: number; slow: number }[] = [];
    for (const state of waiting.values()) {
      const fast = state.fastAt <= now ? Math.min(state.waiters.fast, MOST_PER_LEASE) : 0;
      const slow = state.slowAt <= now ? Math.min(state.waiters.slow, MOST_PER_LEASE - fast) : 0;
      if (fast + slow > 0) wanted.push({ state, fast, slow });
      if (wanted.length === MOST_PORTALS) break;
    }
    // Those who are asked for go to the end, so that with many portals each has its turn.
    for (const { state } of wanted) {
      waiting.delete(state.portalId);
      waiting.set(state.portalId, state);
    }
    return wanted;
  }

  function collectRenewals(now: number): Slot[] {
    const renewed: Slot[] = [];
    for (const slot of out) {
      if (now - slot.since > MOST_HOLD_MS) {
        out.delete(slot);
        logger.error('A permit was neither used nor given back', {
          portalId: slot.portalId,
          heldMs: Math.round(now - slot.since),
        });
      } else if (renewAt(slot) <= now + 1) renewed.push(slot);
    }
    return renewed;
  }

  async function exchange(
    wanted: { state: PortalState; fast: number; slow: number }[],
    renewed: Slot[],
  ): Promise<boolean> {
    const sentReports = reports.splice(0, MOST_REPORTS);
    const sentSeen = [...seen];
    seen.clear();
    const sentAt = performance.now();
    const ages = (what: SlotReport['what'], slot: Slot, at: number): SlotReport => {
      return { portalId: slot.portalId, n: slot.n, fence: slot.fence, what, ageMs: Math.max(0, sentAt - at) };
    };
    const request: Exchange = {
      back: [
        ...sentReports.map(({ slot, what, at }) => ages(what, slot, at)),
        ...renewed.map((slot) => ages('in_flight', slot, sentAt)),
      ],
      seen: sentSeen.map(([portalId, { remaining, at }]) => ({
        portalId,
        remaining,
        ageMs: sentAt - at + HEADER_SLACK_MS,
      })),
      wanted: wanted.map(({ state, fast, slow }) => ({ portalId: state.portalId, fast, slow })),
      create: wanted.some(({ state }) => !rings.has(state.portalId)),
    };
    try {
      const result = await exchangeSlots(pool, shape, request);
      failures = 0;
      book(result, request, renewed, sentAt);
      return true;
    } catch (error) {
      // What could not be reported is reported later; its age grows meanwhile. Headers are not: newer ones will come.
      if (!stopped) reports = [...sentReports, ...reports];
      fail(error, wanted);
      return false;
    }
  }

  function fail(error: unknown, wanted: readonly { state: PortalState }[]): void {
    failures += 1;
    retryAt = performance.now() + Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** (failures - 1));
    if (isTransientDatabaseError(error)) {
      if (failures === 1)
        logger.warn('The budget cannot reach the database; those who wait go on waiting', { error });
      return;
    }
    logger.error('The budget cannot be read', { error });
    for (const { state } of wanted) {
      rejectAll(
        state,
        new AppError('internal', 'The budget of HubSpot requests cannot be read', { cause: error }),
      );
    }
  }

  function book(result: ExchangeResult, request: Exchange, renewed: readonly Slot[], sentAt: number): void {
    const usableUntil = sentAt + leaseMs - guardMs;
    bookReports(result, request, renewed, usableUntil);
    const got = new Map<number, number>();
    for (const { portalId, n, fence } of result.leased) {
      got.set(portalId, (got.get(portalId) ?? 0) + 1);
      stateOf(portalId).idle.push({ portalId, n, fence, usableUntil, since: performance.now() });
    }
    const asked = new Map(request.wanted.map((entry) => [entry.portalId, entry]));
    for (const ring of result.rings) {
      const want = asked.get(ring.portalId);
      if (want) bookRing(ring, want, got.get(ring.portalId) ?? 0, request.create, sentAt);
    }
  }

  function bookReports(
    result: ExchangeResult,
    request: Exchange,
    renewed: readonly Slot[],
    usableUntil: number,
  ): void {
    if (result.taken.length === request.back.length && renewed.length === 0) return;
    const taken = new Set(result.taken.map(keyOf));
    for (const slot of renewed) if (taken.has(keyOf(slot))) slot.usableUntil = usableUntil;
    for (const entry of request.back) {
      if (entry.what === 'unused' || taken.has(keyOf(entry))) continue;
      logger.warn('A slot was taken over before its request was booked', {
        portalId: entry.portalId,
        what: entry.what,
      });
      metrics?.slotLost({ portalId: entry.portalId });
    }
    for (const slot of renewed) {
      if (taken.has(keyOf(slot))) continue;
      slot.usableUntil = -Infinity;
      out.delete(slot);
    }
  }

  function bookRing(
    ring: ExchangeResult['rings'][number],
    want: { fast: number; slow: number },
    got: number,
    created: boolean,
    sentAt: number,
  ): void {
    const state = stateOf(ring.portalId);
    const now = performance.now();
    if (ring.slots === 0) {
      rings.delete(ring.portalId);
      if (created) rejectAll(state, new AppError('not_found', `Portal ${ring.portalId} is not connected`));
      return;
    }
    if (rings.size > 100_000) rings.clear();
    rings.add(ring.portalId);
    if (ring.blockedMs) {
      const reason = ring.blockedReason ?? 'blocked';
      blocks.set(ring.portalId, { until: now + ring.blockedMs, reason, storedAt: sentAt });
    } else if ((blocks.get(ring.portalId)?.storedAt ?? 0) <= sentAt) {
      blocks.delete(ring.portalId);
    }
    const blockedMs = (blocks.get(ring.portalId)?.until ?? 0) - now;
    if (blockedMs > 0) {
      state.fastAt = state.slowAt = now + Math.min(blockedMs + TIMER_GRAIN_MS, BLOCKED_POLL_MS);
    } else {
      const freeInMs = ring.nextMs ?? 0;
      const knownMs = ring.leased > got ? LEASED_POLL_MS : Infinity;
      // Free and not ours: somebody else is taking it, or it is left to fast priorities for a moment.
      const again = (ms: number, served: boolean) =>
        ms <= 0 && served
          ? 0
          : now + Math.max(served ? 0 : LEAST_POLL_MS, Math.min(ms + TIMER_GRAIN_MS, knownMs));
      state.fastAt = again(freeInMs, got >= want.fast);
      state.slowAt = again(freeInMs > 0 ? freeInMs + PATIENCE_MS : 0, got >= want.fast + want.slow);
    }
    serve(state);
  }

  function rejectAll(state: PortalState, error: AppError): void {
    for (let waiter = state.waiters.next(); waiter; waiter = state.waiters.next()) waiter.reject(error);
    forgetIfDone(state);
  }

  return {
    acquire,
    correct(portalId, { remaining, max, sentMsAgo = 0 }) {
      if (remaining >= shape.slots || !(max > 0)) return;
      const known = seen.get(portalId) ?? { remaining: Infinity, at: Infinity };
      seen.set(portalId, {
        remaining: Math.max(0, Math.min(remaining, known.remaining)),
        at: Math.min(performance.now() - sentMsAgo, known.at),
      });
    },
    async block(portalId, ms, reason) {
      const block: Block = { until: performance.now() + ms, reason, storedAt: Infinity };
      if ((blocks.get(portalId)?.until ?? 0) < block.until) blocks.set(portalId, block);
      const state = waiting.get(portalId);
      if (state) {
        for (const slot of state.idle.splice(0)) report(slot, 'unused', performance.now());
        withIdle.delete(state);
        state.fastAt = state.slowAt = performance.now() + Math.min(ms, BLOCKED_POLL_MS);
        forgetIfDone(state);
      }
      await blockRing(pool, portalId, shape.ring, ms, reason);
      block.storedAt = performance.now();
    },
    blocked(portalId) {
      const block = blocks.get(portalId);
      const ms = (block?.until ?? 0) - performance.now();
      if (!block || ms > 0) return block && { ms, reason: block.reason };
      blocks.delete(portalId);
      return undefined;
    },
    async stop() {
      stopped = true;
      for (const state of [...waiting.values()]) rejectAll(state, stoppedError());
      await running;
      wake();
      await running;
      clearTimeout(timer);
      timerAt = Infinity;
    },
  };
}

function keyOf({ portalId, n, fence }: { portalId: number; n: number; fence: number }): string {
  return `${portalId}/${n}/${fence}`;
}

function stoppedError(): AppError {
  return new AppError('unavailable', 'This process is stopping and sends nothing to HubSpot any more');
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('The wait for a slot was ended');
}
