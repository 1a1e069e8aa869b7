import { z } from 'zod';
import { CRM_OBJECTS } from '../../../domain/outbox/effects.js';
import {
  applyMapping,
  FORMS,
  orderingKeyOf,
  problemOfPath,
  problemOfTemplate,
} from '../../../domain/outbox/mapping.js';
import type { Mapping } from '../../../domain/outbox/mapping.js';
import { defineEvent, EffectsError } from './eventType.js';
import type { EventContext } from './eventType.js';
import { problemsOf } from './registry.js';

/*
 * Events that need no code: their effects stand in a mapping, which is data. The language is in
 * src/domain/outbox/mapping.ts.
 */

const path = z.string().max(300).check(refusing(problemOfPath));
const scalar = z.union([z.string().max(5000), z.number(), z.boolean(), z.null()]);
const expression = z.union(
  [
    path,
    z.strictObject({ const: scalar }),
    z.strictObject({ template: z.string().max(5000).check(refusing(problemOfTemplate)) }),
    z.strictObject({ path, default: scalar.optional(), as: z.enum(FORMS).optional() }),
  ],
  {
    error: (issue) =>
      typeof issue.input === 'string'
        ? (problemOfPath(issue.input) ?? 'too long')
        : 'write a path like "/customer/email", or { "const": … }, { "template": … } or { "path": …, "default": …, "as": … }; a template needs paths in its braces',
  },
);
const propertyName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,99}$/,
    'a property is called by small letters, digits and underscores, a letter first',
  );
const key = z.strictObject({ property: propertyName, value: expression });
const ref = z.union([
  z.strictObject({ objectType: z.enum(CRM_OBJECTS), id: expression }),
  z.strictObject({ objectType: z.enum(CRM_OBJECTS), by: key }),
  z.strictObject({ effect: z.number().int().min(0).max(19) }),
]);
const when = z.strictObject({ path, exists: z.boolean().optional(), equals: scalar.optional() }).optional();
const properties = z.record(propertyName, expression).optional();
const timestamp = expression.optional();
const type = z
  .strictObject({
    category: z.enum(['HUBSPOT_DEFINED', 'INTEGRATOR_DEFINED', 'USER_DEFINED']),
    typeId: z.number().int().positive(),
  })
  .optional();
const eventName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,99}$/, 'an event is called by small letters, digits and underscores');

const effect = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('upsertContact'),
    when,
    by: key,
    properties,
    counters: z.record(propertyName, expression).optional(),
  }),
  z.strictObject({ kind: z.literal('setProperties'), when, on: ref, properties }),
  z.strictObject({
    kind: z.literal('upsertRecord'),
    when,
    objectType: z.enum(['companies', 'deals', 'tickets']),
    by: key.optional(),
    properties,
    associations: z
      .array(z.strictObject({ to: ref, type }))
      .max(20)
      .optional(),
  }),
  z.strictObject({ kind: z.literal('note'), when, on: ref, body: expression, timestamp }),
  z.strictObject({
    kind: z.literal('task'),
    when,
    on: ref,
    subject: expression,
    body: expression.optional(),
    timestamp,
  }),
  z.strictObject({ kind: z.literal('customEvent'), when, name: eventName, on: ref, properties, timestamp }),
  z.strictObject({
    kind: z.literal('appEvent'),
    when,
    eventTypeName: eventName,
    on: ref,
    properties,
    timestamp,
    fallback: z.enum(['note', 'customEvent', 'none']),
  }),
  z.strictObject({ kind: z.literal('associate'), when, from: ref, to: ref, type }),
]);

const mappingName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a mapping is called by small letters, digits and underscores');

const mappingDocument = z.strictObject({
  name: mappingName,
  description: z.string().max(500).optional(),
  orderingKey: expression.optional(),
  effects: z.array(effect).min(1).max(20),
});

export type ParsedMapping =
  { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly reason: string };

/** Checks a mapping document; every problem is named with its place: `effects.0.by.value: …`. */
export function parseMapping(document: unknown): ParsedMapping {
  const parsed = mappingDocument.safeParse(document);
  if (!parsed.success) return { ok: false, reason: problemsOf(parsed.error) };
  // Where zod says `undefined`, the type of the domain says absent; the parsed object has no key for it either.
  const mapping = parsed.data as Mapping;
  const problem = backward(mapping);
  return problem === undefined ? { ok: true, mapping } : { ok: false, reason: problem };
}

/** Effects may refer to those before them only. */
function backward({ effects }: Mapping): string | undefined {
  for (const [n, each] of effects.entries()) {
    const refs = [
      ...('on' in each ? [each.on] : []),
      ...('from' in each ? [each.from, each.to] : []),
      ...('associations' in each ? (each.associations ?? []).map(({ to }) => to) : []),
    ];
    const wrong = refs.find((one) => 'effect' in one && one.effect >= n);
    if (wrong && 'effect' in wrong)
      return `effects.${n}: it refers to effect ${wrong.effect}, which does not come before it`;
  }
  return undefined;
}

/** The type of all events that are mapped by data: `name` says which mapping. */
export const generic = defineEvent({
  name: 'generic',
  version: 1,
  description:
    'Any other event: its effects stand in the mapping of its name, which is made by the API or the command line.',
  schema: z.object({ name: mappingName, data: z.record(z.string(), z.json()) }),
  example: { name: 'invoice_paid', data: { number: 'A-1', customer: { email: 'dana@example.com' } } },
  orderingKey: ({ name, data }, context) => {
    const mapping = context.mapping?.(name);
    return mapping ? orderingKeyOf(mapping, data, context) : null;
  },
  effects: ({ name, data }, context) => {
    const result = applyMapping(mappingOf(name, context), data, context);
    if (!result.ok) throw new EffectsError(`mapping ${name}: ${result.problems.join('; ')}`);
    return result.effects;
  },
});

function mappingOf(name: string, context: EventContext): Mapping {
  const mapping = context.mapping?.(name);
  if (mapping) return mapping;
  throw new EffectsError(
    `there is no mapping "${name}": make one with PUT /api/outbox/mappings/${name}, then redrive`,
  );
}

/** A zod check from a function that says what is wrong. */
function refusing(problemOf: (value: string) => string | undefined) {
  return ({ value, issues }: z.core.ParsePayload<string>): void => {
    const message = problemOf(value);
    if (message !== undefined) issues.push({ code: 'custom', message, input: value });
  };
}
