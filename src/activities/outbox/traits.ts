import type { OutboxPortal } from '../../db/outbox/portals.js';
import { COUNTER_MARKER, EFFECT_KEY_PROPERTY, type PortalTraits } from '../../domain/outbox/operations.js';
import { OWN_PROPERTIES } from '../../outbox/registry/properties.js';
import type { PortalProperties } from './properties.js';

const BELIEVED_MS = 3_600_000;
/** After a set-up that did not succeed whole. */
const RETRY_MS = 60_000;

/**
 * What a portal can do. The first event of a portal makes the properties that we need and it lacks; where it does not let us, events that
 * need them die with HubSpot's reason, and creates are kept apart by the ledger alone.
 */
export function createTraits(deps: {
  properties: PortalProperties;
  /** False: nothing is asked of HubSpot, and nothing made there. */
  live: boolean;
  /** Full names of the app's own events. */
  appEvents: readonly string[];
}): (portal: OutboxPortal) => Promise<PortalTraits> {
  const { properties, live } = deps;
  const appEvents = new Set(deps.appEvents);
  const known = new Map<number, { traits: Promise<PortalTraits>; untilMs: number }>();

  function traitsWith(portalId: number, effectKeyProperties: Record<string, string>): PortalTraits {
    return { portalId: String(portalId), effectKeyProperties, appEvents, counterMarker: COUNTER_MARKER };
  }

  async function setUp({ portalId }: OutboxPortal): Promise<{ traits: PortalTraits; whole: boolean }> {
    const effectKeyProperties: Record<string, string> = {};
    let whole = true;
    for (const [objectType, wanted] of Object.entries(OWN_PROPERTIES)) {
      const there = await properties.ensure(portalId, objectType, wanted);
      whole &&= there.size > 0;
      if (there.has(EFFECT_KEY_PROPERTY)) effectKeyProperties[objectType] = EFFECT_KEY_PROPERTY;
    }
    return { traits: traitsWith(portalId, effectKeyProperties), whole };
  }

  return (portal) => {
    if (!live) return Promise.resolve(traitsWith(portal.portalId, {}));
    const before = known.get(portal.portalId);
    if (before && before.untilMs > performance.now()) return before.traits;
    const entry = { traits: Promise.resolve(traitsWith(portal.portalId, {})), untilMs: Infinity };
    entry.traits = setUp(portal).then(({ traits, whole }) => {
      entry.untilMs = performance.now() + (whole ? BELIEVED_MS : RETRY_MS);
      return traits;
    });
    known.set(portal.portalId, entry);
    return entry.traits;
  };
}
