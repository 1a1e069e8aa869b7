import { COUNTER_MARKER, EFFECT_KEY_PROPERTY, type PortalTraits } from '../../domain/outbox/operations.js';

/** Objects of which an effect can make a new one each time. */
const CREATED = ['companies', 'deals', 'tickets', 'notes', 'tasks'] as const;

/** `keyed`: the object types that have our unique property for creates; all of them when undefined, as in a portal that lets us make it. */
export function portalTraits(
  portalId: number,
  { appEvents, keyed = CREATED }: { appEvents: ReadonlySet<string>; keyed?: readonly string[] },
): PortalTraits {
  return {
    portalId: String(portalId),
    effectKeyProperties: Object.fromEntries(keyed.map((objectType) => [objectType, EFFECT_KEY_PROPERTY])),
    appEvents,
    counterMarker: COUNTER_MARKER,
  };
}
