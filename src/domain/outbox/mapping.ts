import { problemsOfEffects } from './effects.js';
import type {
  AppEventFallback,
  AssociationType,
  CrmObject,
  Effect,
  Properties,
  RecordRef,
} from './effects.js';

/*
 * The mapping of a generic event is data: which effects it has, with expressions where values stand. The language is
 * small on purpose: it reads the payload, it cannot compute, loop or call.
 */

/**
 * Where a value comes from:
 *  - `"/customer/email"`: a JSON pointer (RFC 6901) into the payload;
 *  - `"@eventId"`, `"@occurredAt"`, `"@portalId"`, `"@name"`: of the event itself;
 *  - `{ "const": "gold" }`: as it stands;
 *  - `{ "template": "Invoice {/number} of {@occurredAt}" }`: text with such paths in it; `{{` is a brace;
 *  - `{ "path": "/plan", "default": "free", "as": "lower" }`: with a default where there is none, and a
 *    form: `text`, `lower`, `number`, `integer`, `boolean`, `date` (YYYY-MM-DD) or `time` (ISO 8601).
 */
export type Expression =
  | string
  | { readonly const: string | number | boolean | null }
  | { readonly template: string }
  | { readonly path: string; readonly default?: string | number | boolean | null; readonly as?: Form };

export const FORMS = ['text', 'lower', 'number', 'integer', 'boolean', 'date', 'time'] as const;
export type Form = (typeof FORMS)[number];

/** Whether an effect takes place: the path is there (`exists`), or has this value (`equals`). */
export interface Condition {
  readonly path: string;
  readonly exists?: boolean;
  readonly equals?: string | number | boolean | null;
}

export type MappedRef =
  | { readonly objectType: CrmObject; readonly id: Expression }
  | { readonly objectType: CrmObject; readonly by: { readonly property: string; readonly value: Expression } }
  | { readonly effect: number };

interface MappedProperties {
  readonly properties?: Readonly<Record<string, Expression>>;
}

interface MappedKey {
  readonly property: string;
  readonly value: Expression;
}

interface Conditional {
  readonly when?: Condition;
}

export type MappedEffect = Conditional &
  (
    | ({
        readonly kind: 'upsertContact';
        readonly by: MappedKey;
        readonly counters?: Readonly<Record<string, Expression>>;
      } & MappedProperties)
    | ({ readonly kind: 'setProperties'; readonly on: MappedRef } & MappedProperties)
    | ({
        readonly kind: 'upsertRecord';
        readonly objectType: Exclude<CrmObject, 'contacts'>;
        readonly by?: MappedKey;
        readonly associations?: readonly { readonly to: MappedRef; readonly type?: AssociationType }[];
      } & MappedProperties)
    | {
        readonly kind: 'note';
        readonly on: MappedRef;
        readonly body: Expression;
        readonly timestamp?: Expression;
      }
    | {
        readonly kind: 'task';
        readonly on: MappedRef;
        readonly subject: Expression;
        readonly body?: Expression;
        readonly timestamp?: Expression;
      }
    | ({
        readonly kind: 'customEvent';
        readonly name: string;
        readonly on: MappedRef;
        readonly timestamp?: Expression;
      } & MappedProperties)
    | ({
        readonly kind: 'appEvent';
        readonly eventTypeName: string;
        readonly on: MappedRef;
        readonly fallback: AppEventFallback;
        readonly timestamp?: Expression;
      } & MappedProperties)
    | {
        readonly kind: 'associate';
        readonly from: MappedRef;
        readonly to: MappedRef;
        readonly type?: AssociationType;
      }
  );

export interface Mapping {
  /** The name of the events that it maps: `invoice_paid`. */
  readonly name: string;
  readonly description?: string;
  /** Events with the same one keep their order. Without it, none waits for another. */
  readonly orderingKey?: Expression;
  readonly effects: readonly MappedEffect[];
}

/** What a mapping knows of the event apart from its payload. */
export interface MappingContext {
  readonly eventId: string;
  readonly portalId: string;
  readonly occurredAt: string;
}

export type MappingResult =
  | { readonly ok: true; readonly effects: readonly Effect[] }
  | { readonly ok: false; readonly problems: readonly string[] };

type Scalar = string | number | boolean | null;

/** The effects of this payload. Problems name the place in the mapping and the path in the payload, never a value. */
export function applyMapping(mapping: Mapping, payload: unknown, context: MappingContext): MappingResult {
  const problems: string[] = [];
  const happening = mapping.effects.map((effect) => holds(effect.when, payload));
  // References count effects of the mapping; those that do not take place leave no gap behind.
  const numbers = new Map<number, number>();
  happening.forEach((happens, n) => happens && numbers.set(n, numbers.size));

  const effects = mapping.effects.flatMap((effect, n) => {
    if (!happening[n]) return [];
    const reader = new Reader(payload, { ...context, name: mapping.name }, `effects.${n}`, problems, numbers);
    return [effectOf(effect, reader)];
  });
  if (problems.length > 0) return { ok: false, problems };
  const wrong = problemsOfEffects(effects);
  return wrong.length > 0 ? { ok: false, problems: wrong } : { ok: true, effects };
}

