import { z } from 'zod';
import {
  REGISTERED_TYPES,
  type Definitions,
  type Pipeline,
  type RegisteredType,
  type WritableProperty,
} from '../../domain/register/definitions.js';
import type { AllDefinitions } from '../../domain/register/checkRegistration.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { createCache } from '../../platform/cache.js';
import { failureOf, type Failure } from '../outbox/delivery/failure.js';

/** What a portal says of its contacts, deals and tickets: remembered for some minutes. */
export interface PortalDefinitions {
  /** `anew`: asked for once more, since what is remembered may be old. Rejects with DefinitionsUnread. */
  of(portalId: number, options?: { readonly anew: boolean }): Promise<DefinitionsRead>;
}

export interface DefinitionsRead {
  readonly definitions: AllDefinitions;
  /** They were asked for just now. */
  readonly isNew: boolean;
}

export class DefinitionsUnread extends Error {
  override readonly name = 'DefinitionsUnread';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

const REMEMBERED_MS = 600_000;
const MAX_PORTALS = 200;
const DEADLINE_MS = 20_000;

const option = z.object({ value: z.string(), label: z.string().nullish() });
const propertiesSchema = z.object({
  results: z.array(
    z.object({
      ...{ name: z.string().min(1), type: z.string(), fieldType: z.string() },
      options: z.array(option).nullish(),
      externalOptions: z.boolean().nullish(),
      calculated: z.boolean().nullish(),
      archived: z.boolean().nullish(),
      modificationMetadata: z.object({ readOnlyValue: z.boolean().nullish() }).nullish(),
    }),
  ),
});
const placed = { id: z.string(), label: z.string(), archived: z.boolean().nullish() };
const pipelinesSchema = z.object({
  results: z.array(z.object({ ...placed, stages: z.array(z.object(placed)) })),
});

export function createPortalDefinitions({
  gateway,
}: {
  readonly gateway: Pick<Gateway, 'request'>;
}): PortalDefinitions {
  const known = createCache<number, Promise<AllDefinitions>>({ max: MAX_PORTALS, ttlMs: REMEMBERED_MS });

  async function ask<T>(
    portalId: number,
    resource: 'listProperties' | 'listPipelines',
    objectType: RegisteredType,
    schema: z.ZodType<T>,
    archived = false,
  ): Promise<T> {
    const how = { portalId, priority: 'interactive', deadlineMs: DEADLINE_MS } as const;
    const outcome = await gateway.request(
      resource === 'listProperties'
        ? { ...how, resource, params: { objectType }, query: { archived } }
        : { ...how, resource, params: { objectType } },
    );
    const answer = outcome.kind === 'ok' ? schema.safeParse(outcome.body) : undefined;
    if (answer?.success) return answer.data;
    throw new DefinitionsUnread(
      outcome.kind === 'ok' || outcome.kind === 'partial'
        ? { class: 'transient', message: `HubSpot's answer on ${objectType} is not understood` }
        : failureOf(outcome, { harmless: true }),
    );
  }

  async function read(portalId: number, objectType: RegisteredType): Promise<Definitions> {
    const [live, archived, pipelines] = await Promise.all([
      ask(portalId, 'listProperties', objectType, propertiesSchema),
      ask(portalId, 'listProperties', objectType, propertiesSchema, true),
      objectType === 'contacts'
        ? { results: [] }
        : ask(portalId, 'listPipelines', objectType, pipelinesSchema),
    ]);
    const properties = new Map(
      [...archived.results.map((one) => ({ ...one, archived: true })), ...live.results].map((one) => [
        one.name,
        propertyOf(one),
      ]),
    );
    return { properties, pipelines: pipelines.results.flatMap(pipelineOf) };
  }

  async function readAll(portalId: number): Promise<AllDefinitions> {
    const all = await Promise.all(
      REGISTERED_TYPES.map(async (type) => [type, await read(portalId, type)] as const),
    );
    return Object.fromEntries(all) as AllDefinitions;
  }

  return {
    async of(portalId, { anew } = { anew: false }) {
      const remembered = anew ? undefined : known.get(portalId);
      if (remembered) return { definitions: await remembered, isNew: false };
      const asked = readAll(portalId);
      known.set(portalId, asked);
      try {
        return { definitions: await asked, isNew: true };
      } catch (error) {
        if (known.get(portalId) === asked) known.delete(portalId);
        throw error;
      }
    },
  };
}

function propertyOf(one: z.output<typeof propertiesSchema>['results'][number]): WritableProperty {
  const { name, type, fieldType } = one;
  return {
    ...{ name, type, fieldType },
    options: (one.options ?? []).map(({ value, label }) => ({ value, label: label ?? value })),
    readOnly:
      one.modificationMetadata?.readOnlyValue === true ||
      one.calculated === true ||
      fieldType.startsWith('calculation_'),
    archived: one.archived === true,
  };
}

function pipelineOf({
  id,
  label,
  archived,
  stages,
}: z.output<typeof pipelinesSchema>['results'][number]): Pipeline[] {
  if (archived === true) return [];
  return [
    {
      ...{ value: id, label },
      stages: stages.flatMap((one) => (one.archived === true ? [] : [{ value: one.id, label: one.label }])),
    },
  ];
}
