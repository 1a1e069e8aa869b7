import { z } from 'zod';
import type { HubSpotDefinition } from './hubspotDefinition.js';

/** A definition that HubSpot has, with the number by which it knows it. */
export interface HeldDefinition {
  readonly id: string;
  /** Grows with each change; a step keeps the one with which it was made. */
  readonly revisionId: string;
  readonly definition: HubSpotDefinition;
}

/** HubSpot leaves out what is empty, or sends null. */
function orNone<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);
}
const maybe = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));
const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((given) => given ?? undefined);

const typeDefinition = z.object({
  name: z.string(),
  type: z.string(),
  fieldType: maybe,
  options: orNone(z.object({ value: z.string(), label: z.string(), description: maybe })),
  optionsUrl: maybe,
  referencedObjectType: maybe,
});
const labels = z.object({
  ...{ actionName: z.string(), actionDescription: maybe, actionCardContent: maybe, appDisplayName: maybe },
  ...{ inputFieldLabels: texts, inputFieldDescriptions: texts, outputFieldLabels: texts },
  executionRules: texts,
});
/** A text or a list of them; whatever else it may be is compared as it is. */
const values = z
  .unknown()
  .transform((given): string[] =>
    (Array.isArray(given) ? given : [given]).map((one) =>
      typeof one === 'string' ? one : JSON.stringify(one),
    ),
  );

/** What HubSpot answers. What else is in it is passed over. */
export const heldDefinitionSchema = z
  .looseObject({
    id: z.string(),
    revisionId: z.string(),
    actionUrl: z.string(),
    published: z.boolean(),
    objectTypes: orNone(z.string()),
    inputFields: orNone(
      z.object({
        typeDefinition,
        supportedValueTypes: orNone(z.string()),
        isRequired: z.boolean(),
      }),
    ),
    outputFields: orNone(z.object({ typeDefinition })),
    executionRules: orNone(z.object({ labelName: z.string(), conditions: z.record(z.string(), values) })),
    inputFieldDependencies: orNone(
      z.object({
        dependencyType: z.string(),
        controllingFieldName: z.string(),
        controllingFieldValue: maybe,
        dependentFieldNames: z.array(z.string()),
      }),
    ),
    objectRequestOptions: z.object({ properties: orNone(z.string()) }).nullish(),
    labels: z.record(z.string(), labels),
  })
  .transform(({ id, revisionId, objectRequestOptions, ...definition }): HeldDefinition => ({
    ...{ id, revisionId },
    definition: {
      ...definition,
      functions: [],
      ...(objectRequestOptions && { objectRequestOptions }),
    },
  }));
