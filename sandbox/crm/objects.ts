import { json, noContent, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import { linkInline, readInlineLinks } from './associations/inlineLinks.js';
import { readChanges } from './changes.js';
import type { Crm } from './crm.js';
import { invalid } from './errors.js';
import { locate, readFields, readList, readText, readWanted, requireRecord } from './input.js';
import type { CrmRecord } from './record.js';
import type { Page } from './recordStore.js';
import { scattered } from './search/misbehaviour.js';
import { runSearch, type IsAssociated } from './search/runSearch.js';
import { readSearch } from './search/searchRequest.js';
import type { ObjectType } from './objectTypes.js';
import { showRecord, showWritten } from './views.js';

const MAX_PER_PAGE = 100;
const MAX_WITH_HISTORY = 50;
const MAX_INLINE = 100;

/** `GET …/{type}`: by id; `after` is the id of the next record. */
export function list(crm: Crm, { params, query, version }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const wanted = readWanted(query);
  const limit = Number(query.get('limit') ?? 10);
  const max = wanted.history.length > 0 ? MAX_WITH_HISTORY : MAX_PER_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw invalid(`Invalid limit: between 1 and ${max} records per page.`);
  }
  const after = query.get('after') ?? '0';
  if (!/^\d{1,15}$/.test(after)) throw invalid(`Invalid after: ${after}`);
  const { records, next } = pageOf(crm, type, Number(after), limit, query.get('archived') === 'true');
  const associations = readList(query, 'associations');
  const results = records.map((record) => ({
    ...showRecord(crm.portalId, crm.store(type).schema, record, wanted),
    ...showAssociations(crm, type, record, associations, version),
  }));
  return json(200, { results, ...(next !== undefined && { paging: { next: { after: String(next) } } }) });
}

function pageOf(crm: Crm, type: ObjectType, after: number, limit: number, archived: boolean): Page {
  const { shortPages = false, ids = 'ascending' } = crm.misbehaviours.get(type) ?? {};
  const shown = shortPages ? Math.ceil(limit / 2) : limit;
  const store = crm.store(type);
  if (ids === 'ascending') return store.page(after, shown, archived);
  const { records } = store.page(0, Infinity, archived);
  const rest = records
    .filter(({ id }) => after === 0 || scattered(id) >= scattered(after))
    .sort((a, b) => scattered(a.id) - scattered(b.id));
  return { records: rest.slice(0, shown), next: rest[shown]?.id };
}

export function create(crm: Crm, { params, body, version }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const fields = readFields(body);
  const store = crm.store(type);
  const changes = readChanges(crm.writing(type, version), fields['properties'], undefined);
  const links = readInlineLinks(crm, type, fields['associations']);
  store.requireUnique(changes, undefined);
  const record = store.create(changes);
  linkInline(crm, type, record, links);
  return json(201, showWritten(crm.portalId, type, record));
}

export function read(crm: Crm, { params, query, version }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const isArchived = query.get('archived') === 'true';
  const idProperty = query.get('idProperty') ?? undefined;
  const record = requireRecord(crm.store(type), params[1] ?? '', idProperty, isArchived);
  return json(200, {
    ...showRecord(crm.portalId, crm.store(type).schema, record, readWanted(query)),
    ...showAssociations(crm, type, record, readList(query, 'associations'), version),
  });
}

export function update(crm: Crm, { params, query, body, version }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const record = requireRecord(store, params[1] ?? '', query.get('idProperty') ?? undefined);
  const given = readFields(body)['properties'];
  if (Object.keys(readFields(given)).length === 0)
    throw invalid('No properties found to update, please provide at least one.');
  const changes = readChanges(crm.writing(type, version), given, record);
  store.requireUnique(changes, record.id);
  store.update(record, changes);
  return json(200, showWritten(crm.portalId, type, record));
}

/** Moves a record to the recycle bin. A missing record is answered 204 as well. */
export function archive(crm: Crm, { params }: PortalRequest): Answer {
  const store = crm.store(crm.type(params[0]));
  const record = locate(store, params[1] ?? '', undefined);
  if (record) store.archive(record);
  return noContent();
}

export function search(crm: Crm, { params, body, length, epochMs }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const request = readSearch(body, length);
  store.index.catchUp(epochMs);
  const isAssociated: IsAssociated = (id, typeName, ids) => {
    const other = crm.type(typeName);
    return ids.some((otherId) => crm.isLinked(type, id, other, Number(otherId)));
  };
  const { total, hits, next } = runSearch(store, request, isAssociated, crm.misbehaviours.get(type));
  return json(200, {
    total,
    results: hits.map((hit) => {
      // Records that were archived or merged since are shown as well, until the index knows.
      const record = { ...hit, archivedAtMs: undefined, setAt: undefined, past: undefined };
      return showRecord(crm.portalId, store.schema, record, {
        properties: request.properties,
        history: [],
      });
    }),
    ...(next !== undefined && { paging: { next: { after: String(next) } } }),
  });
}

/** Two records become a third with a new id, to which both old ids lead. */
export function merge(crm: Crm, { params, body }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const fields = readFields(body);
  const primary = requireRecord(store, readText(fields, 'primaryObjectId'));
  const other = requireRecord(store, readText(fields, 'objectIdToMerge'));
  if (primary.id === other.id) throw invalid('A record cannot be merged with itself.');
  return json(200, showWritten(crm.portalId, type, crm.merge(type, primary, other)));
}

/** Deletes for good, by id or by address. An address that no contact has is answered 204 as well. */
export function deleteForPrivacy(crm: Crm, { params, body }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const fields = readFields(body);
  const id = readText(fields, 'objectId');
  const idProperty = typeof fields['idProperty'] === 'string' ? fields['idProperty'] : undefined;
  const record = idProperty === undefined ? requireRecord(store, id) : locate(store, id, idProperty);
  if (record) crm.purge(type, record);
  return noContent();
}

/** Each type of records has pages of its own; the next one is read from the associations of the record. */
function showAssociations(
  crm: Crm,
  type: ObjectType,
  record: CrmRecord,
  names: readonly string[],
  version: string,
) {
  const shown = names.flatMap((name) => {
    const other = crm.type(name);
    const all = crm.linked(type, record.id, other);
    const page = all.slice(0, MAX_INLINE);
    const results = page.flatMap(({ id, types }) =>
      types.map(({ label }) => {
        const suffix = label === null ? '' : `_${label.toLowerCase().replaceAll(' ', '_')}`;
        return { id: String(id), type: `${type.singular}_to_${other.singular}${suffix}` };
      }),
    );
    if (results.length === 0) return [];
    const after = String(page.at(-1)?.id);
    const objects = version.startsWith('v') ? '/crm/v4/objects' : `/crm/objects/${version}`;
    const path = `${objects}/${type.name}/${record.id}/associations/${other.name}`;
    const next = { after, link: `https://api.hubapi.com${path}?after=${after}` };
    return [[other.name, { results, ...(all.length > page.length && { paging: { next } }) }] as const];
  });
  return shown.length > 0 ? { associations: Object.fromEntries(shown) } : {};
}
