import type { PortalId } from '../../domain/portals/portal.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import {
  EFFECT_KEY_PROPERTY,
  portalCapabilities,
  type PortalCapabilities,
} from '../../domain/outbox/portalCapabilities.js';
import type { OwnProperty } from '../../sdk/outbox/registry/ownProperties.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { neededProperties, type NeededProperty } from './neededProperties.js';
import type { PortalProperties, Presence } from './portalProperties.js';

/** What a portal has for the events that are sent to it. */
export interface Equipment {
  readonly capabilities: PortalCapabilities;
  /** By event id: why a property that the event needs could not be looked for or made. */
  readonly missing: ReadonlyMap<string, Failure>;
}

export interface PortalSetUp {
  /**
   * Makes the properties of Sluice that these events need and the portal lacks, and says what the portal can do. A
   * property that is known costs no request. Where the portal lets us make no key for creates, only the ledger tells
   * a repeated create.
   */
  equip(portal: PortalId, events: readonly PlannableEvent[]): Promise<Equipment>;
  /** HubSpot has said that a property is missing: the portal's properties are looked up anew. */
  forget(portal: PortalId): void;
}

/** Sets portals up for events, with the properties that Sluice may make there. */
export function createPortalSetUp(deps: {
  readonly properties: PortalProperties;
  /** False: nothing is made; what is there is used. */
  readonly make: boolean;
  /** Of names: Sluice makes a property that begins with it. */
  readonly prefix: string;
  /** Full names of the app's own events. */
  readonly appEvents: readonly string[];
}): PortalSetUp {
  const { properties, make, prefix } = deps;
  const appEvents = new Set(deps.appEvents);

  return {
    async equip(portal, events) {
      const needs = events.map(({ id, effects }) => ({
        id,
        needed: neededProperties(effects, { prefix, appEvents }),
      }));
      const presences = new Map<string, ReadonlyMap<string, Presence>>();
      for (const [objectType, wanted] of byObjectType(needs.flatMap(({ needed }) => needed)))
        presences.set(objectType, await properties.ensure(portal, objectType, wanted, { make }));
      const keyed = [...presences].filter(([, names]) => names.get(EFFECT_KEY_PROPERTY) === 'there');
      const capabilities = portalCapabilities(portal.portalId, {
        appEvents,
        keyed: keyed.map(([objectType]) => objectType),
      });
      const missing = needs.flatMap(({ id, needed }) => {
        const failure = failureOf(needed, presences);
        return failure ? [[id, failure] as const] : [];
      });
      return { capabilities, missing: new Map(missing) };
    },

    forget: (portal) => properties.forget(portal),
  };
}

/** Why an event cannot be sent: the first property that it needs and that could not be had. */
function failureOf(
  needed: readonly NeededProperty[],
  presences: ReadonlyMap<string, ReadonlyMap<string, Presence>>,
): Failure | undefined {
  for (const { objectType, property, optional } of needed) {
    const presence = presences.get(objectType)?.get(property.name) ?? 'unknown';
    if (typeof presence === 'string' || (optional && presence.class === 'permanent')) continue;
    return presence;
  }
  return undefined;
}

function byObjectType(needed: readonly NeededProperty[]): Map<string, OwnProperty[]> {
  const types = new Map<string, Map<string, OwnProperty>>();
  for (const { objectType, property } of needed) {
    const properties = types.get(objectType) ?? new Map<string, OwnProperty>();
    types.set(objectType, properties);
    if (!properties.has(property.name)) properties.set(property.name, property);
  }
  return new Map([...types].map(([objectType, properties]) => [objectType, [...properties.values()]]));
}
