import type { Door } from '../../hubspot/door.js';
import type { Logger } from '../../logger.js';
import type { OwnProperty } from '../../outbox/registry/properties.js';

const FIELD_TYPES = { string: 'text', number: 'number', datetime: 'date' } as const;

/** The properties of portals: which there are, and making those that are missing. */
export interface PortalProperties {
  /** Undefined where they cannot be listed. What is there is remembered for an hour. */
  names(portalId: number, objectType: string): Promise<ReadonlySet<string> | undefined>;
  /** Makes those that are not there. Returns the names of those that are there afterwards; what HubSpot refuses is logged. */
  ensure(portalId: number, objectType: string, wanted: readonly OwnProperty[]): Promise<ReadonlySet<string>>;
}

const BELIEVED_MS = 3_600_000;
/** What HubSpot has refused to make, or could not list, is asked for again after this. */
const RETRY_MS = 60_000;

export function createPortalProperties({
  door,
  logger,
  group,
}: {
  door: Door;
  logger: Logger;
  group: string;
}): PortalProperties {
  const known = new Map<string, { names: Promise<Set<string> | undefined>; untilMs: number }>();
  const refused = new Map<string, number>();

  function names(portalId: number, objectType: string): Promise<Set<string> | undefined> {
    const place = `${portalId}/${objectType}`;
    const before = known.get(place);
    if (before && before.untilMs > performance.now()) return before.names;
    const entry = { names: list(portalId, objectType), untilMs: performance.now() + BELIEVED_MS };
    known.set(place, entry);
    void entry.names.then((found) => {
      if (!found) entry.untilMs = performance.now() + RETRY_MS;
    });
    return entry.names;
  }

  async function list(portalId: number, objectType: string): Promise<Set<string> | undefined> {
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

  async function create(portalId: number, objectType: string, property: OwnProperty): Promise<boolean> {
    const { name, label, type, unique = false } = property;
    const outcome = await door.request({
      resource: 'createProperty',
      params: { objectType },
      body: {
        ...{ groupName: group, name, label, type, fieldType: FIELD_TYPES[type] },
        ...{ hasUniqueValue: unique, formField: false },
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

  return {
    names,
    async ensure(portalId, objectType, wanted) {
      const there = await names(portalId, objectType);
      if (!there) return new Set();
      const missing = wanted.filter(
        ({ name }) =>
          !there.has(name) && (refused.get(`${portalId}/${objectType}/${name}`) ?? 0) < performance.now(),
      );
      if (missing.length > 0)
        // A group that is there already is refused (409), which is as good.
        await door.request({
          resource: 'createPropertyGroup',
          params: { objectType },
          body: { name: group, label: group === 'sluice' ? 'Sluice' : group },
          portalId,
          priority: 'outbox',
        });
      for (const property of missing) {
        if (await create(portalId, objectType, property)) there.add(property.name);
        else refused.set(`${portalId}/${objectType}/${property.name}`, performance.now() + RETRY_MS);
      }
      return there;
    },
  };
}
