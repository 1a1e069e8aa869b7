import { z } from 'zod';

const id = z.int().positive();
const idText = z.coerce.number().int().positive();
export const portalPlan = z.strictObject({
  portalId: id,
  name: z.string().optional(),
  timeZone: z.string().optional(),
  withheldScopes: z.array(z.string()).optional(),
});
const scopes = z.array(z.string().min(1));
export const installPlan = z.strictObject({
  lifetimeSeconds: z.number().positive().nullable().default(1_800),
  /** All scopes, if absent. */
  scopes: scopes.optional(),
});
export const scopesPlan = z.strictObject({ scopes });
export const authorizePlan = z.strictObject({
  portalId: id,
  url: z.url(),
  deny: z.boolean().default(false),
  scopes: scopes.optional(),
});
export const beginPlan = z.strictObject({
  redirectUri: z.url(),
  /** Where people reach the sandbox: HubSpot's page to which the app leads them back is there. */
  origin: z.url(),
  scopes: scopes.optional(),
  /** The app has the person sign in first (`step=authorize`), else HubSpot brings a code at once. */
  partnerSignIn: z.boolean().default(false),
  deny: z.boolean().default(false),
});
export const secretPlan = z.strictObject({ clientSecret: z.string().min(1).optional() }).default({});
const signature = z.enum(['v2', 'v3', 'both']).optional();
export const actionPlan = z.union([
  z.strictObject({
    actionUrl: z.url({ protocol: /^https?$/ }),
    actionDefinitionId: id.optional(),
    signature,
  }),
  /** Of the app's definitions, in its newest revision. */
  z.strictObject({
    definitionId: id,
    signature,
    /** It is the developer's own account, which sees what is not published. */
    asDeveloper: z.boolean().default(false),
  }),
]);
const inputFields = z.record(z.string(), z.string()).default({});
export const optionsPlan = z.strictObject({
  field: z.string(),
  inputFields,
  q: z.string().optional(),
  after: z.string().optional(),
});
export const agentPlan = z.strictObject({
  inputFields,
  objectId: id.optional(),
  /** Whether the action may answer later, by a callback. */
  withCallback: z.boolean().default(false),
});
const stepPlan = z.strictObject({
  actionDefinitionId: id,
  actionId: id.optional(),
  inputFields,
  /** Its calls have `context.actionId`, which is optional in HubSpot's description. */
  namesStep: z.boolean().default(true),
});
export const workflowPlan = z.strictObject({
  name: z.string().optional(),
  workflowId: id.optional(),
  objectType: z.string().default('CONTACT'),
  steps: z.array(stepPlan).min(1),
});
export const enrolPlan = z.strictObject({
  count: z.int().min(1).max(5_000_000),
  ratePerSecond: z.number().min(0).default(300),
  concurrency: z.int().min(1).max(4_096).default(32),
  callsEach: z.int().min(1).max(100).default(1),
  /** The records that are enrolled. */
  objectIds: z.array(id).max(100_000).optional(),
});
export const foreignPlan = z.strictObject({
  ratePerSecond: z.number().positive().max(10_000),
  seconds: z.number().positive().max(3_600),
  /** The limit of the portal that is spent. */
  bucket: z.enum(['app', 'search', 'associations']).default('app'),
});
export const reportQuery = z.strictObject({
  windowMs: z.coerce.number().positive().default(10_000),
  portalId: idText.optional(),
  workflowId: idText.optional(),
});
export const enrolmentsQuery = z.strictObject({
  portalId: idText.optional(),
  workflowId: idText.optional(),
  batchId: z.string().optional(),
});
export const requestsQuery = z.strictObject({
  portalId: idText.optional(),
  after: z.coerce.number().int().min(-1).default(-1),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
});
export const nothing = z.strictObject({}).default({});

export const overviewQuery = z.strictObject({ windowMs: z.coerce.number().positive().default(10_000) });
export const rulesPlan = z.strictObject({
  required: z.array(z.string()).default([]),
  conditional: z
    .array(z.strictObject({ property: z.string(), value: z.string(), requires: z.array(z.string()).min(1) }))
    .default([]),
});
export const misbehaviourPlan = z
  .strictObject({
    shortPages: z.boolean().default(false),
    emptyPages: z.boolean().default(false),
    outOfOrder: z.boolean().default(false),
    outside: z.enum(['none', 'older', 'newer', 'both']).default('none'),
    ids: z.enum(['ascending', 'scattered']).default('ascending'),
    totals: z.enum(['right', 'zero', 'low', 'high']).default('right'),
  })
  .prefault({});
const recordIds = z.array(idText).min(1).max(100_000);
export const restorePlan = z.strictObject({ ids: recordIds });
export const recalculatePlan = z.strictObject({
  property: z.string().min(1),
  /** `{n}` is replaced by the number of the record among those that are recalculated. */
  value: z.string(),
  /** All live records, if absent. */
  ids: recordIds.optional(),
});
export const generatePlan = z.strictObject({
  count: z.int().min(1).max(5_000_000),
  /** The sandbox's own, if absent. */
  seed: z.int().optional(),
});
export const associatePlan = z.strictObject({ to: z.string().min(1) });
export const bulkEditPlan = z.strictObject({
  /** The first so many live records. */
  count: z.int().min(1).max(1_000_000),
  /** Without any, only the time of change is new. */
  properties: z.record(z.string(), z.string()).default({}),
});
const weight = z.number().min(0);
export const mutatorPlan = z.strictObject({
  seed: z.int().optional(),
  types: z.array(z.string()).min(1).default(['contacts']),
  weights: z
    .strictObject({
      edit: weight.default(16),
      create: weight.default(2),
      archive: weight.default(2),
      restore: weight.default(0),
      merge: weight.default(1),
      purge: weight.default(0),
      recalculate: weight.default(0),
    })
    .prefault({}),
  perSecond: z.number().min(0).max(10_000).default(0),
  perPage: z.int().min(0).max(10_000).default(0),
  count: z.int().min(1).default(Number.MAX_SAFE_INTEGER),
});
const names = z
  .string()
  .default('')
  .transform((text) => text.split(',').filter((name) => name !== ''));
/** `contacts>companies`: the associations of these as seen from those. */
const pairs = names
  .transform((all) => all.map((pair) => pair.split('>')))
  .pipe(z.array(z.tuple([z.string(), z.string()])));
export const verifyQuery = z.strictObject({
  portalId: idText.optional(),
  types: names,
  properties: names,
  pairs,
});
export const edgeRow = z.strictObject({
  portalId: idText,
  fromType: z.string(),
  fromId: idText,
  toType: z.string(),
  toId: idText,
  category: z.string(),
  typeId: z.int(),
  label: z.string().nullable(),
});
export const mirrorRow = z.strictObject({
  portalId: idText,
  objectType: z.string(),
  id: idText,
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).default({}),
  archived: z
    .boolean()
    .nullish()
    .transform((value) => value === true),
});
const labelled = z.strictObject({ id: z.string().min(1), label: z.string().min(1) });
export const pipelinesPlan = z.strictObject({
  pipelines: z.array(labelled.extend({ stages: z.array(labelled).min(1) })).min(1),
});
export const seedPlan = z.strictObject({
  count: z.int().min(1).max(1_000_000),
  /** The properties of each record; `{n}` in a value is replaced by the record's number. */
  properties: z.record(z.string(), z.string()).default({}),
});
