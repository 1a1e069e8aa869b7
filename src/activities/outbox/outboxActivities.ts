import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import { claimEvents } from '../../db/outbox/claims.js';
import { keepAwake, nextDueInMs, type OutboxPortal } from '../../db/outbox/portals.js';
import { forWorkspace } from '../../db/tenant.js';
import { deliverClaim } from './deliverClaim.js';
import type { DeliveryDependencies } from './deliveryDependencies.js';
import { createRoomForClaims } from './roomForClaims.js';
import type { Delivered } from './settleClaim.js';
import { crashPoint } from '../../platform/crashPoint.js';

export type OutboxActivities = ReturnType<typeof createOutboxActivities>;

export interface DeliveryProgress {
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  /** Nothing is ready and nothing soon will be: the next event starts the delivery anew. */
  readonly idle: boolean;
}

type Dependencies = Omit<DeliveryDependencies, 'leaseMs'> & {
  /** HUBSPOT_ENABLED. */
  readonly enabled: boolean;
  /** Names this process in claims. */
  readonly owner: string;
  readonly leaseMs?: number;
  readonly lingerMs?: number;
};

/**
 * Requests of several claims are under way at once, so that the portal's limit is used while answers are on their
 * way.
 */
const CLAIMS_AT_ONCE = 3;
const MAX_PER_CLAIM = 300;
const LEASE_MS = 30_000;
/**
 * How long it waits for more before it goes to sleep: an application that reports now and then does not start it each
 * time.
 */
const LINGER_MS = 5000;
const LOOK_MS = 200;
const AWAKE_MS = 15_000;
const HEARTBEAT_MS = 3000;
/** Then the workflow begins a new activity: progress is seen, and a worker that is asked to stop can. */
const MAX_ACTIVITY_MS = 10 * 60_000;

export function createOutboxActivities(deps: Dependencies) {
  const { pool, owner, logger } = deps;
  const leaseMs = deps.leaseMs ?? LEASE_MS;
  const lingerMs = deps.lingerMs ?? LINGER_MS;
  const room = createRoomForClaims();

  return {
    /**
     * Delivers a portal's events until none has been ready for a while. Safe to repeat and to run twice at once: what
     * is in hand stands in claims, and what was sent in the ledger.
     */
    async deliverEvents(portal: OutboxPortal): Promise<DeliveryProgress> {
      const db = forWorkspace(pool, portal.workspaceId);
      if (!deps.enabled) return { done: 0, retried: 0, dead: 0, idle: true };
      const signal = cancellationSignal();
      const endsAt = performance.now() + MAX_ACTIVITY_MS;
      const total = { done: 0, retried: 0, dead: 0 };
      let busyAt = performance.now();
      let refused = false;
      const over = () => signal.aborted || refused || performance.now() > endsAt;

      /** Takes claims for as long as there are any. */
      async function deliverClaims(): Promise<void> {
        const place = room.place();
        const request = async () => ({
          ...portal,
          ...{ owner, leaseMs, max: (await place.ask()) ?? MAX_PER_CLAIM },
        });
        const nextRequest = () => (over() ? undefined : request());
        try {
          while (!over()) {
            let claim = await claimEvents(pool, await request());
            if (!claim) return;
            crashPoint('outbox.delivery.claimed');
            while (claim) {
              place.hold(claim);
              const delivered: Delivered = await deliverClaim(
                { ...deps, leaseMs },
                portal,
                claim,
                nextRequest,
              );
              total.done += delivered.done;
              total.retried += delivered.retried;
              total.dead += delivered.dead;
              refused ||= delivered.refused;
              busyAt = performance.now();
              claim = delivered.next;
            }
          }
        } finally {
          place.free();
        }
      }

      await keepAwake(db, portal.portalId, AWAKE_MS);
      crashPoint('outbox.delivery.awake');
      const heartbeats = setInterval(() => {
        heartbeat(total);
        keepAwake(db, portal.portalId, AWAKE_MS).catch((error: unknown) =>
          logger.warn('A delivery could not say that it is awake', { portalId: portal.portalId, error }),
        );
      }, HEARTBEAT_MS);
      try {
        while (!over() && performance.now() - busyAt < lingerMs) {
          await Promise.all(Array.from({ length: CLAIMS_AT_ONCE }, deliverClaims));
          const dueMs = await nextDueInMs(db, portal.portalId);
          // one that waits for its time is worth the wait
          if (dueMs !== null && dueMs < lingerMs) busyAt = performance.now();
          await delay(LOOK_MS);
        }
      } finally {
        clearInterval(heartbeats);
      }
      signal.throwIfAborted();
      const idle = performance.now() <= endsAt;
      if (idle) {
        // First asleep, then a last look: events that come between the two find it asleep, or are found.
        await keepAwake(db, portal.portalId, null);
        crashPoint('outbox.delivery.asleep');
        if (!refused) await deliverClaims();
      }
      return { ...total, idle };
    },
  };
}
