import type { NewEvent } from '../../db/outbox/enqueue.js';
import type { InboxEvent } from '../../db/outbox/inbox.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import { generic } from '../../sdk/outbox/registry/generic.js';
import type { PayloadProblem, Registry } from '../../sdk/outbox/registry/registry.js';
import type { Destination } from './destination.js';
import { interpret } from './interpret.js';
import type { WorkspaceSettings, WorkspaceSettingsCache } from './workspaceSettings.js';

type CapturedEvent = Pick<
  InboxEvent,
  'type' | 'version' | 'payload' | 'orderingKey' | 'note' | 'occurredAt' | 'capturedAt'
>;

/** `invalid` is the reason why the event cannot be understood, or null. */
type Validated = Pick<NewEvent, 'version' | 'orderingKey' | 'invalid' | 'errorClass'> & {
  /** Where in the payload the reason lies, as far as it does. */
  readonly fields?: readonly PayloadProblem[];
};

/** That of a type is made of the payload; an event's own is bounded where it is captured. It must fit into an index. */
const MAX_ORDERING_KEY = 200;

/**
 * Validates an event as it was captured: the version and the ordering key with which it is sent, or why it cannot be
 * understood. Pure, so that an event whose type has been corrected can be validated again.
 */
export function validateEvent(
  event: CapturedEvent,
  destination: Destination,
  registry: Registry,
  settings: WorkspaceSettings,
  options: Pick<EventContext, 'contactKeyProperty'>,
): Validated {
  const invalid = (reason: string): Validated => ({
    version: event.version,
    orderingKey: event.orderingKey,
    invalid: reason,
  });
  if (event.note !== null) return invalid(event.note.trim() || 'it was marked as invalid, without a reason');
  if (destination.problem !== undefined) {
    const { problem, errorClass } = destination;
    return { ...invalid(problem), ...(errorClass && { errorClass }) };
  }
  const context = {
    eventId: '0',
    portalId: String(destination.portalId),
    occurredAt: (event.occurredAt ?? event.capturedAt).toISOString(),
    ...options,
  };
  // A generic event is validated by the mapping of today, whatever version its sender may have named.
  const version = event.type === generic.name ? null : event.version;
  const interpreted = interpret({ ...event, version }, context, registry, settings);
  if (!interpreted.ok)
    return { ...invalid(interpreted.reason), ...(interpreted.fields && { fields: interpreted.fields }) };
  const orderingKey = event.orderingKey?.trim() || interpreted.orderingKey;
  if (orderingKey !== null && orderingKey.length > MAX_ORDERING_KEY)
    return invalid(`its ordering key is longer than ${MAX_ORDERING_KEY} characters`);
  return { version: interpreted.version, orderingKey, invalid: null };
}

/**
 * Validates by the settings that are cached; a generic event that is invalid by them once more by settings read at
 * `sinceMs` or later.
 */
export async function validateByFreshSettings(
  event: CapturedEvent,
  destination: Destination,
  sinceMs: number,
  deps: {
    readonly registry: Registry;
    readonly settings: Pick<WorkspaceSettingsCache, 'of'>;
    readonly options: Pick<EventContext, 'contactKeyProperty'>;
  },
): Promise<Validated> {
  const { registry, settings, options } = deps;
  const { workspaceId } = destination;
  const cached = validateEvent(event, destination, registry, await settings.of(workspaceId), options);
  if (cached.invalid === null || event.type !== generic.name) return cached;
  return validateEvent(event, destination, registry, await settings.of(workspaceId, sinceMs), options);
}
