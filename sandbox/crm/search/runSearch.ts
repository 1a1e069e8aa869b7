import type { Property } from '../propertyDefinitions.js';
import { invalid } from '../errors.js';
import { valueOf } from '../valueOf.js';
import type { RecordStore } from '../recordStore.js';
import { comparable, compileFilter } from './filters.js';
import { arrange, scattered, shownTotal, type Misbehaviour } from './misbehaviour.js';
import type { Doc } from './searchIndex.js';
import type { Filter, SearchRequest } from './searchRequest.js';

/** Whether the record is associated with one of the given records. */
export type IsAssociated = (recordId: number, typeName: string, ids: readonly string[]) => boolean;

export interface FoundPage {
  total: number;
  hits: Doc[];
  /** Where the next page begins; undefined after the last one. */
  next: number | undefined;
}

const ASSOCIATIONS = 'associations.';
const REACHABLE = 10_000;
const STRANGERS = 3;

/** One page of the matching records, and their total number. */
export function runSearch(
  store: RecordStore,
  request: SearchRequest,
  isAssociated: IsAssociated,
  misbehaviour?: Misbehaviour,
): FoundPage {
  const { groups, query, sort, after, limit } = request;
  const ids = store.index.cached(JSON.stringify([groups, query, sort]), () =>
    find(store, request, isAssociated),
  );
  const places = misbehaviour ? misplaced(store, request, ids, misbehaviour) : ids;
  const hits = places.slice(after, after + limit).flatMap((id) => store.index.get(id) ?? []);
  const all = Math.max(ids.length, places.length);
  const end = Math.min(after + limit, all);
  return {
    total: misbehaviour ? shownTotal(all, misbehaviour) : all,
    hits,
    next: limit > 0 && end < all ? end : undefined,
  };
}

/** Only places up to the last that a search reaches are laid out. */
function misplaced(
  store: RecordStore,
  { groups, sort, limit }: SearchRequest,
  ids: readonly number[],
  misbehaviour: Misbehaviour,
): number[] {
  const isById = !sort || sort.name === 'hs_object_id';
  const found =
    misbehaviour.ids === 'scattered' && isById ? [...ids].sort((a, b) => scattered(a) - scattered(b)) : ids;
  return arrange(found.slice(0, REACHABLE), limit, misbehaviour, strangersOf(store, groups, misbehaviour));
}

/** Records from outside of the times that the request asks for. */
function strangersOf(
  { index, type }: RecordStore,
  groups: SearchRequest['groups'],
  { outside }: Misbehaviour,
): number[] {
  const filters = groups.length === 1 ? (groups[0] ?? []) : [];
  const [fromMs, toMs] = rangeOf(filters, type.modifiedName);
  const isOlder = outside === 'older' || outside === 'both';
  const isNewer = outside === 'newer' || outside === 'both';
  const older = isOlder && fromMs > 0 ? index.idsBefore(fromMs, STRANGERS) : [];
  const newer: number[] = [];
  if (isNewer) {
    for (const { id } of index.byModification(toMs + 1, Number.MAX_SAFE_INTEGER)) {
      newer.push(id);
      if (newer.length === STRANGERS) break;
    }
  }
  return [...older, ...newer];
}

function find(
  store: RecordStore,
  { groups, query, sort }: SearchRequest,
  isAssociated: IsAssociated,
): number[] {
  const tests = groups.map((filters) => filters.map((filter) => compile(store, filter, isAssociated)));
  const words = query.toLowerCase().trim();
  const { type } = store;
  const found: Doc[] = [];
  const ids: number[] = [];
  const isById = !sort || sort.name === 'hs_object_id';
  for (const doc of candidates(store, groups)) {
    const fits = tests.length === 0 || tests.some((group) => group.every((isTrue) => isTrue(doc)));
    if (!fits) continue;
    if (
      words !== '' &&
      !type.searched.some((name) => doc.version.properties[name]?.toLowerCase().includes(words))
    ) {
      continue;
    }
    // A million documents take much more room than their ids.
    if (isById) ids.push(doc.id);
    else found.push(doc);
  }
  if (isById) return ids.sort((a, b) => (sort?.descending ? b - a : a - b));
  return sorted(store, found, sort).map(({ id }) => id);
}

