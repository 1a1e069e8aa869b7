import { stringifyExactJson } from '../../domain/exactJson.js';
import { describeDataError, isDataError } from '../../db/dataError.js';
import type { NewEvent } from '../../db/outbox/enqueue.js';
import { moveFromForeignInbox, type ForeignInbox } from '../../db/outbox/foreignInbox.js';
import {
  MAX_TAKEN_BYTES,
  readInbox,
  readUnread,
  takeFromInbox,
  takeUnread,
  type InboxEvent,
} from '../../db/outbox/inbox.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inTransaction } from '../../db/transaction.js';
import { soleWorkspace } from '../../db/workspaces/workspaces.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { bodyHash } from '../../services/outbox/bodyHash.js';
import { destinationOf, NO_WORKSPACE, type Destination } from '../../services/outbox/destination.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import { validateByFreshSettings } from '../../services/outbox/validateEvent.js';
import type { WakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import { enqueueApart, enqueueTogether, poisonous, type EnqueueInbox } from './enqueueInbox.js';

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
  readonly logger: Logger;
}

/**
 * Moves the oldest events from the inbox to the outbox of their portal, at most `max`, and wakes its delivery. Any
 * number of processes may do so at once; each takes what no other has in hand. An event that cannot be moved becomes a
 * dead letter, and the others go on. Returns how many events it moved, and whether more were there, as far as can be
 * told.
 */
export async function dispatchInbox(
  deps: DispatchDependencies,
  max: number,
): Promise<{ moved: number; more: boolean }> {
  const moved = await move(deps, max).catch((error: unknown) => {
    if (!isDataError(error)) throw error;
    return moveApart(deps, max, error);
  });
  const dead = moved.filter(({ invalid }) => invalid !== null);
  deps.metrics.captured(moved.length, dead.length);
  crashPoint('outbox.inbox.moved');
  await deps.wakeDeliveries(moved);
  // As text they are about as long as they were there.
  const bytes = moved.reduce((sum, { payload }) => sum + payload.length, 0);
  return { moved: moved.length, more: moved.length === max || bytes > MAX_TAKEN_BYTES / 2 };
}

/** Moves what can be read, each event by itself where the database refuses it; at last the oldest one unread. */
async function moveApart(
  deps: DispatchDependencies,
  max: number,
  error: unknown,
): Promise<readonly NewEvent[]> {
  deps.logger.warn('An event of the inbox cannot be moved; it is looked for and becomes a dead letter', {
    reason: describeDataError(error),
  });
  for (let few = max; few >= 1; few = Math.floor(few / 2)) {
    try {
      return await move(deps, few, { enqueue: enqueueApart });
    } catch (failure) {
      if (!isDataError(failure)) throw failure;
    }
  }
  return move(deps, 1, { enqueue: enqueueApart, unread: true });
}

async function move(
  deps: DispatchDependencies,
  max: number,
  { enqueue = enqueueTogether, unread = false }: { enqueue?: EnqueueInbox; unread?: boolean } = {},
): Promise<readonly NewEvent[]> {
  const { pool, foreign } = deps;
  let moved: readonly NewEvent[] = [];
  const enqueueAll = async (client: Queryable, events: readonly InboxEvent[]): Promise<void> => {
    const takenMs = performance.now();
    moved = await enqueue(client, await Promise.all(events.map((event) => validate(deps, event, takenMs))));
  };
  if (foreign) await moveFromForeignInbox(foreign, unread ? readUnread : readInbox, max, enqueueAll);
  else
    await inTransaction(pool, async (client) =>
      enqueueAll(client, await (unread ? takeUnread : takeFromInbox)(client, max)),
    );
  return moved;
}

async function validate(deps: DispatchDependencies, event: InboxEvent, sinceMs: number): Promise<NewEvent> {
  const { pool, portalResolver, config } = deps;
  const portalId = event.portalId ?? config.HUBSPOT_PORTAL_ID;
  const found = await destinationOf(portalId, portalResolver, async () => {
    // With one tenant there is nobody else's to be kept from.
    return (await soleWorkspace(pool)) ?? NO_WORKSPACE;
  });
  const isNobodys = found.problem !== undefined && found.workspaceId === NO_WORKSPACE;
  const destination: Destination = isNobodys ? { ...found, errorClass: 'unclaimed' as const } : found;
  const payload = stringifyExactJson(event.payload ?? null);
  const kept = {
    workspaceId: destination.workspaceId,
    portalId: destination.portalId,
    id: event.id,
    type: event.type,
    eventKey: event.eventKey,
    bodyHash: bodyHash(event.type, payload),
    payload,
    occurredAt: event.occurredAt,
    capturedAt: event.capturedAt,
  };
  try {
    return { ...kept, ...(await validateByFreshSettings(event, destination, sinceMs, deps)) };
  } catch (error) {
    if (!isDataError(error)) throw error;
    const { version, orderingKey } = event;
    return poisonous({ ...kept, version, orderingKey, invalid: null }, error);
  }
}
