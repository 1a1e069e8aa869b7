import { createHash } from 'node:crypto';
import type { InboxEvent } from '../db/outbox/inbox.js';
import type { NewEvent } from '../db/outbox/enqueue.js';
import { EffectsError, type EventContext } from './registry/eventType.js';
import type { Registry } from './registry/registry.js';

/** Whose an event is: found by the collector. */
export interface Destination {
  readonly workspaceId: string;
  /** Null: it names no portal that is connected; `problem` says so. */
  readonly portalId: number | null;
  readonly problem?: string;
}

/**
 * Judges an event as it was captured: what it is worth sending, in which order, or why it cannot be understood. Pure, so that an event
 * whose type was mended meanwhile can be judged anew.
 */
export function judge(
  event: Pick<
    InboxEvent,
    'type' | 'version' | 'payload' | 'orderingKey' | 'note' | 'occurredAt' | 'capturedAt'
  >,
  destination: Destination,
  registry: Registry,
  settings: Pick<EventContext, 'contactKeyProperty' | 'mapping'>,
): Pick<NewEvent, 'version' | 'orderingKey' | 'invalid'> {
  const invalid = (reason: string) => ({
    version: event.version,
    orderingKey: event.orderingKey,
    invalid: reason,
  });
  if (event.note !== null) return invalid(event.note);
  if (destination.problem !== undefined) return invalid(destination.problem);
  const found = registry.check(event.type, event.version ?? undefined, event.payload);
  if (!found.ok) return invalid(found.reason);
  const { type, payload } = found;
  const context: EventContext = {
    eventId: '0',
    portalId: String(destination.portalId),
    occurredAt: (event.occurredAt ?? event.capturedAt).toISOString(),
    ...settings,
  };
  try {
    type.effects(payload, context);
    const orderingKey = event.orderingKey ?? type.orderingKey(payload, context);
    return { version: type.version, orderingKey, invalid: null };
  } catch (error) {
    if (error instanceof EffectsError) return invalid(error.message);
    throw error;
  }
}

/** Tells a repeat of a key from a key that is used for something else. */
export function bodyHash(type: string, payload: string): Buffer {
  return createHash('sha256').update(type).update('\0').update(payload).digest();
}
