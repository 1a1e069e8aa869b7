import type { PortalId } from '../../domain/portals/portal.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createCache } from '../../platform/cache.js';
import type { OwnProperty } from '../../sdk/outbox/registry/ownProperties.js';
import { isFinal, type Failure } from '../../services/outbox/delivery/failure.js';
import type { Listed, PropertyRequests } from './propertyRequests.js';

export type Presence =
  | 'there'
  /** HubSpot does not let us look, or it is missing and is not to be made: HubSpot says what comes of it. */
  | 'unknown'
  /** It could not be looked for or made, now or at all. */
  | Failure;

/** The properties of portals: which there are, and making those that are missing. */
export interface PortalProperties {
  /** What is there of those wanted, by name; with `make`, those that are missing are made. */
  ensure(
    portal: PortalId,
    objectType: string,
    wanted: readonly OwnProperty[],
    options: { readonly make: boolean },
  ): Promise<ReadonlyMap<string, Presence>>;
  /** HubSpot has said that one is missing: the properties of the portal are listed anew. */
  forget(portal: PortalId): void;
}

const CACHE_TTL_MS = 3_600_000;
const MAX_PORTALS = 1000;
/** What HubSpot has refused to make, or to list, is asked for again after this. */
const RETRY_MS = 60_000;
const MAX_REFUSED = 10_000;

/** Asks HubSpot through `requests`, and remembers what it said. */
export function createPortalProperties(requests: PropertyRequests): PortalProperties {
  /** Per portal, by object type. */
  const listings = createCache<string, Map<string, Promise<Listed>>>({
    max: MAX_PORTALS,
    ttlMs: CACHE_TTL_MS,
  });
  /** Listings, as `<workspace>/<portal>/<object type>`, and properties, with `/<name>`. */
  const refused = createCache<string, Failure>({ max: MAX_REFUSED, ttlMs: RETRY_MS });

  async function list(portal: PortalId, objectType: string): Promise<Listed> {
    const owned = keyOf(portal);
    const place = `${owned}/${objectType}`;
    const failure = refused.get(place);
    if (failure) return { failure };
    const listing = listings.get(owned) ?? new Map<string, Promise<Listed>>();
    if (listing.size === 0) listings.set(owned, listing);
    const known = listing.get(objectType);
    if (known) return known;
    const asked = requests.list(portal, objectType);
    listing.set(objectType, asked);
    let listed: Listed | undefined;
    try {
      listed = await asked;
      if ('failure' in listed && isFinal(listed.failure)) refused.set(place, listed.failure);
      return listed;
    } finally {
      if (!listed || 'failure' in listed) listing.delete(objectType);
    }
  }

  async function make(
    portal: PortalId,
    objectType: string,
    properties: readonly OwnProperty[],
  ): Promise<Map<string, Failure | undefined>> {
    const noGroup = properties.length > 0 ? await requests.createGroup(portal, objectType) : undefined;
    crashPoint('outbox.setup.group-made');
    const made = new Map<string, Failure | undefined>();
    for (const property of properties) {
      const failure = noGroup ?? (await requests.create(portal, objectType, property));
      crashPoint('outbox.setup.property-made');
      made.set(property.name, failure);
      if (failure && isFinal(failure))
        refused.set(`${keyOf(portal)}/${objectType}/${property.name}`, failure);
    }
    return made;
  }

  return {
    async ensure(portal, objectType, wanted, options) {
      const listed = await list(portal, objectType);
      crashPoint('outbox.setup.listed');
      if ('failure' in listed) {
        const presence = isFinal(listed.failure) ? 'unknown' : listed.failure;
        return new Map(wanted.map(({ name }) => [name, presence]));
      }
      const { names } = listed;
      const presences = new Map<string, Presence>();
      const missing: OwnProperty[] = [];
      for (const property of wanted) {
        const { name } = property;
        const before = refused.get(`${keyOf(portal)}/${objectType}/${name}`);
        if (names.has(name)) presences.set(name, 'there');
        else if (!options.make) presences.set(name, 'unknown');
        else if (before) presences.set(name, before);
        else missing.push(property);
      }
      for (const [name, failure] of await make(portal, objectType, missing)) {
        presences.set(name, failure ?? 'there');
        if (!failure) names.add(name);
      }
      return presences;
    },

    forget: (portal) => listings.delete(keyOf(portal)),
  };
}

/** A portal that is given to another workspace is asked for anew. */
const keyOf = ({ workspaceId, portalId }: PortalId) => `${workspaceId}/${portalId}`;
