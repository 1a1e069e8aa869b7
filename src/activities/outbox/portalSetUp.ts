import type { OutboxPortal } from '../../db/outbox/portals.js';
import { EFFECT_KEY_PROPERTY, type PortalTraits } from '../../domain/outbox/operations.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { neededProperties, type NeededProperty } from './neededProperties.js';
import { portalTraits } from '../../services/outbox/portalTraits.js';
import type { OwnProperty } from '../../sdk/outbox/registry/properties.js';
import type { PortalProperties, Presence } from './portalProperties.js';

export interface PortalSetUp {
  readonly traits: PortalTraits;
  /** Events that need a property which could not be looked for or made, and why. */
  readonly lacking: ReadonlyMap<string, Failure>;
}

/**
 * Makes in a portal what these events need of our properties and it lacks, and says what it can do. Known ones cost nothing. Where the portal
 * lets us make no key for creates, the ledger alone keeps them apart.
 */
export function createPortalSetUp(deps: {
  readonly properties: Pick<PortalProperties, 'ensure'>;
  /** False: nothing is made; what is there is used. */
  readonly make: boolean;
  readonly prefix: string;
  /** Full names of the app's own events. */
  readonly appEvents: readonly string[];
}): (portal: OutboxPortal, events: readonly PlannableEvent[]) => Promise<PortalSetUp> {
  const { properties, make, prefix } = deps;
  const appEvents = new Set(deps.appEvents);

  return async ({ portalId }, events) => {
    const needs = events.map(({ id, effects }) => ({
      id,
      needed: neededProperties(effects, { prefix, appEvents }),
    }));
    const presences = new Map<string, ReadonlyMap<string, Presence>>();
    for (const [objectType, wanted] of byObjectType(needs.flatMap(({ needed }) => needed)))
      presences.set(objectType, await properties.ensure(portalId, objectType, wanted, { make }));
    const presenceOf = ({ objectType, property }: NeededProperty) =>
      presences.get(objectType)?.get(property.name) ?? 'unsaid';

    const lacking = new Map<string, Failure>();
    for (const { id, needed } of needs)
      for (const need of needed) {
        const presence = presenceOf(need);
        if (typeof presence === 'string' || lacking.has(id)) continue;
        if (need.optional && presence.class === 'permanent') continue;
        lacking.set(id, presence);
      }
    const keyed = [...presences].filter(([, names]) => names.get(EFFECT_KEY_PROPERTY) === 'there');
    return {
      traits: portalTraits(portalId, { appEvents, keyed: keyed.map(([objectType]) => objectType) }),
      lacking,
    };
  };
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
