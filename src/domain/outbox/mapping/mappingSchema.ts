import { z } from 'zod';
import { ASSOCIATION_CATEGORIES } from '../../hubspot/associationCategories.js';
import { ExactNumber } from '../../exactJson.js';
import { inPlainWords } from '../../plainWords.js';
import { isZone } from '../../timeZone.js';
import { CRM_OBJECTS } from '../effects.js';
import { problemOfFormat } from '../timeFormat.js';
import { MILLISECONDS, SECONDS } from '../times.js';
import { problemOfPath } from './path.js';
import { problemOfTemplate } from './template.js';

/*
 * The mapping of a generic event is data: which effects it has, with expressions where values stand. The language is
 * small on purpose: it reads the payload, it cannot compute, loop or call. It is defined here and nowhere else: the
 * types are those that the schema gives.
 */

/** What a value can be made into. */
export const FORMS = ['text', 'lower', 'number', 'integer', 'boolean', 'date', 'time'] as const;
export type Form = (typeof FORMS)[number];

const path = z.string().max(300).check(refusing(problemOfPath));
const scalar = z.union([
  z.string().max(5000),
  z.number(),
  z.instanceof(ExactNumber).refine(({ digits }) => digits.length <= 5000),
  z.boolean(),
  z.null(),
]);
const zone = z
  .string()
  .max(100)
  .check(
    refusing((name) => (isZone(name) ? undefined : 'a zone is one such as Europe/Berlin, UTC or +02:00')),
  );
const format = z
  .string()
  .max(50)
  .check(refusing((name) => (name === SECONDS || name === MILLISECONDS ? undefined : problemOfFormat(name))));
/**
 * Where a value comes from:
 *  - `"/customer/email"`: a JSON pointer (RFC 6901) into the payload;
 *  - `"@eventId"`, `"@occurredAt"`, `"@portalId"`, `"@name"`: of the event itself;
 *  - `{ "const": "gold" }`: as it stands;
 *  - `{ "template": "Invoice {/number} of {@occurredAt}" }`: text with such paths in it; `{{` is a brace;
 *  - `{ "path": "/plan", "default": "free", "as": "lower" }`: with a default where there is none, and a
 *    form: `text`, `lower`, `number`, `integer`, `boolean`, `date` (YYYY-MM-DD) or `time` (ISO 8601);
 *  - `{ "path": "/paid", "as": "date", "format": "DD.MM.YYYY", "zone": "Europe/Berlin" }`: how a day or a time is
 *    written that is neither ISO 8601 nor milliseconds since 1970, and the zone that is meant where it names none, and
 *    whose day a moment has.
 */
const forms = [path, z.strictObject({ const: scalar }), templated()] as const;
const formed = z.strictObject({
  path,
  ...{ default: scalar.optional(), as: z.enum(FORMS).optional() },
  ...{ format: format.optional(), zone: zone.optional() },
});
const error = ({ input }: { readonly input?: unknown }) => problemOfExpression(input);
const expression = z.union([...forms, formed.refine(namesFormOfTime)], { error });
/** A moment is one, whatever form it is given. */
const timestamp = z.union([...forms, formed], { error }).optional();
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
/** Whether an effect takes place: the path is there (`exists`), or has this value (`equals`). */
const when = z.strictObject({ path, exists: z.boolean().optional(), equals: scalar.optional() }).optional();
const properties = z.record(propertyName, expression).optional();
const type = z
  .strictObject({
    category: z.enum(ASSOCIATION_CATEGORIES),
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
  z.strictObject({
    kind: z.literal('customEvent'),
    when,
    name: eventName,
    on: ref,
    properties,
    timestamp,
    /** Properties of the contact, where its portal takes no custom events. */
    fallback: z
      .strictObject({
        lastAt: propertyName.optional(),
        count: propertyName.optional(),
        fields: z.record(propertyName, propertyName).optional(),
      })
      .optional(),
  }),
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

export const mappingName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,62}$/, 'a mapping is called by small letters, digits and underscores');

/** A mapping document. `name` is the name of the events that it maps: `invoice_paid`. */
export const mappingSchema = z.strictObject({
  name: mappingName,
  description: z.string().max(500).optional(),
  /** Events with the same one keep their order. Without it, none waits for another. */
  orderingKey: expression.optional(),
  effects: z.array(effect).min(1).max(20),
});

export type Expression = z.infer<typeof expression>;
export type Condition = NonNullable<z.infer<typeof when>>;
export type MappedRef = z.infer<typeof ref>;
export type MappedKey = z.infer<typeof key>;
export type MappedEffect = z.infer<typeof effect>;
/** What a `generic` event of a name does, as data: docs/outbox.md explains it. */
export type Mapping = z.infer<typeof mappingSchema>;

function templated() {
  return z.strictObject({ template: z.string().max(5000).check(refusing(problemOfTemplate)) });
}

function namesFormOfTime({ as, format: named, zone: meant }: z.infer<typeof formed>): boolean {
  return (named === undefined && meant === undefined) || as === 'date' || as === 'time';
}

function problemOfExpression(input: unknown): string {
  if (typeof input === 'string') return problemOfPath(input) ?? 'too long';
  const given = (typeof input === 'object' && input) || {};
  for (const [name, schema] of Object.entries({ format, zone })) {
    const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    if (value === undefined) continue;
    const parsed = schema.safeParse(value, { error: inPlainWords });
    if (!parsed.success) return parsed.error.issues[0]?.message ?? `the ${name} is not sound`;
    if (formed.safeParse(given).success) return `${name} belongs to "as": "date" or "as": "time"`;
  }
  return 'write a path like "/customer/email", or { "const": … }, { "template": … } or { "path": …, "default": …, "as": …, "format": …, "zone": … }; a template needs paths in its braces';
}

/** A zod check from a function that says what is wrong. */
function refusing(problemOf: (value: string) => string | undefined) {
  return ({ value, issues }: z.core.ParsePayload<string>): void => {
    const message = problemOf(value);
    if (message !== undefined) issues.push({ code: 'custom', message, input: value });
  };
}