function compile(store: RecordStore, filter: Filter, isAssociated: IsAssociated): (doc: Doc) => boolean {
  const { propertyName, operator, value, values } = filter;
  if (propertyName.startsWith(ASSOCIATIONS)) {
    const typeName = propertyName.slice(ASSOCIATIONS.length);
    if (operator !== 'EQ' && operator !== 'IN')
      throw invalid(`${operator} does not work on ${propertyName}.`);
    const wanted = operator === 'EQ' ? [value] : values;
    return ({ id }) => isAssociated(id, typeName, wanted);
  }
  const property = propertyNamed(store, propertyName);
  const fits = compileFilter(property, filter);
  const read = reader(store, propertyName);
  return (doc) => fits(read(doc));
}

function propertyNamed(store: RecordStore, name: string): Property {
  const property = store.schema.find(name);
  if (!property) throw invalid(`Property "${name}" does not exist`);
  return property;
}

/** Reads the value of one property as the index knows it. */
function reader(store: RecordStore, name: string): (doc: Doc) => string | undefined {
  const { type } = store;
  if (![type.createdName, type.modifiedName, 'hs_object_id'].includes(name)) {
    return ({ version }) => version.properties[name];
  }
  return (doc) => valueOf(type, doc, doc.version, name);
}

/** The records to check, as few as the filters allow; several groups narrow nothing. */
function candidates(store: RecordStore, groups: SearchRequest['groups']): Iterable<Doc> {
  const [only] = groups;
  const { index, type } = store;
  const filters = groups.length === 1 && only ? only : [];
  const [fromId, toId] = rangeOf(filters, 'hs_object_id');
  const [fromMs, toMs] = rangeOf(filters, type.modifiedName);
  for (const { propertyName, operator, value } of filters) {
    if (operator !== 'EQ' || !type.uniqueNames.includes(propertyName)) continue;
    const record = store.findUnique(propertyName, value);
    const doc = record && index.get(record.id);
    // The index lags behind: it may know another value of this record.
    if (doc && reader(store, propertyName)(doc)?.toLowerCase() === value.toLowerCase()) return [doc];
  }
  const byModification = index.countByModification(fromMs, toMs);
  return byModification < index.countById(fromId, toId)
    ? index.byModification(fromMs, toMs)
    : index.byId(fromId, toId);
}

/** The range of a numeric property outside of which no record matches. */
function rangeOf(filters: readonly Filter[], name: string): [number, number] {
  let low = 0;
  let high = Number.MAX_SAFE_INTEGER - 1;
  for (const { propertyName, operator, value, highValue } of filters) {
    if (propertyName !== name || !/^\d+$/.test(value)) continue;
    const number = Number(value);
    if (['EQ', 'GTE', 'GT', 'BETWEEN'].includes(operator)) low = Math.max(low, number);
    if (['EQ', 'LTE', 'LT'].includes(operator)) high = Math.min(high, number);
    if (operator === 'BETWEEN' && /^\d+$/.test(highValue)) high = Math.min(high, Number(highValue));
  }
  return [low, high];
}

/** Records without the value come last. */
function sorted(store: RecordStore, docs: Doc[], sort: { name: string; descending: boolean }): Doc[] {
  const key = comparable(propertyNamed(store, sort.name));
  const direction = sort.descending ? -1 : 1;
  const read = reader(store, sort.name);
  const keyed = docs.map((doc) => {
    const value = read(doc);
    return { doc, key: value === undefined ? undefined : key(value) };
  });
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.doc.id - b.doc.id;
    if (a.key === undefined) return 1;
    if (b.key === undefined) return -1;
    return direction * (a.key < b.key ? -1 : 1);
  });
  return keyed.map(({ doc }) => doc);
}
