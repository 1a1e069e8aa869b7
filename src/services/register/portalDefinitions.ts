import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { PortalId } from '../../domain/portals/portal.js';
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

/** What a portal says of its contacts, deals and tickets, as its workspace may read it: remembered for some minutes. */
export interface PortalDefinitions {
  /**
   * `anew`: asked for no earlier than now, since what is remembered may be old. Those who want that share a read, and
   * wait for it: one begins no sooner than a moment after the one before. `labels`: with those of these associations.
   * Rejects with DefinitionsUnread.
   */
  of(
    portal: PortalId,
    options?: { readonly anew?: true; readonly labels?: readonly LinkingStep[] },
  ): Promise<DefinitionsRead>;
}

export interface DefinitionsRead {
  readonly definitions: AllDefinitions;
  /** They were asked for no earlier than by this call. */
  readonly isNew: boolean;
}

/** What one question to HubSpot said, or will say. */
interface Reading<T> {
  readonly value: Promise<T>;
  /** Monotonic. */
  readonly beganAtMs: number;
  /** The one after it, as soon as somebody wants it. */
  next?: Promise<Reading<T>>;
}

export class DefinitionsUnread extends Error {
  override readonly name = 'DefinitionsUnread';

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

const REMEMBERED_MS = 600_000;
/** Between two reads: whoever asks for what is not valid again and again has a portal read no more often. */
const PAUSE_MS = 2000;
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
  pauseMs = PAUSE_MS,
}: {
  readonly gateway: Pick<Gateway, 'request'>;
  readonly pauseMs?: number;
}): PortalDefinitions {
  const known = createCache<string, Reading<unknown>>({
    ...{ max: MAX_PORTALS * (1 + Object.keys(LINKS).length), ttlMs: REMEMBERED_MS },
  });

  async function ask<T>(
    { workspaceId, portalId }: PortalId,
    resource: 'listProperties' | 'listPipelines',
    objectType: RegisteredType,
    schema: z.ZodType<T>,
    archived = false,
  ): Promise<T> {
    const how = { workspaceId, portalId, priority: 'interactive', deadlineMs: DEADLINE_MS } as const;
    const outcome = await gateway.request(
      resource === 'listProperties'
        ? { ...how, resource, params: { objectType }, query: { archived } }
        : { ...how, resource, params: { objectType } },
    );
    return understood(outcome, schema, objectType);
  }

  async function readLabels(
    { workspaceId, portalId }: PortalId,
    step: LinkingStep,
  ): Promise<LabelDefinition[]> {
    const [fromType, toType] = [WRITES[LINKS[step].from], WRITES[LINKS[step].to]];
    const outcome = await gateway.request({
      ...{ resource: 'listAssociationLabels', params: { fromType, toType } },
      ...{ workspaceId, portalId, priority: 'interactive', deadlineMs: DEADLINE_MS },
    });
    const { results } = understood(outcome, labelsSchema, `associations of ${fromType} with ${toType}`);
    // The type without a label is that of any association.
    return results.flatMap(({ category, typeId, label }) => (label ? [{ category, typeId, label }] : []));
  }

  /** Asks, where it is not remembered or is wanted anew. */
  async function recall<T>(key: string, anew: true | undefined, read: () => Promise<T>) {
    const cameAtMs = performance.now();
    const remembered = known.get(key) as Reading<T> | undefined;
    const reading = !remembered
      ? begin(key, read)
      : anew
        ? await (remembered.next ??= nextOf(remembered, key, read))
        : remembered;
    return { value: await reading.value, isNew: reading.beganAtMs >= cameAtMs };
  }

  function begin<T>(key: string, read: () => Promise<T>): Reading<T> {
    const reading: Reading<T> = { value: read(), beganAtMs: performance.now() };
    known.set(key, reading);
    // Whoever waits for it hears of it: here it is only not remembered.
    reading.value.catch(() => {
      if (known.get(key) === reading) known.delete(key);
    });
    return reading;
  }

  /** One begins when the one before has ended, and a moment has passed since that began. */
  async function nextOf<T>(
    { value, beganAtMs }: Reading<T>,
    key: string,
    read: () => Promise<T>,
  ): Promise<Reading<T>> {
    await Promise.allSettled([value]);
    const leftMs = beganAtMs + pauseMs - performance.now();
    if (leftMs > 0) await delay(leftMs);
    return begin(key, read);
  }

  async function read(portal: PortalId, objectType: RegisteredType): Promise<Definitions> {
    const [live, archived, pipelines] = await Promise.all([
      ask(portal, 'listProperties', objectType, propertiesSchema),
      ask(portal, 'listProperties', objectType, propertiesSchema, true),
      objectType === 'contacts' ? { results: [] } : ask(portal, 'listPipelines', objectType, pipelinesSchema),
    ]);
    const properties = new Map(
      [...archived.results.map((one) => ({ ...one, archived: true })), ...live.results].map((one) => [
        one.name,
        propertyOf(one),
      ]),
    );
    return { properties, pipelines: pipelines.results.flatMap(pipelineOf) };
  }

  async function readAll(portal: PortalId): Promise<AllDefinitions> {
    const all = await Promise.all(
      REGISTERED_TYPES.map(async (type) => [type, await read(portal, type)] as const),
    );
    return Object.fromEntries(all) as Record<RegisteredType, Definitions>;
  }

  return {
    async of(portal, { anew, labels = [] } = {}) {
      const key = `${portal.workspaceId}/${portal.portalId}`;
      const [all, ...ofSteps] = await Promise.all([
        recall(key, anew, () => readAll(portal)),
        ...labels.map(async (step) => {
          const read = await recall(`${key}/${step}`, anew, () => readLabels(portal, step));
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
