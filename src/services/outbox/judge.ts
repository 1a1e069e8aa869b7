import { createHash } from 'node:crypto';
import type { InboxEvent } from '../../db/outbox/inbox.js';
import type { NewEvent } from '../../db/outbox/enqueue.js';
import { interpret } from './interpret.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import { generic } from '../../sdk/outbox/registry/generic.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { OutboxSettings, WorkspaceSettings } from './workspaceSettings.js';

/** Whose an event is: found by the collector, or by the key of the API. */
export interface Destination {
  readonly workspaceId: string;
  /** Null: it names no portal that is connected; `problem` says so. */
  readonly portalId: number | null;
  readonly problem?: string;
}

export type JudgedEvent = Pick<
  InboxEvent,
  'type' | 'version' | 'payload' | 'orderingKey' | 'note' | 'occurredAt' | 'capturedAt'
>;

/**
 * Judges an event as it was captured: what it is worth sending, in which order, or why it cannot be understood. Pure, so that an event
 * whose type was mended meanwhile can be judged anew.
 */
export function judge(
  event: JudgedEvent,
  destination: Destination,
  registry: Registry,
  settings: WorkspaceSettings,
  options: Pick<EventContext, 'contactKeyProperty'>,
): Pick<NewEvent, 'version' | 'orderingKey' | 'invalid'> {
  const invalid = (reason: string) => ({
    version: event.version,
    orderingKey: event.orderingKey,
    invalid: reason,
  });
  if (event.note !== null) return invalid(event.note);
  if (destination.problem !== undefined) return invalid(destination.problem);
  const context = {
    eventId: '0',
    portalId: String(destination.portalId),
    occurredAt: (event.occurredAt ?? event.capturedAt).toISOString(),
    ...options,
  };
  // A generic event is judged by the mapping of today, whatever version its sender may have named.
  const version = event.type === generic.name ? null : event.version;
  const meant = interpret({ ...event, version }, context, registry, settings);
  if (!meant.ok) return invalid(meant.reason);
  return { version: meant.version, orderingKey: event.orderingKey ?? meant.orderingKey, invalid: null };
}

/** Judges by what is known; an event that is found wanting is judged once more by settings that were read since then. */
export async function judgeSurely(
  event: JudgedEvent,
  destination: Destination,
  sinceMs: number,
  deps: {
    readonly registry: Registry;
    readonly settings: Pick<OutboxSettings, 'of'>;
    readonly options: Pick<EventContext, 'contactKeyProperty'>;
  },
): Promise<ReturnType<typeof judge>> {
  const { registry, settings, options } = deps;
  const by = async (since?: number) =>
    judge(event, destination, registry, await settings.of(destination.workspaceId, since), options);
  const judged = await by();
  return judged.invalid === null || event.type !== generic.name ? judged : by(sinceMs);
}

/** Tells a repeat of a key from a key that is used for something else. */
export function bodyHash(type: string, payload: string): Buffer {
  return createHash('sha256').update(type).update('\0').update(payload).digest();
}
