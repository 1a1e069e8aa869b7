import type { OutboxPortal } from '../../db/outbox/portals.js';
import { COUNTER_MARKER, EFFECT_KEY_PROPERTY, type PortalTraits } from '../../domain/outbox/operations.js';
import type { Door } from '../../hubspot/door.js';
import type { Logger } from '../../logger.js';
import { OWN_PROPERTIES, type OwnProperty } from '../../outbox/registry/properties.js';

const GROUP = { name: 'sluice', label: 'Sluice' };
const BELIEVED_MS = 3_600_000;
/** After a set-up that did not succeed whole. */
const RETRY_MS = 60_000;
const FIELD_TYPES = { string: 'text', number: 'number', datetime: 'date' } as const;

/**
 * What a portal can do. The first event of a portal makes the properties that we need and it lacks; where it does not let us, events that
 * need them die with HubSpot's reason, and creates are kept apart by the ledger alone.
 */
export function createTraits(deps: {
  door: Door;
  logger: Logger;
  /** False: nothing is asked of HubSpot, and nothing made there. */
  live: boolean;
}): (portal: OutboxPortal) => Promise<PortalTraits> {
  const { door, logger, live } = deps;
  const known = new Map<number, { traits: Promise<PortalTraits>; until: number }>();

  async function setUp({ portalId }: OutboxPortal): Promise<{ traits: PortalTraits; whole: boolean }> {
    const effectKeyProperties: Record<string, string> = {};
    let whole = true;
    for (const [objectType, wanted] of Object.entries(OWN_PROPERTIES)) {
      const there = await namesOf(portalId, objectType);
      whole &&= there !== undefined;
      if (!there) continue;
      const missing = wanted.filter(({ name }) => !there.has(name));
      if (missing.length > 0) await createGroup(portalId, objectType);
      for (const property of missing)
        if (await createOne(portalId, objectType, property)) there.add(property.name);
      if (there.has(EFFECT_KEY_PROPERTY)) effectKeyProperties[objectType] = EFFECT_KEY_PROPERTY;
    }
    return { traits: traitsWith(portalId, effectKeyProperties), whole };
  }

  async function namesOf(portalId: number, objectType: string): Promise<Set<string> | undefined> {
    const outcome = await door.request({
      resource: 'listProperties',
      params: { objectType },
      portalId,
      priority: 'outbox',
    });
    if (outcome.kind !== 'ok') {
      logger.warn('The properties of a portal cannot be listed', {
        portalId,
        objectType,
        outcome: outcome.kind,
      });
      return undefined;
    }
    const { results = [] } = (outcome.body ?? {}) as { results?: { name?: unknown }[] };
    return new Set(results.flatMap(({ name }) => (typeof name === 'string' ? [name] : [])));
  }

  async function createGroup(portalId: number, objectType: string): Promise<void> {
    // One that is there already is refused (409), which is as good.
    await door.request({
      resource: 'createPropertyGroup',
      params: { objectType },
      body: GROUP,
      portalId,
      priority: 'outbox',
    });
  }

  async function createOne(portalId: number, objectType: string, property: OwnProperty): Promise<boolean> {
    const { name, label, type, unique = false } = property;
    const outcome = await door.request({
      resource: 'createProperty',
      params: { objectType },
      body: {
        groupName: GROUP.name,
        name,
        label,
        type,
        fieldType: FIELD_TYPES[type],
        hasUniqueValue: unique,
        formField: false,
      },
      portalId,
      priority: 'outbox',
    });
    const there = outcome.kind === 'ok' || (outcome.kind === 'invalid' && outcome.status === 409);
    if (!there)
      logger.warn('A property could not be made in a portal', {
        portalId,
        objectType,
        name,
        outcome: outcome.kind,
      });
    return there;
  }

  return (portal) => {
    if (!live) return Promise.resolve(traitsWith(portal.portalId, {}));
    const before = known.get(portal.portalId);
    if (before && before.until > performance.now()) return before.traits;
    const entry = { traits: Promise.resolve(traitsWith(portal.portalId, {})), until: Infinity };
    entry.traits = setUp(portal).then(({ traits, whole }) => {
      entry.until = performance.now() + (whole ? BELIEVED_MS : RETRY_MS);
      return traits;
    });
    known.set(portal.portalId, entry);
    return entry.traits;
  };
}

function traitsWith(portalId: number, effectKeyProperties: Record<string, string>): PortalTraits {
  return {
    portalId: String(portalId),
    effectKeyProperties,
    appEvents: new Set(),
    counterMarker: COUNTER_MARKER,
  };
}
