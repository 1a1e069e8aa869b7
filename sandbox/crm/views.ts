import { valueOf } from './valueOf.js';
import type { CrmRecord } from './record.js';
import type { ObjectType } from './objectTypes.js';
import type { Schema } from './schema.js';

export interface Wanted {
  /** Undefined for those that an answer has by default. */
  properties: readonly string[] | undefined;
  history: readonly string[];
}

/** A record in the form of an answer to a read. Names that are no properties are ignored. */
export function showRecord(portalId: number, schema: Schema, record: CrmRecord, wanted: Wanted) {
  const { type } = schema;
  const names = new Set([
    type.createdName,
    'hs_object_id',
    type.modifiedName,
    ...(wanted.properties ?? type.shown),
  ]);
  const properties: Record<string, string | null> = {};
  for (const name of names)
    if (schema.find(name) !== undefined)
      properties[name] = valueOf(type, record, record.version, name) ?? null;
  return {
    id: String(record.id),
    properties,
    ...(wanted.history.length > 0 && {
      propertiesWithHistory: Object.fromEntries(
        wanted.history.map((name) => [name, historyOf(type, record, name)]),
      ),
    }),
    ...frame(portalId, type, record),
  };
}

/** A record in the form of an answer to a write, which has all its properties. */
export function showWritten(portalId: number, type: ObjectType, record: CrmRecord) {
  const names = [type.createdName, 'hs_object_id', type.modifiedName];
  const own = names.map((name) => [name, valueOf(type, record, record.version, name)]);
  return {
    id: String(record.id),
    properties: { ...record.version.properties, ...(Object.fromEntries(own) as Record<string, string>) },
    ...frame(portalId, type, record),
  };
}

function frame(portalId: number, type: ObjectType, record: CrmRecord) {
  return {
    createdAt: new Date(record.createdAtMs).toISOString(),
    updatedAt: new Date(record.version.updatedAtMs).toISOString(),
    archived: record.archivedAtMs !== undefined,
    ...(record.archivedAtMs !== undefined && { archivedAt: new Date(record.archivedAtMs).toISOString() }),
    url: `https://app.hubspot.com/contacts/${portalId}/record/${type.id}/${record.id}`,
  };
}

/** The newest value first. */
function historyOf(type: ObjectType, record: CrmRecord, name: string) {
  const current = valueOf(type, record, record.version, name);
  const entries = [...(record.past?.get(name) ?? [])];
  if (current !== undefined) {
    entries.push({ value: current, atMs: record.setAt?.get(name) ?? record.createdAtMs });
  }
  return entries.reverse().map(({ value, atMs }) => ({
    value,
    timestamp: new Date(atMs).toISOString(),
    sourceType: 'INTEGRATION',
  }));
}
