import type { Definitions, Note, Problem, RegisteredType, WritableProperty } from './definitions.js';
import { givenValue, type Given, type ValueRules } from './givenValue.js';
import { labelsOf, type AskedAssociations, type CheckedAssociations, type Labels } from './labelsOf.js';
import { PLACES, stageOf } from './stageOf.js';

/* What a registration means in one portal, found out before anything is written there. */

/** A record as a request has it: its properties by name, `external_id` among them. */
export type GivenRecord = Readonly<Record<string, Given | undefined>>;

export interface GivenRegistration {
  readonly contact: GivenRecord;
  readonly deals: readonly GivenRecord[];
  readonly tickets: readonly GivenRecord[];
  readonly associations?: AskedAssociations;
}

/** A record as HubSpot gets it. */
export interface CheckedRecord {
  readonly properties: Readonly<Record<string, string>>;
  readonly externalId?: string;
}

export interface CheckedRegistration {
  readonly contact: CheckedRecord;
  readonly deals: readonly CheckedRecord[];
  readonly tickets: readonly CheckedRecord[];
  readonly associations?: CheckedAssociations;
}

export type CheckedAll =
  | { readonly registration: CheckedRegistration; readonly notes: readonly Note[] }
  | { readonly problems: readonly Problem[] };

export type AllDefinitions = Readonly<Record<RegisteredType, Definitions>> & { readonly labels?: Labels };

/** A word of ours in place of a property: the row's own id. */
const EXTERNAL_ID = 'external_id';
/** How an earlier service called properties of tickets. Who has properties of these names means those. */
const FORMER_NAMES: ReadonlyMap<string, string> = new Map([
  ['tickets.description', 'content'],
  ['tickets.category', 'hs_ticket_category'],
]);

/** All that is wrong with it at once, each problem with the path of its field; else what is to be written. */
export function checkRegistration(
  { contact, deals, tickets, associations }: GivenRegistration,
  definitions: AllDefinitions,
  rules: ValueRules,
): CheckedAll {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const check = (type: RegisteredType, record: GivenRecord, path: string): CheckedRecord => {
    const checked = checkRecord(type, record, definitions[type], rules);
    problems.push(...under(path, checked.problems));
    notes.push(...under(path, checked.notes));
    return checked.record;
  };
  const linked = associations && labelsOf(associations, definitions.labels ?? {});
  const registration = {
    contact: check('contacts', contact, 'contact'),
    deals: deals.map((deal, n) => check('deals', deal, `deals.${n}`)),
    tickets: tickets.map((ticket, n) => check('tickets', ticket, `tickets.${n}`)),
    ...(linked && { associations: linked.associations }),
  };
  problems.push(...(linked?.problems ?? []));
  notes.push(...(linked?.notes ?? []));
  problems.push(...sameIds('deals', deals), ...sameIds('tickets', tickets));
  return problems.length > 0 ? { problems } : { registration, notes };
}

/** Those rows of a registration whose shape is right, in their places. */
export interface SoundRows {
  readonly contact?: GivenRecord | undefined;
  readonly deals: readonly (GivenRecord | undefined)[];
  readonly tickets: readonly (GivenRecord | undefined)[];
  readonly associations?: AskedAssociations | undefined;
}

/** What the portal has against them, though others are wrong by themselves. */
export function problemsOfSound(
  { contact, deals, tickets, associations }: SoundRows,
  definitions: AllDefinitions,
  rules: ValueRules,
): Problem[] {
  const check = (type: RegisteredType, record: GivenRecord | undefined, path: string) =>
    record ? under(path, checkRecord(type, record, definitions[type], rules).problems) : [];
  return [
    ...check('contacts', contact, 'contact'),
    ...deals.flatMap((deal, n) => check('deals', deal, `deals.${n}`)),
    ...tickets.flatMap((ticket, n) => check('tickets', ticket, `tickets.${n}`)),
    ...(associations ? labelsOf(associations, definitions.labels ?? {}).problems : []),
  ];
}

interface CheckedOne {
  readonly record: CheckedRecord;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
}

export function checkRecord(
  type: RegisteredType,
  { [EXTERNAL_ID]: externalId, ...given }: GivenRecord,
  definitions: Definitions,
  rules: ValueRules,
): CheckedOne {
  const problems: Problem[] = [];
  const notes: Note[] = [];
  const properties: Record<string, string> = {};
  const names = type === 'contacts' ? undefined : PLACES[type];
  const placed = new Map<string, string>();
  for (const [path, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const former = FORMER_NAMES.get(`${type}.${path}`);
    const name = former === undefined || isLive(definitions.properties.get(path)) ? path : former;
    const property = definitions.properties.get(name);
    const refused = refusalOf(property, path, type);
    if (refused !== undefined || !property) {
      problems.push({ path, message: refused ?? '' });
      continue;
    }
    if (Object.hasOwn(properties, name) || placed.has(name)) {
      problems.push({ path, message: `stands for ${name}, which is given, too` });
      continue;
    }
    const read = givenValue(property, value, rules);
    if ('problem' in read) {
      problems.push({ path, message: read.problem });
      continue;
    }
    if (name !== path) notes.push({ path, message: `was taken as ${name}` });
    if (read.note !== undefined) notes.push({ path, message: read.note });
    if (name === names?.pipeline || name === names?.stage) placed.set(name, read.value);
    else properties[name] = read.value;
  }
  if (names) {
    const place = stageOf(definitions, names, {
      pipeline: placed.get(names.pipeline) ?? '',
      stage: placed.get(names.stage) ?? '',
    });
    Object.assign(properties, place.properties);
    problems.push(...place.problems);
    notes.push(...place.notes);
  }
  const record = {
    properties,
    ...(typeof externalId === 'string' && { externalId }),
  };
  return { record, problems, notes };
}

function isLive(property: WritableProperty | undefined): boolean {
  return property !== undefined && !property.archived;
}

function refusalOf(
  property: WritableProperty | undefined,
  name: string,
  type: RegisteredType,
): string | undefined {
  if (!property) return `The portal has no such property of ${type}`;
  if (property.archived) return 'This property is archived in the portal: restore it there, or leave it out';
  return property.readOnly ? `HubSpot alone sets ${name}` : undefined;
}

/** Two rows under one id would be one record. Rows whose shape is wrong may have one, too. */
export function sameIds(list: 'deals' | 'tickets', rows: readonly unknown[]): Problem[] {
  const seen = new Map<string, number>();
  return rows.flatMap((row, n) => {
    const given =
      typeof row === 'object' && row !== null && EXTERNAL_ID in row ? row[EXTERNAL_ID] : undefined;
    const externalId = typeof given === 'string' ? given.trim() : '';
    if (externalId === '') return [];
    const first = seen.get(externalId);
    seen.set(externalId, first ?? n);
    return first === undefined
      ? []
      : [{ path: `${list}.${n}.${EXTERNAL_ID}`, message: `is that of ${list}.${first}, too` }];
  });
}

function under<T extends Problem>(path: string, all: readonly T[]): T[] {
  return all.map((one) => ({ ...one, path: `${path}.${one.path}` }));
}
