import type { AssociationCategory } from '../hubspot/associationCategories.js';
import { EMAIL, isAddress } from './address.js';
import { readTime } from './times.js';

/*
 * What an event changes in HubSpot, as data. An event has a list of effects; each has its own state, and all run in
 * the list's order.
 */

export const CRM_OBJECTS = ['contacts', 'companies', 'deals', 'tickets'] as const;
/** The kinds of records that effects write. */
export type CrmObject = (typeof CRM_OBJECTS)[number];

/** A property with unique values, and the value that names one record. */
export interface UniqueValue {
  readonly property: string;
  readonly value: string;
}

/** A record: by HubSpot's id, by a unique property, or the one that an earlier effect of the same event wrote. */
export type RecordRef =
  | { readonly objectType: CrmObject; readonly id: string }
  | { readonly objectType: CrmObject; readonly by: UniqueValue }
  | { readonly effect: number };

/** HubSpot's values are text; null clears a property. */
export type Properties = Readonly<Record<string, string | null>>;

/** HubSpot's type of an association. Without one, the association has no label. Types of labels differ per portal. */
export interface AssociationType {
  readonly category: AssociationCategory;
  readonly typeId: number;
}

/** What a contact is given where its portal takes no custom events (customEvents.ts). */
export interface CustomEventFallback {
  /** The property for the time of the last one. */
  readonly lastAt?: string | undefined;
  /** The counter of how many there were. */
  readonly count?: string | undefined;
  /** Property of the event → property of the contact. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** What is delivered in place of an app event that the app does not have; `none`: it ends as a dead letter. */
export type AppEventFallback = 'note' | 'customEvent' | 'none';

/**
 * One thing that an event does in HubSpot: `kind` says what. Times (`timestamp`) are ISO 8601; `name` and
 * `eventTypeName` are HubSpot's names of events.
 */
export type Effect =
  | {
      readonly kind: 'upsertContact';
      readonly by: UniqueValue;
      readonly properties: Properties;
      /** Added to what the contact has. They only grow. */
      readonly counters?: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'setProperties'; readonly on: RecordRef; readonly properties: Properties }
  | {
      readonly kind: 'upsertRecord';
      readonly objectType: Exclude<CrmObject, 'contacts'>;
      /** Without one, each event makes a record. */
      readonly by?: UniqueValue;
      readonly properties: Properties;
      readonly associations?: readonly { readonly to: RecordRef; readonly type?: AssociationType }[];
    }
  | { readonly kind: 'note'; readonly on: RecordRef; readonly body: string; readonly timestamp: string }
  | {
      readonly kind: 'task';
      readonly on: RecordRef;
      readonly subject: string;
      readonly body?: string;
      /** When it is due. */
      readonly timestamp: string;
    }
  | {
      readonly kind: 'customEvent';
      /** `pe<portal>_<name>`, or the name alone. */
      readonly name: string;
      readonly on: RecordRef;
      readonly properties: Properties;
      readonly timestamp: string;
      /** As its type declares it. */
      readonly fallback?: CustomEventFallback;
    }
  | {
      readonly kind: 'appEvent';
      /** `ae<app>_<name>`. */
      readonly eventTypeName: string;
      readonly on: RecordRef;
      readonly properties: Properties;
      readonly timestamp: string;
      /** What stands in where the app has no such event. */
      readonly fallback: AppEventFallback;
    }
  | {
      readonly kind: 'associate';
      readonly from: RecordRef;
      readonly to: RecordRef;
      readonly type?: AssociationType;
    };

/** Names one effect of one event everywhere: in the ledger, and as `objectWriteTraceId` at HubSpot. */
export function effectKey(eventId: string, n: number): string {
  return `${eventId}/${n}`;
}

/** The event and the number of an effect key. */
export function parseEffectKey(key: string): { eventId: string; n: number } {
  const [eventId = '', n = '0'] = key.split('/');
  return { eventId, n: Number(n) };
}

/** The kind of object that an effect writes; undefined when it writes none. */
export function objectTypeOf(effect: Effect): CrmObject | undefined {
  switch (effect.kind) {
    case 'upsertContact':
      return 'contacts';
    case 'upsertRecord':
      return effect.objectType;
    case 'setProperties':
      return 'objectType' in effect.on ? effect.on.objectType : undefined;
    default:
      return undefined;
  }
}

/** HubSpot's id of a record, as a property of it. */
export const OWN_ID = 'hs_object_id';
const PROPERTY = /^[a-z][a-z0-9_]{0,99}$/;
const MAX_VALUE = 65_536;

/**
 * What is wrong with the effects of an event, in words that name the place; empty when nothing is. Values are never
 * quoted.
 */
export function problemsOfEffects(effects: readonly Effect[]): string[] {
  return effects.flatMap((effect, n) =>
    problemsOf(effect, n, effects).map((problem) => `effect ${n}: ${problem}`),
  );
}

function problemsOf(effect: Effect, n: number, all: readonly Effect[]): string[] {
  const problems: string[] = [];
  for (const ref of refsOf(effect)) problems.push(...problemsOfRef(ref, n, all));
  if ('by' in effect && effect.by) problems.push(...problemsOfKey(effect.by));
  if ('properties' in effect) problems.push(...problemsOfProperties(effect.properties));
  if (effect.kind === 'upsertContact') {
    if (effect.by.property === OWN_ID && Object.keys(effect.counters ?? {}).length > 0)
      problems.push(`counters need a contact that is named by another property than ${OWN_ID}`);
    for (const [name, delta] of Object.entries(effect.counters ?? {})) {
      if (!PROPERTY.test(name)) problems.push(`"${name}" cannot be the name of a property`);
      if (!Number.isSafeInteger(delta) || delta < 0)
        problems.push(`the counter ${name} must grow by a whole number from 0`);
      if (name in effect.properties) problems.push(`${name} is a counter and set at once`);
    }
  }
  if ('timestamp' in effect) {
    const read = readTime(effect.timestamp);
    if (!read.ok) problems.push(`timestamp ${read.problem}`);
  }
  return problems;
}

/** The records that an effect refers to, apart from the one it writes by its own key. */
export function refsOf(effect: Effect): readonly RecordRef[] {
  switch (effect.kind) {
    case 'upsertContact':
      return [];
    case 'upsertRecord':
      return (effect.associations ?? []).map(({ to }) => to);
    case 'associate':
      return [effect.from, effect.to];
    case 'setProperties':
    case 'note':
    case 'task':
    case 'customEvent':
    case 'appEvent':
      return [effect.on];
  }
}

function problemsOfRef(ref: RecordRef, n: number, all: readonly Effect[]): string[] {
  if ('effect' in ref) {
    const target = all[ref.effect];
    if (!target || ref.effect >= n)
      return [`it refers to effect ${ref.effect}, which does not come before it`];
    return objectTypeOf(target) ? [] : [`it refers to effect ${ref.effect}, which writes no record`];
  }
  if ('by' in ref) return problemsOfKey(ref.by);
  return /^\d{1,19}$/.test(ref.id) ? [] : ['the id of a record must be a number'];
}

function problemsOfKey({ property, value }: UniqueValue): string[] {
  const problems = PROPERTY.test(property) ? [] : [`"${property}" cannot be the name of a property`];
  if (value.trim() === '') problems.push(`the value of ${property}, which names the record, is empty`);
  else if (property === EMAIL && !isAddress(value))
    problems.push(`the value of ${property}, which names the record, is not an e-mail address`);
  else if (property === OWN_ID && !/^\s*\d{1,19}\s*$/.test(value))
    problems.push(`the value of ${property}, which names the record, is not a number`);
  if (value.length > 500)
    problems.push(`the value of ${property}, which names the record, is longer than 500`);
  return problems;
}

function problemsOfProperties(properties: Properties): string[] {
  return Object.entries(properties).flatMap(([name, value]) => [
    ...(PROPERTY.test(name) ? [] : [`"${name}" cannot be the name of a property`]),
    ...(value !== null && value.length > MAX_VALUE
      ? [`the value of ${name} is longer than ${MAX_VALUE}`]
      : []),
  ]);
}
