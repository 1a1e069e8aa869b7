import { z } from 'zod';
import { inPlainWords } from '../../domain/plainWords.js';
import { fieldKindOf, withoutWrapping, type FieldKind } from './field.js';

/** What kind of values a field has. */
export type FieldType = 'string' | 'number' | 'boolean' | 'enum' | 'date' | 'datetime';

/** A field of a step, as its schema has it. */
export interface InputField {
  /** Its name in the schema, and in HubSpot's calls. */
  readonly name: string;
  /** Undefined: HubSpot has no field for such values. */
  readonly type: FieldType | undefined;
  /** Whether a step can be saved without it. */
  readonly isRequired: boolean;
  /** What may be chosen, of an enum. */
  readonly values: readonly string[];
  /** What `field` said of it. */
  readonly kind: FieldKind | undefined;
}

/** What came of the text of a step's fields. */
export type ParsedInput =
  | { readonly ok: true; readonly input: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false;
      /** The field that does not fit. */
      readonly field: string;
      /** Says what it must be, after the field's name; never the value. */
      readonly reason: string;
    };

/** The fields of a step, in the order of the schema. */
export function inputFieldsOf(input: z.ZodObject): InputField[] {
  return Object.entries<z.core.$ZodType>(input.shape).map(([name, wrapped]) => {
    const { schema, isRequired } = withoutWrapping(wrapped);
    return {
      ...{ name, isRequired, type: typeOf(schema), kind: fieldKindOf(schema) },
      values: schema instanceof z.ZodEnum ? schema.options.map(String) : [],
    };
  });
}

/**
 * The values of a step's fields, of the text that HubSpot sends. An empty text is a field that is not filled in. What
 * the schema does not have is left out: a step that was saved with a former version still has it.
 */
export function parseInput(input: z.ZodObject, sent: Readonly<Record<string, unknown>>): ParsedInput {
  const values: Record<string, unknown> = {};
  for (const { name, type } of inputFieldsOf(input)) {
    const value = Object.hasOwn(sent, name) ? sent[name] : undefined;
    if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) continue;
    values[name] = type === undefined ? value : VALUE_OF[type](value);
  }
  const parsed = input.safeParse(values, { error: inPlainWords });
  if (parsed.success) return { ok: true, input: parsed.data };
  const issue = parsed.error.issues[0];
  const field = String(issue?.path[0] ?? 'input');
  return { ok: false, field, reason: `${field} ${issue?.message ?? 'is not valid'}` };
}

function typeOf(schema: z.core.$ZodType): FieldType | undefined {
  const def = schema._zod.def as { readonly type: string; readonly format?: string };
  switch (def.type) {
    case 'string':
      return def.format === 'date' || def.format === 'datetime' ? def.format : 'string';
    case 'number':
    case 'boolean':
    case 'enum':
      return def.type;
    default:
      return undefined;
  }
}

/** The value of a field of this type, of what was sent for it. What cannot be read stays as it is, for its schema. */
export const valueOfField = (type: FieldType, sent: unknown): unknown => VALUE_OF[type](sent);

/** What cannot be read stays as it is: the schema says what is wrong with it. */
const VALUE_OF: Readonly<Record<FieldType, (value: unknown) => unknown>> = {
  string: (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  enum: (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
  number(value) {
    if (typeof value !== 'string') return value;
    const text = value.trim();
    return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : value;
  },
  boolean(value) {
    if (typeof value !== 'string') return value;
    const text = value.trim().toLowerCase();
    return text === 'true' ? true : text === 'false' ? false : value;
  },
  date: (value) => instantOf(value)?.slice(0, 'YYYY-MM-DD'.length) ?? value,
  datetime: (value) => instantOf(value) ?? value,
};

/** HubSpot sends days and times as milliseconds since 1970; what is no such number is left to the schema. */
function instantOf(value: unknown): string | undefined {
  const ms = typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  if (typeof ms !== 'number' || !Number.isFinite(ms)) return undefined;
  const at = new Date(ms);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
