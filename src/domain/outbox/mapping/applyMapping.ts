import { ExactNumber } from '../../exactJson.js';
import type { Effect } from '../effects.js';
import { ExpressionReader, type EventFacts } from './expressionReader.js';
import type { Condition, MappedEffect, Mapping } from './mappingSchema.js';
import { valueAt } from './path.js';

/** What a mapping knows of the event apart from its payload, and its own name. */
export type MappingContext = Omit<EventFacts, 'name'>;

export type MappingResult =
  | { readonly ok: true; readonly effects: readonly Effect[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The effects of this payload. Problems name the place in the mapping and the path in the payload, never a value. */
export function applyMapping(mapping: Mapping, payload: unknown, context: MappingContext): MappingResult {
  const problems: string[] = [];
  const happening = mapping.effects.map((effect) => holds(effect.when, payload));
  // References count effects of the mapping; those that do not take place leave no gap behind.
  const numbers = new Map<number, number>();
  happening.forEach((happens, n) => happens && numbers.set(n, numbers.size));

  const effects = mapping.effects.flatMap((effect, n) => {
    if (!happening[n]) return [];
    const reader = new ExpressionReader(
      payload,
      { ...context, name: mapping.name },
      `effects.${n}`,
      problems,
      numbers,
    );
    return [effectOf(effect, reader)];
  });
  return problems.length > 0 ? { ok: false, problems } : { ok: true, effects };
}

/** The ordering key of this payload: null where the mapping has none, or the payload has no value for it. */
export function orderingKeyOf(mapping: Mapping, payload: unknown, context: MappingContext): string | null {
  if (mapping.orderingKey === undefined) return null;
  const reader = new ExpressionReader(
    payload,
    { ...context, name: mapping.name },
    'orderingKey',
    [],
    new Map(),
  );
  const value = reader.optional(mapping.orderingKey, 'orderingKey');
  return value === undefined || value === null || value === '' ? null : value;
}

function effectOf(effect: MappedEffect, read: ExpressionReader): Effect {
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
        ...(effect.fallback && { fallback: effect.fallback }),
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

function holds(condition: Condition | undefined, payload: unknown): boolean {
  if (!condition) return true;
  const value = valueAt(payload, condition.path);
  const there = value !== undefined && value !== null;
  if (condition.exists !== undefined && there !== condition.exists) return false;
  return condition.equals === undefined || isEqual(value, condition.equals);
}

function isEqual(value: unknown, wanted: unknown): boolean {
  if (value instanceof ExactNumber && wanted instanceof ExactNumber) return String(value) === String(wanted);
  return value === wanted;
}
