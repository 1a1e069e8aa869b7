import type { z } from 'zod';
import { ExactNumber } from '../../../domain/exactJson.js';
import type { Effect } from '../../../domain/outbox/effects.js';
import { inPlainWords } from '../../../domain/plainWords.js';
import type { EventContext, EventType, Upgraded } from './eventType.js';

/** An event type whose payload's type is not known here; its schema says what fits. */
export type AnyEventType = Pick<
  EventType,
  'name' | 'version' | 'description' | 'schema' | 'example' | 'fallbacks'
> & {
  // Methods, not properties: each takes what its own schema gave, which `check` sees to.
  /** As that of an EventType. */
  orderingKey(payload: unknown, context: EventContext): string | null;
  /** As those of an EventType. */
  effects(payload: unknown, context: EventContext): readonly Effect[];
  /** As that of an EventType. */
  upgrade?(payload: unknown): Upgraded | undefined;
};

export type Found =
  | { readonly ok: true; readonly type: AnyEventType; readonly payload: unknown }
  /** Says what is wrong and where, without a value of the payload. */
  | { readonly ok: false; readonly reason: string; readonly fields?: readonly PayloadProblem[] };

/** One thing that is wrong with a payload; the path is empty where it is the payload itself. */
export interface PayloadProblem {
  readonly path: string;
  readonly message: string;
}

/** The event types that are known, by name and version. */
export interface Registry {
  /** This version of a type, or its newest. */
  find(name: string, version?: number): AnyEventType | undefined;
  /** Finds the type and checks the payload against it. */
  check(name: string, version: number | undefined, payload: unknown): Found;
  list(): readonly AnyEventType[];
}

export function isEventTypeName(name: string): boolean {
  return NAME.test(name);
}

/** Makes a registry; two types of one name and version are a mistake of the program. */
export function createRegistry(types: readonly AnyEventType[]): Registry {
  const byName = new Map<string, AnyEventType[]>();
  for (const type of types) {
    if (!isEventTypeName(type.name))
      throw new TypeError(`"${type.name}" cannot be the name of an event type: ${NAME_RULE}`);
    const versions = byName.get(type.name) ?? [];
    if (versions.some(({ version }) => version === type.version)) {
      throw new TypeError(`Event type ${type.name}, version ${type.version}, is declared twice`);
    }
    byName.set(
      type.name,
      [...versions, type].sort((a, b) => b.version - a.version),
    );
  }

  const find = (name: string, version?: number) => {
    const versions = byName.get(name) ?? [];
    return version === undefined ? versions[0] : versions.find((type) => type.version === version);
  };
  return {
    find,
    list: () => [...byName.values()].flat(),
    check(name, version, payload) {
      const type = find(name, version);
      if (!type) return { ok: false, reason: unknown(name, version, byName) };
      const upgraded = type.upgrade?.(payload) ?? { payload, sentAs: (field: string) => field };
      const parsed = type.schema.safeParse(upgraded.payload, { error: inPlainWords });
      if (parsed.success) return { ok: true, type, payload: parsed.data };
      const fields = fieldsOf(parsed.error, upgraded);
      return { ok: false, reason: `payload of ${name}: ${inWords(fields, parsed.error)}`, fields };
    },
  };
}

const NAME = /^[a-z][a-z0-9_]{0,62}$/;
export const NAME_RULE = 'small letters, digits and underscores, at most 63, a letter first';
const MAX_PROBLEMS = 5;

/** Zod's issues as `driver.email: must be an e-mail address; …`. They name what was expected, not what came. */
export function problemsOf(error: z.ZodError, input?: unknown): string {
  return inWords(fieldsOf(error, { payload: input, sentAs: (field) => field }), error);
}

function fieldsOf(error: z.ZodError, { payload, sentAs }: Upgraded): PayloadProblem[] {
  return error.issues.slice(0, MAX_PROBLEMS).map(({ path, message }) => {
    const [first, ...rest] = path.map(String);
    return {
      path: first === undefined ? '' : [sentAs(first), ...rest].join('.'),
      message: isExactAt(payload, path) ? TOO_LONG_FOR_A_NUMBER : message,
    };
  });
}

function inWords(fields: readonly PayloadProblem[], error: z.ZodError): string {
  const shown = fields.map(({ path, message }) => `${path === '' ? 'the whole' : path}: ${message}`);
  const more = error.issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

const TOO_LONG_FOR_A_NUMBER = 'a number of so many digits is taken as text only: send it in quotes';

function isExactAt(input: unknown, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
  return value instanceof ExactNumber;
}

function unknown(
  name: string,
  version: number | undefined,
  known: ReadonlyMap<string, readonly AnyEventType[]>,
): string {
  const versions = known.get(name);
  if (versions) {
    return `event type ${name} has no version ${version}; it has ${versions.map((type) => type.version).join(', ')}`;
  }
  const shown = NAME.test(name)
    ? `"${name}" is not a known event type`
    : 'this is not a name of an event type';
  return `${shown}; known are ${[...known.keys()].sort().join(', ')}. For events with a mapping use "generic"`;
}
