import {
  exchangeSlots,
  type BucketShape,
  type BucketState,
  type Exchange,
  type ExchangeResult,
} from '../../db/hubspot/exchangeSlots.js';
import type { Queryable } from '../../db/pool.js';
import { PRIORITIES } from '../../domain/hubspot/priorities.js';
import { AppError } from '../../platform/errors.js';
import { createCache } from '../../platform/cache.js';
import type { Blocks } from './blocks.js';
import type { Corrections } from './corrections.js';
import { reportOf, type LeasedSlots, type Slot } from './leasedSlots.js';
import { BLOCKED_POLL_MS, nextAsks, nextAskWhileBlocked, type Pace } from './pace.js';
import type { PortalWorkspaces } from './portalWorkspaces.js';
import { AT_ONCE, type Demand, type WaitingRequests } from './waitingRequests.js';

interface Dependencies {
  readonly pool: Queryable;
  readonly shape: BucketShape;
  readonly pace: Pace;
  readonly workspaces: PortalWorkspaces;
  readonly requests: WaitingRequests;
  readonly slots: LeasedSlots;
  readonly blocks: Blocks;
  readonly corrections: Corrections;
  /** How often the portal's circuit breaker has opened in a row, each time that the database says so. */
  readonly breakerSeen?: ((portalId: number, opens: number) => void) | undefined;
}

type Sent = Omit<Exchange, 'workspaceIds'>;

/** Clocks of two machines and the grain of timers differ by so much: headers are not taken literally within it. */
const HEADER_SLACK_MS = 100;
const MAX_REMEMBERED = 100_000;

/**
 * One statement with which a process says what became of its slots and leases others. Rejects as the statement does:
 * then reports are kept for the next time, and headers are not, since newer ones will come.
 */
export function createSlotExchange(
  deps: Dependencies,
): (demands: readonly Demand[], renewals: readonly Slot[]) => Promise<void> {
  const { pool, shape, pace, workspaces, requests, slots, blocks, corrections } = deps;
  /** Portals whose bucket is known to exist. */
  const created = createCache<number, true>({ max: MAX_REMEMBERED });

  /** Rejects the requests of portals that are not known, and returns the demands of the others. */
  async function ofKnownPortals(demands: readonly Demand[]): Promise<Demand[]> {
    await workspaces.learn(demands.map(({ portalId }) => portalId));
    return demands.filter(({ portalId }) => {
      if (workspaces.known(portalId) !== undefined) return true;
      requests.reject(portalId, notConnected(portalId));
      return false;
    });
  }

  function workspaceIdsOf({ back, seen, wanted }: Sent): string[] {
    const ids = [...back, ...seen, ...wanted].map(({ portalId }) => workspaces.known(portalId));
    return [...new Set(ids.filter((id) => id !== undefined))];
  }

  function book(result: ExchangeResult, sent: Sent, renewals: readonly Slot[], sentAt: number): void {
    slots.book(sent.back, renewals, result.taken, sentAt);
    for (const { portalId, what } of result.taken) if (what === 'probe_unused') unblock(portalId, ['probe']);
    const got = keepLeased(result, sentAt);
    const aheadMs = new Map(result.paces.map(({ portalId, paceMs }) => [portalId, paceMs]));
    const buckets = new Map(result.buckets.map((bucket) => [bucket.portalId, bucket]));
    for (const { portalId, counts } of sent.wanted) {
      const bucket = buckets.get(portalId);
      if (!bucket) continue;
      bookBlock(bucket, sentAt);
      if (bucket.slots === 0) {
        created.delete(portalId);
        if (sent.create) requests.reject(portalId, notConnected(portalId));
      } else {
        created.set(portalId, true);
        const now = performance.now();
        const leftMs = blocks.leftMs(portalId, now);
        const news = {
          ...bucket,
          aheadMs: aheadMs.get(portalId),
          wanted: counts,
          got: got.get(portalId) ?? [],
        };
        const untilUnblocked = PRIORITIES.map(() => nextAskWhileBlocked(leftMs, now));
        requests.askAt(portalId, leftMs > 0 ? untilUnblocked : nextAsks(pace, news, now));
      }
      requests.serve(portalId);
    }
  }

  /** Takes over the slots that were leased, and returns how many a portal got, by priority. */
  function keepLeased({ leased, buckets }: ExchangeResult, sentAt: number): Map<number, number[]> {
    const taken = new Map(buckets.map((bucket) => [bucket.portalId, bucket.taken]));
    const got = new Map<number, number[]>();
    for (const { portalId, n, fence, priority: leasedFor, probe } of leased) {
      const priority = PRIORITIES.find((one) => one === leasedFor) ?? 'completion';
      const index = PRIORITIES.indexOf(priority);
      const counts = got.get(portalId) ?? PRIORITIES.map(() => 0);
      counts[index] = (counts[index] ?? 0) + 1;
      got.set(portalId, counts);
      slots.addIdle({
        ...{ portalId, n, fence, priority, probe, taken: taken.get(portalId) },
        usableUntil: slots.usableUntil(sentAt),
        since: performance.now(),
      });
    }
    return got;
  }

  function bookBlock({ portalId, blockedMs, blockedReason, opens }: BucketState, sentAt: number): void {
    const reason = blockedReason ?? 'blocked';
    // A probe's result ends its block, most often soon.
    const maxMs = reason === 'probe' ? BLOCKED_POLL_MS : Infinity;
    blocks.applyStored(portalId, blockedMs ? { ms: Math.min(blockedMs, maxMs), reason } : undefined, sentAt);
    deps.breakerSeen?.(portalId, opens ?? 0);
  }

  function unblock(portalId: number, reasons: readonly string[]): void {
    if (blocks.unblock(portalId, reasons)) requests.askAt(portalId, AT_ONCE);
  }

  return async (demands, renewals) => {
    const reports = slots.takeReports();
    const readings = corrections.take();
    try {
      const asked = await ofKnownPortals(demands);
      const sentAt = performance.now();
      const sent: Sent = {
        back: [
          ...reports.map(({ slot, what, at }) => reportOf(slot, what, sentAt - at)),
          ...renewals.map((slot) => reportOf(slot, 'in_flight', 0)),
        ],
        seen: readings.map(({ portalId, remaining, max, at }) => ({
          portalId,
          remaining,
          max,
          ageMs: sentAt - at + HEADER_SLACK_MS,
        })),
        wanted: asked,
        create: asked.some(({ portalId }) => created.get(portalId) === undefined),
      };
      const result = await exchangeSlots(pool, shape, { ...sent, workspaceIds: workspaceIdsOf(sent) });
      book(result, sent, renewals, sentAt);
    } catch (error) {
      slots.putBack(reports);
      throw error;
    }
  };
}

function notConnected(portalId: number): AppError {
  return new AppError('not_found', `Portal ${portalId} is not connected`);
}
