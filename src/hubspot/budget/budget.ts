import { setMaxListeners } from 'node:events';
import {
  exchangeSlots,
  type BucketShape,
  type BucketState,
  type Exchange,
  type ExchangeResult,
  type SlotReport,
} from '../../db/hubspot/exchangeSlots.js';
import { isTransientDatabaseError, type Queryable } from '../../db/pool.js';
import type { Bucket } from '../../domain/hubspot/buckets.js';
import { DueQueue } from '../../domain/hubspot/dueQueue.js';
import { PACED, PRIORITIES, WEIGHTS, type Priority } from '../../domain/hubspot/priorities.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createBlocks } from './blocks.js';
import type { PortalWorkspaces } from './portalWorkspaces.js';
import { Waiters, type Waiter } from './waiters.js';

export type { Priority } from '../../domain/hubspot/priorities.js';

/*
 * One of HubSpot's limits of a portal, shared by all processes: a ring of slots in Postgres, each free again one interval after the
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
  /** How many slots of the ring were taken when this one was leased; unknown until the ring was read. */
  readonly taken?: number | undefined;
  /** The one request that a half-open circuit breaker lets through. */
  readonly probe?: boolean;
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
  /** This process gets no permit for `ms`. `stored` ends when the database knows; until then it is not believed when it says otherwise. */
  hold(portalId: number, ms: number, reason: string, stored: Promise<unknown>): void;
  /** Ends a hold of one of these reasons. */
  lift(portalId: number, reasons: readonly string[]): void;
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
  bucket: Bucket;
  workspaces: PortalWorkspaces;
  /** How often the portal's circuit breaker has opened in a row, each time that the database says so. */
  breakerSeen?(portalId: number, opens: number): void;
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
  readonly taken: number | undefined;
  readonly probe: boolean;
  /** What it was leased for; then what it is used for. */
  priority: Priority;
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
  /** Monotonic, by priority: asking before this is in vain. */
  readonly askAt: number[];
  taken: number | undefined;
}

interface Wish {
  readonly state: PortalState;
  /** By priority. */
  readonly counts: readonly number[];
}

interface Report {
  readonly slot: Slot;
  readonly what: 'used' | 'unused';
  readonly at: number;
}

const LEASE_MS = 4000;
/** Share of the lease in which a permit is no longer used: what a request may take from here to HubSpot's counter, and then some. */
const GUARD = 1 / 4;
const MAX_PER_LEASE = 10;
/** A slot that becomes free is left to fast priorities of all processes for this share of the interval, and no longer than … */
const PATIENCE = { share: 1 / 100, mostMs: 30 };
/** How many slots, as a share of the ring, each paced priority may be ahead of an even pace, and at least. */
const BURSTS: Record<(typeof PACED)[number], { share: number; least: number }> = {
  interactive: { share: 1 / 4, least: 2 },
  outbox: { share: 1 / 10, least: 2 },
  sync: { share: 1 / 22, least: 2 },
  backfill: { share: 1 / 22, least: 2 },
};
/** Beyond the longest that one who waits lets pass before it asks again. */
const MARK_MS = 300;
/** The one request of a half-open breaker: above any deadline, since its process may die with it. */
const PROBE_MS = 30_000;
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
const MAX_BLOCK_MS = 120_000;
const MAX_PORTALS = 128;
const MAX_REPORTS = 1000;
/** Clocks of two machines and the grain of timers: headers are not taken at their word within this. */
const HEADER_SLACK_MS = 100;
const BACKOFF_MS = { least: 100, most: 2000 };

