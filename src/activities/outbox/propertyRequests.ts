import type { PortalId } from '../../domain/portals/portal.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import type { Logger } from '../../platform/logger.js';
import type { OwnProperty } from '../../sdk/outbox/registry/ownProperties.js';
import { failureOf, isFinal, type Failure } from '../../services/outbox/delivery/failure.js';

const FIELD_TYPES = { string: 'text', number: 'number', datetime: 'date' } as const;

export type Listed = { readonly names: Set<string> } | { readonly failure: Failure };

/** The requests about the properties of portals. */
export interface PropertyRequests {
  list(portal: PortalId, objectType: string): Promise<Listed>;
  /** Undefined when the group is there afterwards, or when HubSpot will say at the property what is wrong. */
  createGroup(portal: PortalId, objectType: string): Promise<Failure | undefined>;
  /**
   * Undefined when it is there afterwards: a property that somebody else has made meanwhile is refused (409), which
   * is as good.
   */
  create(portal: PortalId, objectType: string, property: OwnProperty): Promise<Failure | undefined>;
}

/** `group` is the group of properties in which new ones are made. */
export function createPropertyRequests({
  gateway,
  logger,
  group,
}: {
  gateway: Pick<Gateway, 'request'>;
  logger: Logger;
  group: string;
}): PropertyRequests {
  return {
    async list({ portalId, workspaceId }, objectType) {
      const outcome = await gateway.request({
        resource: 'listProperties',
        params: { objectType },
        ...{ portalId, workspaceId, priority: 'outbox' },
      });
      if (outcome.kind === 'ok') {
        const names = namesIn(outcome.body);
        if (names) return { names };
      }
      const failure = failed(outcome, `The properties of ${objectType} could not be listed`);
      const reason = failure.message;
      logger.warn('The properties of a portal cannot be listed', { portalId, objectType, reason });
      return { failure };
    },

    async createGroup({ portalId, workspaceId }, objectType) {
      const outcome = await gateway.request({
        resource: 'createPropertyGroup',
        params: { objectType },
        body: { name: group, label: group === 'sluice' ? 'Sluice' : group },
        ...{ portalId, workspaceId, priority: 'outbox' },
      });
      if (outcome.kind === 'ok') return undefined;
      const failure = failed(outcome, `The group of properties ${group} could not be made in the portal`);
      return isFinal(failure) ? undefined : failure;
    },

    async create({ portalId, workspaceId }, objectType, { name, label, type, unique = false }) {
      const outcome = await gateway.request({
        resource: 'createProperty',
        params: { objectType },
        body: {
          ...{ groupName: group, name, label, type, fieldType: FIELD_TYPES[type] },
          ...{ hasUniqueValue: unique, formField: false },
        },
        ...{ portalId, workspaceId, priority: 'outbox' },
      });
      if (outcome.kind === 'ok' || ('status' in outcome && outcome.status === 409)) return undefined;
      const failure = failed(
        outcome,
        `The property ${name} of ${objectType} could not be made in the portal`,
      );
      const reason = failure.message;
      logger.warn('A property could not be made in a portal', { portalId, objectType, name, reason });
      return failure;
    },
  };
}

/** Undefined where the answer has no list: that is not an empty one. */
function namesIn(body: unknown): Set<string> | undefined {
  const { results } = (body ?? {}) as { results?: unknown };
  if (!Array.isArray(results)) return undefined;
  const entries = results as ({ name?: unknown } | null)[];
  return new Set(entries.flatMap((entry) => (typeof entry?.name === 'string' ? [entry.name] : [])));
}

function failed(outcome: Outcome, what: string): Failure {
  if (outcome.kind === 'partial' || outcome.kind === 'ok')
    return { class: 'transient', message: `${what}: HubSpot's answer makes no sense` };
  const failure = failureOf(outcome, { harmless: true });
  return { ...failure, message: `${what}. ${failure.message}` };
}
