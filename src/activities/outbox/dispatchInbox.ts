import { enqueueEvents, type NewEvent } from '../../db/outbox/enqueue.js';
import { moveFromForeignInbox, type ForeignInbox } from '../../db/outbox/foreignInbox.js';
import { takeFromInbox, type InboxEvent } from '../../db/outbox/inbox.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inTransaction } from '../../db/transaction.js';
import { ensureDefaultWorkspace } from '../../db/workspaces/workspaces.js';
import type { Config } from '../../platform/config/config.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { bodyHash } from '../../services/outbox/bodyHash.js';
import { destinationOf } from '../../services/outbox/destination.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import { validateByFreshSettings } from '../../services/outbox/validateEvent.js';
import type { WakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';

export interface DispatchDependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly registry: Registry;
  readonly wakeDeliveries: WakeDeliveries;
  /** Where the inbox stands, if not in our own database. */
  readonly foreign?: ForeignInbox | undefined;
  readonly config: Pick<Config, 'HUBSPOT_PORTAL_ID'>;
  readonly settings: WorkspaceSettingsCache;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly metrics: Pick<OutboxMetrics, 'captured'>;
}

/**
 * Moves the oldest events from the inbox to the outbox of their portal, at most `max`, and wakes its delivery. Any
 * number of processes may do so at once; each takes what no other has in hand. Returns how many events it moved.
 */
export async function dispatchInbox(deps: DispatchDependencies, max: number): Promise<number> {
  const { pool, foreign } = deps;
  let validated: readonly NewEvent[] = [];
  const enqueue = async (client: Queryable, events: readonly InboxEvent[]): Promise<void> => {
    const takenMs = performance.now();
    validated = await Promise.all(events.map((event) => validate(deps, event, takenMs)));
    const answers = await enqueueEvents(client, validated);
    const conflicts = validated.flatMap((event, n) => {
      const answer = answers[n];
      return answer?.status === 'conflict' ? [{ ...event, ...conflictWith(answer.eventId) }] : [];
    });
    await enqueueEvents(client, conflicts);
  };
  const taken = foreign
    ? await moveFromForeignInbox(foreign, max, enqueue)
    : await inTransaction(pool, async (client) => {
        const events = await takeFromInbox(client, max);
        await enqueue(client, events);
        return events.length;
      });
  deps.metrics.captured(taken, validated.filter(({ invalid }) => invalid !== null).length);
  await deps.wakeDeliveries(validated);
  return taken;
}

async function validate(deps: DispatchDependencies, event: InboxEvent, sinceMs: number): Promise<NewEvent> {
  const { pool, portalResolver, config } = deps;
  const portalId = event.portalId ?? config.HUBSPOT_PORTAL_ID;
  const destination = await destinationOf(portalId, portalResolver, () => ensureDefaultWorkspace(pool));
  const payload = JSON.stringify(event.payload ?? null);
  return {
    workspaceId: destination.workspaceId,
    portalId: destination.portalId,
    id: event.id,
    type: event.type,
    eventKey: event.eventKey,
    bodyHash: bodyHash(event.type, payload),
    payload,
    occurredAt: event.occurredAt,
    capturedAt: event.capturedAt,
    ...(await validateByFreshSettings(event, destination, sinceMs, deps)),
  };
}

/** An event whose key belongs to another one is kept, under no key, with the reason. */
function conflictWith(eventId: string): Pick<NewEvent, 'eventKey' | 'invalid'> {
  const invalid = `its key belongs to event ${eventId}, which has another type or payload: redrive it if it is meant, discard it if not`;
  return { eventKey: null, invalid };
}
