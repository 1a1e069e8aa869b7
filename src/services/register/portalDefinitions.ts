import { z } from 'zod';
import {
  REGISTERED_TYPES,
  type Definitions,
  type LabelDefinition,
  type Pipeline,
  type RegisteredType,
  type WritableProperty,
} from '../../domain/register/definitions.js';
import type { AllDefinitions } from '../../domain/register/checkRegistration.js';
import {
  isAssociationCategory,
  type AssociationCategory,
} from '../../domain/hubspot/associationCategories.js';
import { LINKS, WRITES, type LinkingStep } from '../../domain/register/steps.js';
import type { Gateway, Outcome } from '../../hubspot/gateway/gateway.js';
import { createCache } from '../../platform/cache.js';
import { failureOf, type Failure } from '../outbox/delivery/failure.js';

/** What a portal says of its contacts, deals and tickets: remembered for some minutes. */
export interface PortalDefinitions {
  /**
   * `anew`: asked for once more, since what is remembered may be old; `seldom`: unless that was done a moment ago.
   * `labels`: with those of these associations. Rejects with DefinitionsUnread.
   */
  of(
    portalId: number,
    options?: { readonly anew?: true | 'seldom'; readonly labels?: readonly LinkingStep[] },
  ): Promise<DefinitionsRead>;
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
/** Whoever asks for what is not valid again and again has a portal's definitions read no more often. */
const SELDOM_MS = 2000;
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

const labelsSchema = z.object({
  results: z.array(
    z.object({
      category: z.custom<AssociationCategory>((one) => typeof one === 'string' && isAssociationCategory(one)),
      typeId: z.number().int().min(1),
      label: z.string().nullish(),
    }),
  ),
});

export function createPortalDefinitions({
  gateway,
  seldomMs = SELDOM_MS,
}: {
  readonly gateway: Pick<Gateway, 'request'>;
  readonly seldomMs?: number;
}): PortalDefinitions {
  const known = createCache<string, Promise<unknown>>({
    ...{ max: MAX_PORTALS * (1 + Object.keys(LINKS).length), ttlMs: REMEMBERED_MS },
  });

  const lately = createCache<string, true>({
    ...{ max: MAX_PORTALS * (1 + Object.keys(LINKS).length), ttlMs: seldomMs },
  });

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
    return understood(outcome, schema, objectType);
  }

  async function readLabels(portalId: number, step: LinkingStep): Promise<LabelDefinition[]> {
    const [fromType, toType] = [WRITES[LINKS[step].from], WRITES[LINKS[step].to]];
    const outcome = await gateway.request({
      ...{ resource: 'listAssociationLabels', params: { fromType, toType } },
      ...{ portalId, priority: 'interactive', deadlineMs: DEADLINE_MS },
    });
    const { results } = understood(outcome, labelsSchema, `associations of ${fromType} with ${toType}`);
    // The type without a label is that of any association.
    return results.flatMap(({ category, typeId, label }) => (label ? [{ category, typeId, label }] : []));
  }

  /** Asks where it is not remembered. */
  async function recall<T>(key: string, anew: true | 'seldom' | undefined, read: () => Promise<T>) {
    const mayAsk = anew === true || (anew === 'seldom' && lately.get(key) === undefined);
    const remembered = mayAsk ? undefined : (known.get(key) as Promise<T> | undefined);
    if (remembered) return { value: await remembered, isNew: false };
    const asked = read();
    known.set(key, asked);
    lately.set(key, true);
    try {
      return { value: await asked, isNew: true };
    } catch (error) {
      if (known.get(key) === asked) known.delete(key);
      throw error;
    }
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
    return Object.fromEntries(all) as Record<RegisteredType, Definitions>;
  }

  return {
    async of(portalId, { anew, labels = [] } = {}) {
      const [all, ...ofSteps] = await Promise.all([
        recall(String(portalId), anew, () => readAll(portalId)),
        ...labels.map(async (step) => {
          const read = await recall(`${portalId}/${step}`, anew, () => readLabels(portalId, step));
          return { ...read, step };
        }),
      ]);
      return {
        definitions: {
          ...all.value,
          labels: Object.fromEntries(ofSteps.map(({ step, value }) => [step, value])),
        },
        isNew: all.isNew && ofSteps.every(({ isNew }) => isNew),
      };
    },
  };
}

function understood<T>(outcome: Outcome, schema: z.ZodType<T>, what: string): T {
  const answer = outcome.kind === 'ok' ? schema.safeParse(outcome.body) : undefined;
  if (answer?.success) return answer.data;
  throw new DefinitionsUnread(
    outcome.kind === 'ok' || outcome.kind === 'partial'
      ? { class: 'transient', message: `HubSpot's answer on ${what} is not understood` }
      : failureOf(outcome, { harmless: true }),
  );
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
