import { assignStrays, endPortalEvents, outboxPortalsToEnd } from '../../db/outbox/portalEnd.js';
import { forgetRefusedEvents } from '../../db/outbox/customEvents.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { PortalHook } from '../portals/portalHooks.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
}

const MAX_AT_ONCE = 500;
const MAX_PORTALS = 100;
const MAX_STRAYS = 1000;
const REASON = 'The portal was disconnected: connect it, then redrive';

/** What the outbox does when a portal goes: its events end as dead letters (`disconnected`), with the reason. */
export function createOutboxPortalHook({ pool, logger }: Dependencies): PortalHook {
  return {
    /** What waits for a portal that comes back are dead letters, which people redrive. */
    async resumed({ portalId, workspaceId }) {
      await forgetRefusedEvents(forWorkspace(pool, workspaceId), portalId);
      return 0;
    },

    async ending(portal, alive) {
      for (let marked = 0; ;) {
        const { ended, inHand } = await endPortalEvents(pool, portal, {
          ...{ reason: portal.reason, max: MAX_AT_ONCE, all: false },
        });
        crashPoint('outbox.end.batch-ended');
        marked += ended;
        alive();
        if (ended < MAX_AT_ONCE) return { marked, left: inHand };
      }
    },

    async ended(portal, alive) {
      for (let all = 0; ;) {
        const { ended } = await endPortalEvents(pool, portal, {
          ...{ reason: portal.reason, max: MAX_AT_ONCE, all: true },
        });
        crashPoint('outbox.end.rest-ended');
        all += ended;
        alive();
        if (ended < MAX_AT_ONCE) {
          if (all > 0)
            logger.warn('Events of a disconnected portal became dead letters', {
              portalId: portal.portalId,
              events: all,
            });
          return all;
        }
      }
    },
  };
}

/**
 * A sweep of the reconciler: ends events of portals that are gone, a page of each, and gives dead letters without a
 * tenant to who has proved since to hold their portal. A portal whose events cannot be ended holds up no other.
 */
export function createOutboxEndSweep({ pool, logger }: Dependencies) {
  return async (): Promise<number> => {
    let done = 0;
    for (const portal of await outboxPortalsToEnd(pool, MAX_PORTALS)) {
      try {
        const end = { reason: REASON, max: MAX_AT_ONCE, all: true };
        done += (await endPortalEvents(pool, portal, end)).ended;
        crashPoint('outbox.sweep.portal-ended');
      } catch (error) {
        logger.error('The events of a disconnected portal cannot be ended', { ...portal, error });
      }
    }
    return done + (await assignStrays(pool, MAX_STRAYS));
  };
}
