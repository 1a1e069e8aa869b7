import { invalid, notFound } from './errors.js';
import type { CrmRecord } from './record.js';
import type { RecordStore } from './recordStore.js';
import type { Wanted } from './views.js';

export type Fields = Record<string, unknown>;

export function readFields(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw invalid('Invalid input JSON: the body must be an object.');
}

export function readInputs(body: unknown, max: number): Fields[] {
  const inputs = readFields(body)['inputs'];
  if (!Array.isArray(inputs))
    throw invalid('Invalid input JSON: some required fields were not set: [inputs]');
  if (inputs.length > max) {
    throw invalid(
      `The maximum number of inputs supported in a batch request is ${max}; there are ${inputs.length}.`,
    );
  }
  return inputs.map(readFields);
}

/** An id, given as text or as a number; undefined for anything else. */
export function readId(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function readText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number') return String(value);
  throw invalid(`Invalid input JSON: some required fields were not set: [${name}]`);
}

/** A list in a query: comma-separated, or the parameter repeated. */
export function readList(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '');
}

export function readWanted(query: URLSearchParams): Wanted {
  const properties = readList(query, 'properties');
  return {
    properties: properties.length > 0 ? properties : undefined,
    history: readList(query, 'propertiesWithHistory'),
  };
}

export function readNames(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

/** A record by its id, or by the value of a unique property: a live one, or with `archived` an archived one. */
export function locate(
  store: RecordStore,
  id: string,
  idProperty: string | undefined,
  archived = false,
): CrmRecord | undefined {
  const record =
    idProperty === undefined || idProperty === 'hs_object_id'
      ? store.find(readId(id) ?? -1)
      : store.findUnique(requireUniqueName(store, idProperty), id);
  if (record && (record.archivedAtMs !== undefined) === archived) return record;
  // One that was merged may stand among the archived ones; its id leads on.
  const became = record && !archived && idProperty === undefined ? store.becameOf(record.id) : undefined;
  return became?.archivedAtMs === undefined ? became : undefined;
}

export function requireRecord(
  store: RecordStore,
  id: string,
  idProperty?: string,
  archived = false,
): CrmRecord {
  const record = locate(store, id, idProperty, archived);
  if (!record) throw notFound();
  return record;
}

export function requireUniqueName(store: RecordStore, name: string): string {
  if (store.schema.uniqueNames().includes(name)) return name;
  throw invalid(`Property "${name}" is not a unique property of ${store.type.name}.`);
}