/** The budget of one ring in one process. */
export function createBudget(deps: BudgetDependencies): Budget {
  const { pool, logger, metrics, workspaces } = deps;
  const leaseMs = deps.leaseMs ?? LEASE_MS;
  const guardMs = leaseMs * GUARD;
  const paceMs = deps.intervalMs / deps.slots;
  const patienceMs = Math.min(PATIENCE.mostMs, deps.intervalMs * PATIENCE.share);
  const bursts = PACED.map((priority) => {
    const { share, least } = BURSTS[priority];
    return Math.max(least, Math.round(deps.slots * share));
  });
  const shape: BucketShape = {
    owner: deps.owner,
    bucket: deps.bucket,
    slots: deps.slots,
    intervalMs: deps.intervalMs,
    leaseMs,
    patienceMs,
    markMs: MARK_MS + 2 * paceMs,
    probeMs: PROBE_MS,
    weights: PACED.map((priority) => WEIGHTS[priority]),
    bursts,
  };
  const waiting = new Map<number, PortalState>();
  /** Of those in `waiting` for whom somebody waits. */
  const due = new DueQueue<PortalState>();
  const withIdle = new Set<PortalState>();
  /** Permits that are out, by when their lease is to be renewed. */
  const out = new DueQueue<Slot>();
  const rings = new Set<number>();
  const blocks = createBlocks();
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
      wakeAt(due.nextAt);
    });
  }

  function stateOf(portalId: number): PortalState {
    let state = waiting.get(portalId);
    if (!state) {
      state = {
        portalId,
        waiters: new Waiters(),
        idle: [],
        askAt: PRIORITIES.map(() => 0),
        taken: undefined,
      };
      waiting.set(portalId, state);
    }
    return state;
  }

  function forgetIfDone(state: PortalState): void {
    due.set(state, dueAt(state));
    if (state.waiters.size === 0 && state.idle.length === 0) waiting.delete(state.portalId);
  }

  /** Hands idle slots to those who wait. */
  function serve(state: PortalState): void {
    const now = performance.now();
    while (state.idle.length > 0 && state.waiters.size > 0) {
      const slot = state.idle.shift();
      if (!slot) break;
      const refused = blocks.leftMs(state.portalId, now) > 0 && !slot.probe;
      if (refused || slot.usableUntil - now < leaseMs * LEAST_USABLE) report(slot, 'unused', now);
      else {
        const waiter = state.waiters.next(slot.priority);
        if (waiter) slot.priority = waiter.priority;
        waiter?.resolve(permitOf(slot));
      }
    }
    if (state.idle.length > 0) withIdle.add(state);
    else withIdle.delete(state);
    forgetIfDone(state);
  }

  function permitOf(slot: Slot): Permit {
    slot.since = performance.now();
    out.set(slot, renewAt(slot));
    wakeAt(out.nextAt);
    return {
      portalId: slot.portalId,
      taken: slot.taken,
      probe: slot.probe,
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
    let at = Infinity;
    PRIORITIES.forEach((priority, n) => {
      if (state.waiters.count(priority) > 0) at = Math.min(at, state.askAt[n] ?? 0);
    });
    return at;
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
    at = Math.min(at, due.nextAt);
    return stopped ? at : Math.min(at, out.nextAt);
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

  function collectWanted(now: number): Wish[] {
    const wanted: Wish[] = [];
    while (wanted.length < MAX_PORTALS) {
      const state = due.take(now);
      if (!state) break;
      let left = MAX_PER_LEASE;
      const counts = PRIORITIES.map((priority, n) => {
        const count = (state.askAt[n] ?? 0) <= now ? Math.min(state.waiters.count(priority), left) : 0;
        left -= count;
        return count;
      });
      wanted.push({ state, counts });
    }
    return wanted;
  }

  function collectRenewals(now: number): Slot[] {
    const renewed: Slot[] = [];
    for (let slot = out.take(now + 1); slot; slot = out.take(now + 1)) {
      if (now - slot.since > MAX_BLOCK_MS) {
        logger.error('A permit was neither used nor given back', {
          portalId: slot.portalId,
          heldMs: Math.round(now - slot.since),
        });
      } else renewed.push(slot);
    }
    // Once more soon, should nothing come of this one; until then the permit can be used as before.
    for (const slot of renewed) out.set(slot, now + FLUSH_MS);
    return renewed;
  }

  async function exchange(wishes: Wish[], renewed: Slot[]): Promise<boolean> {
    const sentReports = reports.splice(0, MAX_REPORTS);
    const sentSeen = [...seen];
    seen.clear();
    try {
      const wanted = await known(wishes);
      const sentAt = performance.now();
      const back = (slot: Slot, what: SlotReport['what'], at: number): SlotReport => {
        const { portalId, n, fence, priority } = slot;
        return { portalId, n, fence, what, ageMs: Math.max(0, sentAt - at), priority };
      };
      const request: Omit<Exchange, 'workspaceIds'> = {
        back: [
          ...sentReports.map(({ slot, what, at }) =>
            back(slot, what === 'unused' && slot.probe ? 'probe_unused' : what, at),
          ),
          ...renewed.map((slot) => back(slot, 'in_flight', sentAt)),
        ],
        seen: sentSeen.map(([portalId, { remaining, at }]) => ({
          portalId,
          remaining,
          ageMs: sentAt - at + HEADER_SLACK_MS,
        })),
        wanted: wanted.map(({ state, counts }) => ({ portalId: state.portalId, counts })),
        create: wanted.some(({ state }) => !rings.has(state.portalId)),
      };
      const result = await exchangeSlots(pool, shape, { ...request, workspaceIds: workspaceIdsOf(request) });
      failures = 0;
      book(result, request, wanted, renewed, sentAt);
      return true;
    } catch (error) {
      // What could not be reported is reported later; its age grows meanwhile. Headers are not: newer ones will come.
      if (!stopped) reports = [...sentReports, ...reports];
      fail(error, wishes);
      return false;
    }
  }

  /** Tells those who wait for a portal that is not known, and returns the others. */
  async function known(wishes: Wish[]): Promise<Wish[]> {
    await workspaces.learn(wishes.map(({ state }) => state.portalId));
    return wishes.filter(({ state }) => {
      if (workspaces.known(state.portalId) !== undefined) return true;
      rejectAll(state, notConnected(state.portalId));
      return false;
    });
  }

  function workspaceIdsOf({ back, seen, wanted }: Omit<Exchange, 'workspaceIds'>): string[] {
    const ids = new Set<string>();
    for (const { portalId } of [...back, ...seen, ...wanted]) ids.add(workspaces.known(portalId) ?? '');
    ids.delete('');
    return [...ids];
  }

  function fail(error: unknown, wishes: readonly Wish[]): void {
    failures += 1;
    retryAt = performance.now() + Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** (failures - 1));
    for (const { state } of wishes) due.set(state, dueAt(state));
    if (isTransientDatabaseError(error)) {
      if (failures === 1)
        logger.warn('The budget cannot reach the database; those who wait go on waiting', { error });
      return;
    }
    logger.error('The budget cannot be read', { error });
    for (const { state } of wishes) {
      rejectAll(
        state,
        new AppError('internal', 'The budget of HubSpot requests cannot be read', { cause: error }),
      );
    }
  }

  function book(
    result: ExchangeResult,
    request: Omit<Exchange, 'workspaceIds'>,
    wanted: readonly Wish[],
    renewed: readonly Slot[],
    sentAt: number,
  ): void {
    const usableUntil = sentAt + leaseMs - guardMs;
    bookReports(result, request, renewed, usableUntil);
    for (const { portalId, what } of result.taken) if (what === 'probe_unused') lift(portalId, ['probe']);
    const states = new Map(result.buckets.map((bucket) => [bucket.portalId, bucket]));
    const got = new Map<number, number[]>();
    for (const { portalId, n, fence, priority, probe } of result.leased) {
      const counts = got.get(portalId) ?? PRIORITIES.map(() => 0);
      const leasedFor = PRIORITIES.find((one) => one === priority) ?? 'completion';
      const index = PRIORITIES.indexOf(leasedFor);
      counts[index] = (counts[index] ?? 0) + 1;
      got.set(portalId, counts);
      const slot = { portalId, n, fence, probe, priority: leasedFor, taken: states.get(portalId)?.taken };
      stateOf(portalId).idle.push({ ...slot, usableUntil, since: performance.now() });
    }
    const paces = new Map(result.paces.map(({ portalId, paceMs: ahead }) => [portalId, ahead]));
    for (const { state: asked, counts } of wanted) {
      const ring = states.get(asked.portalId);
      if (!ring) continue;
      const state = stateOf(ring.portalId); // a new one, when nobody waited any more
      bookBlock(ring, sentAt);
      if (ring.slots === 0) {
        rings.delete(ring.portalId);
        if (request.create) rejectAll(state, notConnected(ring.portalId));
      } else {
        if (rings.size > 100_000) rings.clear();
        rings.add(ring.portalId);
        bookRing(state, ring, paces.get(ring.portalId), counts, got.get(ring.portalId) ?? []);
      }
      serve(state);
    }
  }

  function bookReports(
    result: ExchangeResult,
    request: Omit<Exchange, 'workspaceIds'>,
    renewed: readonly Slot[],
    usableUntil: number,
  ): void {
    if (result.taken.length === request.back.length && renewed.length === 0) return;
    const taken = new Set(result.taken.map(keyOf));
    for (const slot of renewed) {
      if (!taken.has(keyOf(slot)) || !out.has(slot)) continue;
      slot.usableUntil = usableUntil;
      out.set(slot, renewAt(slot));
    }
    for (const entry of request.back) {
      if (entry.what === 'unused' || entry.what === 'probe_unused' || taken.has(keyOf(entry))) continue;
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

  function bookBlock({ portalId, blockedMs, blockedReason, opens }: BucketState, sentAt: number): void {
    const reason = blockedReason ?? 'blocked';
    // What a probe finds out ends its block, most often soon.
    const mostMs = reason === 'probe' ? BLOCKED_POLL_MS : Infinity;
    const block = blockedMs ? { ms: Math.min(blockedMs, mostMs), reason } : undefined;
    blocks.told(portalId, block, sentAt);
    deps.breakerSeen?.(portalId, opens ?? 0);
  }

  /** When it is worth asking again, for each priority. */
  function bookRing(
    state: PortalState,
    ring: BucketState,
    aheadMs: number | undefined,
    wanted: readonly number[],
    got: readonly number[],
  ): void {
    const now = performance.now();
    state.taken = ring.taken;
    const blockedMs = blocks.leftMs(ring.portalId, now);
    if (blockedMs > 0) {
      state.askAt.fill(now + Math.min(blockedMs + TIMER_GRAIN_MS, BLOCKED_POLL_MS));
      return;
    }
    const freeInMs = Math.max(0, ring.nextMs ?? 0);
    const mine = got.reduce((sum, count) => sum + count, 0);
    const knownMs = ring.leased > mine ? LEASED_POLL_MS : Infinity;
    PRIORITIES.forEach((priority, n) => {
      const served = (got[n] ?? 0) >= (wanted[n] ?? 0);
      const slow = priority === 'sync' || priority === 'backfill';
      const untilFree = freeInMs > 0 ? Math.min(freeInMs + (slow ? patienceMs : 0), knownMs) : 0;
      const untilPaced = n === 0 || aheadMs === undefined ? 0 : aheadMs - ((bursts[n - 1] ?? 1) - 1) * paceMs;
      const ms = Math.max(untilFree, untilPaced);
      // Free and not ours: somebody else is taking it, or is at turn.
      state.askAt[n] =
        ms <= 0 && served ? 0 : now + Math.max(served ? 0 : LEAST_POLL_MS, ms + TIMER_GRAIN_MS);
    });
  }

  function lift(portalId: number, reasons: readonly string[]): void {
    const state = waiting.get(portalId);
    if (!blocks.lift(portalId, reasons) || !state) return;
    state.askAt.fill(0);
    due.set(state, dueAt(state));
    wakeAt(due.nextAt);
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
    hold(portalId, ms, reason, stored) {
      blocks.hold(portalId, ms, reason, stored);
      const state = waiting.get(portalId);
      if (!state) return;
      for (const slot of state.idle.splice(0)) report(slot, 'unused', performance.now());
      withIdle.delete(state);
      state.askAt.fill(performance.now() + Math.min(ms, BLOCKED_POLL_MS));
      forgetIfDone(state);
    },
    lift,
    blocked: (portalId) => blocks.of(portalId),
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

function notConnected(portalId: number): AppError {
  return new AppError('not_found', `Portal ${portalId} is not connected`);
}

function stoppedError(): AppError {
  return new AppError('unavailable', 'This process is stopping and sends nothing to HubSpot any more');
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('The wait for a slot was ended');
}
