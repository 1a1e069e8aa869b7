import type { Properties, RecordRef } from '../effects.js';
import type { Expression, Form, MappedKey, MappedRef } from './mappingSchema.js';
import { valueAt, type CONTEXT_NAMES } from './path.js';
import { pieces } from './template.js';

type Scalar = string | number | boolean | null;

/** What a mapping knows of the event apart from its payload: what a path with `@` names. */
export type EventFacts = Readonly<Record<(typeof CONTEXT_NAMES)[number], string>>;

const MAX_TIME_MS = 8.64e15;

/** Reads expressions against one payload and collects what is missing. */
export class ExpressionReader {
  constructor(
    private readonly payload: unknown,
    private readonly context: EventFacts,
    private readonly place: string,
    private readonly problems: string[],
    private readonly numbers: ReadonlyMap<number, number>,
  ) {}

  required(expression: Expression, field: string): string {
    const value = this.optional(expression, field);
    if (value !== undefined && value !== null && value !== '') return value;
    this.problem(field, `the payload has no ${describe(expression)}`);
    return '';
  }

  /** Text, null (clears a property), or undefined where the payload has no value. */
  optional(expression: Expression, field: string): string | null | undefined {
    const value = this.value(expression, field);
    return value === undefined || value === null ? value : String(value);
  }

  timestamp(expression: Expression | undefined): string {
    if (expression === undefined) return this.context.occurredAt;
    return String(this.form(this.required(expression, 'timestamp'), 'time', 'timestamp'));
  }

  key({ property, value }: MappedKey): { property: string; value: string } {
    return { property, value: this.required(value, `by ${property}`) };
  }

  /** A property whose value the payload does not have is left as it is in HubSpot; null clears it. */
  properties(expressions: Readonly<Record<string, Expression>> = {}): Properties {
    return Object.fromEntries(
      Object.entries(expressions).flatMap(([name, expression]) => {
        const value = this.optional(expression, `properties.${name}`);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  counters(expressions: Readonly<Record<string, Expression>>): Record<string, number> {
    return Object.fromEntries(
      Object.entries(expressions).flatMap(([name, expression]) => {
        const value = this.optional(expression, `counters.${name}`);
        if (value === undefined) return [];
        const delta = value === null || value.trim() === '' ? Number.NaN : Number(value);
        if (Number.isSafeInteger(delta) && delta >= 0) return [[name, delta]];
        this.problem(`counters.${name}`, `${describe(expression)} is not a whole number from 0`);
        return [];
      }),
    );
  }

  ref(ref: MappedRef, field: string): RecordRef {
    if ('effect' in ref) {
      const n = this.numbers.get(ref.effect);
      if (n === undefined) this.problem(field, `effect ${ref.effect} does not take place for this payload`);
      return { effect: n ?? 0 };
    }
    const { objectType } = ref;
    return 'by' in ref
      ? { objectType, by: this.key(ref.by) }
      : { objectType, id: this.required(ref.id, `${field}.id`) };
  }

  private value(expression: Expression, field: string): Scalar | undefined {
    if (typeof expression === 'string') return this.at(expression, field);
    if ('const' in expression) return expression.const;
    if ('template' in expression) return this.filled(expression.template, field);
    const found = this.at(expression.path, field);
    const value = found === undefined ? expression.default : found;
    if (value === undefined || value === null || expression.as === undefined) return value;
    return this.form(value, expression.as, field);
  }

  private filled(template: string, field: string): string {
    return pieces(template)
      .map(({ text, path }) => {
        if (path === undefined) return text;
        const value = this.at(path, field);
        if (value === undefined) this.problem(field, `the payload has no ${path}`);
        return value === undefined || value === null ? '' : String(value);
      })
      .join('');
  }

  private at(path: string, field: string): Scalar | undefined {
    const value = path.startsWith('@')
      ? this.context[path.slice(1) as (typeof CONTEXT_NAMES)[number]]
      : valueAt(this.payload, path);
    if (typeof value !== 'object' || value === null) return value as Scalar | undefined;
    // HubSpot writes several choices of one property as a;b.
    if (Array.isArray(value) && value.every(isScalar)) return value.join(';');
    this.problem(
      field,
      `${path} is ${Array.isArray(value) ? 'a list of objects' : 'an object'}, not a value`,
    );
    return undefined;
  }

  private form(value: NonNullable<Scalar>, as: Form, field: string): Scalar {
    const fail = (what: string): null => {
      this.problem(field, `the value is not ${what}`);
      return null;
    };
    switch (as) {
      case 'text':
        return String(value).trim();
      case 'lower':
        return String(value).trim().toLowerCase();
      case 'number':
      case 'integer': {
        const number = typeof value === 'boolean' || String(value).trim() === '' ? Number.NaN : Number(value);
        if (as === 'integer' && !Number.isSafeInteger(number)) return fail('a whole number');
        return Number.isFinite(number) ? number : fail('a number');
      }
      case 'boolean':
        return /^(true|false|0|1)$/i.test(String(value))
          ? /^(true|1)$/i.test(String(value))
          : fail('true or false');
      case 'date':
      case 'time': {
        const ms = typeof value === 'number' ? value : Date.parse(String(value));
        if (Number.isNaN(ms) || Math.abs(ms) > MAX_TIME_MS) return fail('a time');
        const iso = new Date(ms).toISOString();
        return as === 'date' ? iso.slice(0, 10) : iso;
      }
    }
  }

  private problem(field: string, text: string): void {
    this.problems.push(`${this.place}${field === this.place ? '' : `.${field}`}: ${text}`);
  }
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function describe(expression: Expression): string {
  if (typeof expression === 'string') return expression;
  if ('path' in expression) return expression.path;
  return 'template' in expression ? 'value for the template' : 'value';
}