/** The ordering key of this payload: null where the mapping has none, or the payload has no value for it. */
export function orderingKeyOf(mapping: Mapping, payload: unknown, context: MappingContext): string | null {
  if (mapping.orderingKey === undefined) return null;
  const reader = new Reader(payload, { ...context, name: mapping.name }, 'orderingKey', [], new Map());
  const value = reader.optional(mapping.orderingKey, 'orderingKey');
  return value === undefined || value === null || value === '' ? null : value;
}

/** What is wrong with a path, or undefined. */
export function problemOfPath(path: string): string | undefined {
  if (path.startsWith('@')) {
    return (CONTEXT_NAMES as readonly string[]).includes(path.slice(1))
      ? undefined
      : `"${path}" is not one of ${CONTEXT_NAMES.map((name) => `@${name}`).join(', ')}`;
  }
  if (!path.startsWith('/'))
    return `"${path}" is not a path: begin it with "/", or write { "const": … } for a text`;
  return /~(?![01])/.test(path) ? `"${path}" has a "~" that is neither ~0 nor ~1` : undefined;
}

/** What is wrong with a template, or undefined. */
export function problemOfTemplate(template: string): string | undefined {
  for (const { path, stray } of pieces(template)) {
    if (stray) return 'a brace stands alone; write {{ or }} for a brace in the text';
    const problem = path === undefined ? undefined : problemOfPath(path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const CONTEXT_NAMES = ['eventId', 'occurredAt', 'portalId', 'name'] as const;

function effectOf(effect: MappedEffect, read: Reader): Effect {
  switch (effect.kind) {
    case 'upsertContact':
      return {
        kind: 'upsertContact',
        by: read.key(effect.by),
        properties: read.properties(effect.properties),
        ...(effect.counters && { counters: read.counters(effect.counters) }),
      };
    case 'setProperties':
      return {
        kind: 'setProperties',
        on: read.ref(effect.on, 'on'),
        properties: read.properties(effect.properties),
      };
    case 'upsertRecord':
      return {
        kind: 'upsertRecord',
        objectType: effect.objectType,
        ...(effect.by && { by: read.key(effect.by) }),
        properties: read.properties(effect.properties),
        ...(effect.associations && {
          associations: effect.associations.map(({ to, type }, n) => ({
            to: read.ref(to, `associations.${n}.to`),
            ...(type && { type }),
          })),
        }),
      };
    case 'note':
      return {
        kind: 'note',
        on: read.ref(effect.on, 'on'),
        body: read.required(effect.body, 'body'),
        timestamp: read.timestamp(effect.timestamp),
      };
    case 'task':
      return {
        kind: 'task',
        on: read.ref(effect.on, 'on'),
        subject: read.required(effect.subject, 'subject'),
        ...(effect.body !== undefined && { body: read.required(effect.body, 'body') }),
        timestamp: read.timestamp(effect.timestamp),
      };
    case 'customEvent':
      return {
        kind: 'customEvent',
        name: effect.name,
        on: read.ref(effect.on, 'on'),
        properties: read.properties(effect.properties),
        timestamp: read.timestamp(effect.timestamp),
      };
    case 'appEvent':
      return {
        kind: 'appEvent',
        eventTypeName: effect.eventTypeName,
        on: read.ref(effect.on, 'on'),
        properties: read.properties(effect.properties),
        timestamp: read.timestamp(effect.timestamp),
        fallback: effect.fallback,
      };
    case 'associate':
      return {
        kind: 'associate',
        from: read.ref(effect.from, 'from'),
        to: read.ref(effect.to, 'to'),
        ...(effect.type && { type: effect.type }),
      };
  }
}

/** Reads expressions against one payload and collects what is missing. */
class Reader {
  constructor(
    private readonly payload: unknown,
    private readonly context: MappingContext & { readonly name: string },
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
      : pointer(this.payload, path);
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

const MAX_TIME_MS = 8.64e15;

function holds(condition: Condition | undefined, payload: unknown): boolean {
  if (!condition) return true;
  const value = pointer(payload, condition.path);
  const there = value !== undefined && value !== null;
  if (condition.exists !== undefined && there !== condition.exists) return false;
  return condition.equals === undefined || value === condition.equals;
}

/** The value at a JSON pointer; own properties only, so that no path reaches into what JavaScript adds to an object. */
function pointer(value: unknown, path: string): unknown {
  if (path === '' || path === '/') return path === '' ? value : own(value, '');
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(own, value);
}

function own(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? (value as unknown[])[Number(key)] : undefined;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

interface Piece {
  readonly text: string;
  readonly path?: string;
  readonly stray?: boolean;
}

function pieces(template: string): Piece[] {
  return [...template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[^{}]+|[{}]/g)].map(([text, path]) => {
    if (path !== undefined) return { text, path };
    if (text === '{{' || text === '}}') return { text: text.slice(1) };
    return { text, stray: text === '{' || text === '}' };
  });
}

function describe(expression: Expression): string {
  if (typeof expression === 'string') return expression;
  if ('path' in expression) return expression.path;
  return 'template' in expression ? 'value for the template' : 'value';
}
