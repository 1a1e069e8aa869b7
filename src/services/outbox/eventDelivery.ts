import {
  hasFallback,
  whyNoCustomEvent,
  type CustomEventAccess,
  type FallbackReason,
} from '../../domain/outbox/customEvents.js';
import type { Effect } from '../../domain/outbox/effects.js';
import type { Mapping } from '../../domain/outbox/mapping/mappingSchema.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import { generic } from '../../sdk/outbox/registry/generic.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { interpret } from './interpret.js';

/** A type of events that a portal does not take as it is declared. */
export interface LimitedType {
  /** A mapping's events are of `generic:<name>`. */
  readonly type: string;
  readonly customEvent: string;
  readonly why: FallbackReason;
  /** False: an event of it waits where `why` is `undefined`, and else ends as a dead letter. */
  readonly hasFallback: boolean;
}

/** A custom event that a type of a workspace declares. */
export interface DeclaredEvent {
  readonly type: string;
  readonly customEvent: string;
  readonly hasFallback: boolean;
}

/** Those types that this portal does not take as they are declared. */
export function limitedTypes(declared: readonly DeclaredEvent[], access: CustomEventAccess): LimitedType[] {
  return declared.flatMap((event) => {
    const why = whyNoCustomEvent(access, event.customEvent);
    return why ? [{ ...event, why }] : [];
  });
}

/**
 * The custom events of these types: of the effects that their examples have, and of those that mappings list. Once for
 * all portals of a workspace: each example is interpreted for it.
 */
export function customEventsOf({
  registry,
  mappings,
}: {
  readonly registry: Registry;
  readonly mappings: readonly Mapping[];
}): DeclaredEvent[] {
  const coded = registry.list().flatMap(({ name, version, example }) => {
    if (name === generic.name) return [];
    const found = interpret({ type: name, version, payload: example }, EXAMPLE, registry, NO_MAPPINGS);
    return found.ok ? eventsIn(name, found.effects) : [];
  });
  const mapped = mappings.flatMap(({ name, effects }) =>
    effects.flatMap((effect) =>
      effect.kind === 'customEvent'
        ? [
            {
              type: `${generic.name}:${name}`,
              customEvent: effect.name,
              hasFallback: hasFallback(effect, effects),
            },
          ]
        : [],
    ),
  );
  return [...coded, ...mapped];
}

function eventsIn(type: string, effects: readonly Effect[]): DeclaredEvent[] {
  return effects.flatMap((effect) =>
    effect.kind === 'customEvent'
      ? [{ type, customEvent: effect.name, hasFallback: hasFallback(effect, effects) }]
      : [],
  );
}

const EXAMPLE: Omit<EventContext, 'mapping'> = {
  eventId: '0',
  portalId: '1',
  occurredAt: '2027-01-01T00:00:00.000Z',
};
const NO_MAPPINGS = { mapping: () => undefined };
