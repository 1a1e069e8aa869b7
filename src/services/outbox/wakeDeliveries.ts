import { portalsAsleep } from '../../db/outbox/portals.js';
import type { NewEvent } from '../../db/outbox/enqueue.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';

/**
 * Starts the deliveries of these portals that sleep. Does not reject for what Temporal says: the relay makes up for
 * it.
 */
export type WakeDeliveries = (
  events: readonly Pick<NewEvent, 'workspaceId' | 'portalId' | 'invalid'>[],
) => Promise<void>;

/**
 * To be called after the commit: either the delivery that goes to sleep sees the events, or this sees that it sleeps.
 */
export function createWakeDeliveries(deps: {
  pool: Pool;
  temporal: Pick<OutboxStarter, 'startDelivery'>;
  logger: Logger;
}): WakeDeliveries {
  const { pool, temporal, logger } = deps;
  return async (events) => {
    for (const [workspaceId, portalIds] of groupByWorkspace(events)) {
      for (const portalId of await portalsAsleep(forWorkspace(pool, workspaceId), [...portalIds])) {
        await temporal.startDelivery({ workspaceId, portalId }).catch((error: unknown) => {
          logger.warn('The delivery of a portal could not be started; the relay starts it', {
            portalId,
            error,
          });
        });
        crashPoint('outbox.wake.delivery-started');
      }
    }
  };
}

function groupByWorkspace(
  events: readonly Pick<NewEvent, 'workspaceId' | 'portalId' | 'invalid'>[],
): Map<string, Set<number>> {
  const groups = new Map<string, Set<number>>();
  for (const { workspaceId, portalId, invalid } of events) {
    if (portalId === null || invalid !== null) continue;
    const group = groups.get(workspaceId) ?? new Set<number>();
    groups.set(workspaceId, group.add(portalId));
  }
  return groups;
}
