import type { Property } from '../propertyDefinitions.js';
import { invalid } from '../errors.js';
import { valueOf } from '../valueOf.js';
import type { RecordStore } from '../recordStore.js';
import { comparable, compileFilter } from './filters.js';
import type { Doc } from './searchIndex.js';
import type { Filter, SearchRequest } from './searchRequest.js';

/** Whether the record is associated with one of the given records. */
export type IsAssociated = (recordId: number, typeName: string, ids: readonly string[]) => boolean;

const ASSOCIATIONS = 'associations.';

/** One page of the matching records, and their total number. */
export function runSearch(
  store: RecordStore,
  request: SearchRequest,
  isAssociated: IsAssociated,
): { total: number; hits: Doc[] } {
  const { groups, query, sort, after, limit } = request;
  const ids = store.index.cached(JSON.stringify([groups, query, sort]), () =>
    find(store, request, isAssociated),
  );
  const hits = ids.slice(after, after + limit).flatMap((id) => store.index.get(id) ?? []);
  return { total: ids.length, hits };
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
  for (const doc of candidates(store, groups)) {
    const fits = tests.length === 0 || tests.some((group) => group.every((isTrue) => isTrue(doc)));
    if (!fits) continue;
    if (
      words !== '' &&
      !type.searched.some((name) => doc.version.properties[name]?.toLowerCase().includes(words))
    ) {
      continue;
    }
    found.push(doc);
  }
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

/** By id unless the request sorts; records without the value come last. */
function sorted(store: RecordStore, docs: Doc[], sort: SearchRequest['sort']): Doc[] {
  if (!sort || sort.name === 'hs_object_id') {
    const direction = sort?.descending ? -1 : 1;
    return docs.sort((a, b) => direction * (a.id - b.id));
  }
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
