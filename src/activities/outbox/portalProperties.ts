import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import type { Logger } from '../../platform/logger.js';
import { failureOf, isFinal, type Failure } from '../../services/outbox/delivery/failure.js';
import type { OwnProperty } from '../../sdk/outbox/registry/properties.js';

const FIELD_TYPES = { string: 'text', number: 'number', datetime: 'date' } as const;

export type Presence =
  | 'there'
  /** HubSpot does not let us look, or it is missing and we were not to make it: HubSpot says what comes of it. */
  | 'unsaid'
  /** It could not be looked for or made, now or at all. */
  | Failure;

/** The properties of portals: which there are, and making those that are missing. */
export interface PortalProperties {
  /** What is there of those wanted, by name; with `make`, those that are missing are made. */
  ensure(
    portalId: number,
    objectType: string,
    wanted: readonly OwnProperty[],
    options: { readonly make: boolean },
  ): Promise<ReadonlyMap<string, Presence>>;
  /** HubSpot has said that one is missing: what is believed of the portal is looked up anew. */
  forget(portalId: number): void;
}

const CACHE_TTL_MS = 3_600_000;
/** What HubSpot has refused to make, or to list, is asked for again after this. */
const RETRY_MS = 60_000;

type Listed = { readonly names: Set<string> } | { readonly failure: Failure };

export function createPortalProperties({
  gateway,
  logger,
  group,
}: {
  gateway: Pick<Gateway, 'request'>;
  logger: Logger;
  group: string;
}): PortalProperties {
  const known = new Map<string, { listed: Promise<Listed>; untilMs: number }>();
  const refused = new Map<string, { failure: Failure; untilMs: number }>();

  function list(portalId: number, objectType: string): Promise<Listed> {
    const place = `${portalId}/${objectType}`;
    const before = known.get(place);
    if (before && before.untilMs > performance.now()) return before.listed;
    const entry = { listed: ask(portalId, objectType), untilMs: performance.now() + CACHE_TTL_MS };
    known.set(place, entry);
    const forget = () => {
      if (known.get(place) === entry) known.delete(place);
    };
    entry.listed.then((listed) => {
      if ('names' in listed) return;
      if (isFinal(listed.failure)) entry.untilMs = performance.now() + RETRY_MS;
      else forget();
    }, forget);
    return entry.listed;
  }

  async function ask(portalId: number, objectType: string): Promise<Listed> {
    const outcome = await gateway.request({
      resource: 'listProperties',
      params: { objectType },
      portalId,
      priority: 'outbox',
    });
    if (outcome.kind === 'ok') {
      const { results = [] } = (outcome.body ?? {}) as { results?: { name?: unknown }[] };
      return {
        names: new Set(results.flatMap(({ name }) => (typeof name === 'string' ? [name] : []))),
      };
    }
    const failure = failed(outcome, `The properties of ${objectType} could not be listed`);
    logger.warn('The properties of a portal cannot be listed', {
      portalId,
      objectType,
      reason: failure.message,
    });
    return { failure };
  }

  /** Undefined when it is there afterwards, or when HubSpot will say at the property what is wrong. */
  async function createGroup(portalId: number, objectType: string): Promise<Failure | undefined> {
    const outcome = await gateway.request({
      resource: 'createPropertyGroup',
      params: { objectType },
      body: { name: group, label: group === 'sluice' ? 'Sluice' : group },
      portalId,
      priority: 'outbox',
    });
    if (outcome.kind === 'ok') return undefined;
    const failure = failed(outcome, `The group of properties ${group} could not be made in the portal`);
    return isFinal(failure) ? undefined : failure;
  }

  /** Undefined when it is there afterwards: one that somebody else has made meanwhile is refused (409), which is as good. */
  async function create(
    portalId: number,
    objectType: string,
    property: OwnProperty,
  ): Promise<Failure | undefined> {
    const { name, label, type, unique = false } = property;
    const outcome = await gateway.request({
      resource: 'createProperty',
      params: { objectType },
      body: {
        ...{ groupName: group, name, label, type, fieldType: FIELD_TYPES[type] },
        ...{ hasUniqueValue: unique, formField: false },
      },
      portalId,
      priority: 'outbox',
    });
    if (outcome.kind === 'ok' || ('status' in outcome && outcome.status === 409)) return undefined;
    const failure = failed(outcome, `The property ${name} of ${objectType} could not be made in the portal`);
    logger.warn('A property could not be made in a portal', {
      portalId,
      objectType,
      name,
      reason: failure.message,
    });
    return failure;
  }

  return {
    async ensure(portalId, objectType, wanted, { make }) {
      const listed = await list(portalId, objectType);
      if ('failure' in listed) {
        const presence = isFinal(listed.failure) ? 'unsaid' : listed.failure;
        return new Map(wanted.map(({ name }) => [name, presence]));
      }
      const { names } = listed;
      const presences = new Map<string, Presence>();
      const missing: OwnProperty[] = [];
      for (const property of wanted) {
        const before = refused.get(`${portalId}/${objectType}/${property.name}`);
        if (names.has(property.name)) presences.set(property.name, 'there');
        else if (!make) presences.set(property.name, 'unsaid');
        else if (before && before.untilMs > performance.now()) presences.set(property.name, before.failure);
        else missing.push(property);
      }
      const noGroup = missing.length > 0 ? await createGroup(portalId, objectType) : undefined;
      for (const property of missing) {
        const failure = noGroup ?? (await create(portalId, objectType, property));
        presences.set(property.name, failure ?? 'there');
        if (!failure) names.add(property.name);
        else if (isFinal(failure))
          refused.set(`${portalId}/${objectType}/${property.name}`, {
            failure,
            untilMs: performance.now() + RETRY_MS,
          });
      }
      return presences;
    },

    forget(portalId) {
      for (const place of known.keys()) if (place.startsWith(`${portalId}/`)) known.delete(place);
    },
  };
}

function failed(outcome: Exclude<Outcome, { kind: 'ok' }>, what: string): Failure {
  if (outcome.kind === 'partial')
    return { class: 'transient', message: `${what}: HubSpot’s answer makes no sense` };
  const failure = failureOf(outcome, { harmless: true });
  return { ...failure, message: `${what}. ${failure.message}` };
}
