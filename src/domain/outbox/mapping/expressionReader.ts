import { plainDecimal, textOfNumber } from '../../decimal.js';
import { ExactNumber } from '../../exactJson.js';
import type { Properties, RecordRef } from '../effects.js';
import { readTime, type TimeRules } from '../times.js';
import type { Expression, Form, MappedKey, MappedRef } from './mappingSchema.js';
import { valueAt, type CONTEXT_NAMES } from './path.js';
import { pieces } from './template.js';

type Scalar = string | number | ExactNumber | boolean | null;

/** What a mapping knows of the event apart from its payload: what a path with `@` names. */
export type EventFacts = Readonly<Record<(typeof CONTEXT_NAMES)[number], string>>;

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
    return value === undefined || value === null ? value : textOf(value);
  }

  timestamp(expression: Expression | undefined): string {
    if (expression === undefined) return this.context.occurredAt;
    const text = this.required(expression, 'timestamp');
    // What was made a day or a time is read; else it is one here, by the rules of the expression.
    const rules = typeof expression === 'object' && 'path' in expression && !expression.as ? expression : {};
    return text === '' ? '' : textOf(this.form(text, 'time', 'timestamp', rules) ?? '');
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
    return this.form(value, expression.as, field, expression);
  }

  private filled(template: string, field: string): string {
    return pieces(template)
      .map(({ text, path }) => {
        if (path === undefined) return text;
        const value = this.at(path, field);
        if (value === undefined) this.problem(field, `the payload has no ${path}`);
        return value === undefined || value === null ? '' : textOf(value);
      })
      .join('');
  }

  private at(path: string, field: string): Scalar | undefined {
    const value = path.startsWith('@')
      ? this.context[path.slice(1) as (typeof CONTEXT_NAMES)[number]]
      : valueAt(this.payload, path);
    if (isScalar(value) || value === undefined) return value;
    // HubSpot writes several choices of one property as a;b.
    if (Array.isArray(value) && value.every(isScalar))
      return value.map((one) => (one === null ? '' : textOf(one))).join(';');
    this.problem(
      field,
      `${path} is ${Array.isArray(value) ? 'a list of objects' : 'an object'}, not a value`,
    );
    return undefined;
  }

  private form(value: NonNullable<Scalar>, as: Form, field: string, rules: TimeRules): Scalar {
    const fail = (what: string): null => {
      this.problem(field, `the value ${what}`);
      return null;
    };
    switch (as) {
      case 'text':
        return textOf(value).trim();
      case 'lower':
        return textOf(value).trim().toLowerCase();
      case 'number':
      case 'integer': {
        const digits = typeof value === 'boolean' ? undefined : plainDecimal(textOf(value).trim());
        if (as === 'integer' && (digits === undefined || digits.includes('.')))
          return fail('is not a whole number');
        return digits ?? fail('is not a number');
      }
      case 'boolean':
        return /^(true|false|0|1)$/i.test(textOf(value))
          ? /^(true|1)$/i.test(textOf(value))
          : fail('is not true or false');
      case 'date':
      case 'time': {
        const read = readTime(value, rules);
        if (!read.ok) return fail(read.problem);
        return as === 'date' ? read.day : new Date(read.ms).toISOString();
      }
    }
  }

  private problem(field: string, text: string): void {
    this.problems.push(`${this.place}${field === this.place ? '' : `.${field}`}: ${text}`);
  }
}

function isScalar(value: unknown): value is Scalar {
  return (
    value === null || ['string', 'number', 'boolean'].includes(typeof value) || value instanceof ExactNumber
  );
}

function textOf(value: NonNullable<Scalar>): string {
  return typeof value === 'number' ? textOfNumber(value) : String(value);
}

function describe(expression: Expression): string {
  if (typeof expression === 'string') return expression;
  if ('path' in expression) return expression.path;
  return 'template' in expression ? 'value for the template' : 'value';
}
