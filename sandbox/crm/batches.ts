import { noContent, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import { linkInline, readInlineLinks } from './associations/inlineLinks.js';
import { readChanges } from './changes.js';
import type { Crm } from './crm.js';
import { CrmError, invalid, notFound, rowError, type RowError } from './errors.js';
import {
  locate,
  readFields,
  readId,
  readInputs,
  readNames,
  readText,
  requireUniqueName,
  type Fields,
} from './input.js';
import type { CrmRecord } from './record.js';
import type { Claims, RecordStore } from './recordStore.js';
import type { ObjectType } from './objectTypes.js';
import { showRecord, showWritten } from './views.js';

const MAX_INPUTS = 100;

/** Checks a row and returns what applies it, so that all rows of a batch are checked before one is applied. */
type Prepare = (input: Fields, claims: Claims | undefined) => () => Record<string, unknown>;

export function createMany(crm: Crm, { params, body, version, epochMs }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const inputs = readInputs(body, MAX_INPUTS);
  const prepare: Prepare = (input, claims) => {
    const changes = readChanges(crm.writing(type, version), input['properties'], undefined);
    const links = readInlineLinks(crm, type, input['associations']);
    store.requireUnique(changes, undefined, claims);
    return () => {
      const record = store.create(changes);
      linkInline(crm, type, record, links);
      return showWritten(crm.portalId, type, record);
    };
  };
  return runBatch(crm, inputs, prepare, { success: 201, mayBePartial: true, epochMs });
}

/**
 * By id, or by a unique property that each input names. Merged ids do not work here
 * (docs/hubspot.md#records-and-properties).
 */
export function updateMany(crm: Crm, { params, body, version, epochMs }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const all = readInputs(body, MAX_INPUTS);
  refuseOwnId(all);
  refuseDuplicates(all);
  const inputs = crm.settings.batchUpdatesReportMergedIds
    ? all
    : all.filter((input) => !namesMergedRecord(store, input));
  const prepare: Prepare = (input, claims) => {
    const record = findForUpdate(store, input);
    if (!record) throw notFound(`No ${type.singular} exists with the id ${readText(input, 'id')}.`);
    return prepareUpdate(crm, type, version, input, record, claims);
  };
  return runBatch(crm, inputs, prepare, { success: 200, mayBePartial: true, epochMs });
}

/** By `email` there is no partial success, with or without trace ids (docs/hubspot.md#batch-endpoints). */
export function upsertMany(crm: Crm, { params, query, body, version, epochMs }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const inputs = readInputs(body, MAX_INPUTS).map((input) => ({
    ...input,
    idProperty: input['idProperty'] ?? query.get('idProperty') ?? undefined,
  }));
  refuseOwnId(inputs);
  refuseDuplicates(inputs);
  const prepare: Prepare = (input, claims) => {
    const record = findForUpdate(store, input);
    if (record) {
      const apply = prepareUpdate(crm, type, version, input, record, claims);
      return () => ({ ...apply(), new: false });
    }
    const id = readText(input, 'id');
    if (input['idProperty'] === undefined) throw notFound(`No ${type.singular} exists with the id ${id}.`);
    const idProperty = readText(input, 'idProperty');
    const properties = { [idProperty]: id, ...readFields(input['properties']) };
    const changes = readChanges(crm.writing(type, version), properties, undefined);
    store.requireUnique(changes, undefined, claims);
    return () => ({ ...showWritten(crm.portalId, type, store.create(changes)), new: true });
  };
  const mayBePartial = !inputs.some(({ idProperty }) => idProperty === 'email');
  return runBatch(crm, inputs, prepare, { success: 200, mayBePartial, epochMs });
}

export function archiveMany(crm: Crm, { params, body }: PortalRequest): Answer {
  const store = crm.store(crm.type(params[0]));
  const inputs = readInputs(body, MAX_INPUTS);
  refuseDuplicates(inputs);
  for (const input of inputs) {
    const record = locate(store, readText(input, 'id'), undefined);
    if (record) store.archive(record);
  }
  return noContent();
}

/** All ids that are missing are one error of a 207, or left out in silence (docs/hubspot.md#batch-endpoints). */
export function readMany(crm: Crm, { params, query, body, epochMs }: PortalRequest): Answer {
  const type = crm.type(params[0]);
  const store = crm.store(type);
  const inputs = readInputs(body, MAX_INPUTS);
  const fields = readFields(body);
  const idProperty = typeof fields['idProperty'] === 'string' ? fields['idProperty'] : undefined;
  if (idProperty !== undefined) requireUniqueName(store, idProperty);
  const properties = readNames(fields['properties']);
  const wanted = {
    properties: properties.length > 0 ? properties : undefined,
    history: readNames(fields['propertiesWithHistory']),
  };
  const isArchived = query.get('archived') === 'true';
  const missing: string[] = [];
  const found = new Set<CrmRecord>();
  for (const id of new Set(inputs.map((input) => readText(input, 'id')))) {
    const record = locate(store, id, idProperty, isArchived);
    const isFurther = idProperty === 'email' && record?.version.properties['email'] !== id.toLowerCase();
    const isMerged = idProperty === undefined && record !== undefined && String(record.id) !== id;
    if (isMerged && !crm.settings.batchReadsFollowMergedIds) missing.push(id);
    else if (record && (!isFurther || crm.settings.batchReadsFindFurtherAddresses)) found.add(record);
    else missing.push(id);
  }
  const results = [...found].map((record) => showRecord(crm.portalId, store.schema, record, wanted));
  const name = type.singular.toUpperCase();
  const message = `Could not get some ${name} objects, they may be deleted or not exist. Check that ids are valid.`;
  const isSilent = missing.length === 0 || !crm.settings.batchReadsReportMissingIds;
  const errors = isSilent ? [] : [rowError(notFound(message), { ids: missing })];
  return crm.batches.answer({ success: 200, results, errors, epochMs });
}

function prepareUpdate(
  crm: Crm,
  type: ObjectType,
  version: string,
  input: Fields,
  record: CrmRecord,
  claims: Claims | undefined,
): () => Record<string, unknown> {
  const store = crm.store(type);
  const changes = readChanges(crm.writing(type, version), input['properties'], record);
  store.requireUnique(changes, record.id, claims);
  return () => {
    store.update(record, changes);
    return showWritten(crm.portalId, type, record);
  };
}

function findForUpdate(store: RecordStore, input: Fields): CrmRecord | undefined {
  const id = readText(input, 'id');
  if (input['idProperty'] !== undefined) return locate(store, id, readText(input, 'idProperty'));
  return namesMergedRecord(store, input) ? undefined : locate(store, id, undefined);
}

function namesMergedRecord(store: RecordStore, input: Fields): boolean {
  return input['idProperty'] === undefined && store.isAlias(readId(readText(input, 'id')) ?? -1);
}

/** HubSpot's own id names a record without `idProperty` (docs/hubspot.md#batch-endpoints). */
function refuseOwnId(inputs: readonly Fields[]): void {
  if (inputs.some((input) => input['idProperty'] === 'hs_object_id'))
    throw invalid('Unable to perform update/upsert by non-unique property hs_object_id.');
}

function refuseDuplicates(inputs: readonly Fields[]): void {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const input of inputs) {
    const id = readText(input, 'id').toLowerCase();
    if (seen.has(id)) twice.add(id);
    seen.add(id);
  }
  if (twice.size === 0) return;
  throw invalid(`Duplicate IDs found in batch input: [${[...twice].join(', ')}]. IDs must be unique`);
}

interface BatchKind {
  success: number;
  mayBePartial: boolean;
  epochMs: number;
}

/** Row by row if each input has a trace id, else all or nothing (docs/hubspot.md#batch-endpoints). */
function runBatch(
  crm: Crm,
  inputs: readonly Fields[],
  prepare: Prepare,
  { success, mayBePartial, epochMs }: BatchKind,
): Answer {
  const traces = inputs.map((input) => input['objectWriteTraceId']);
  const isTraced = inputs.length > 0 && traces.every((trace) => typeof trace === 'string');
  const results: object[] = [];
  const errors: RowError[] = [];
  if (mayBePartial && isTraced) {
    for (const [n, input] of inputs.entries()) {
      try {
        results.push(crm.batches.traced(prepare(input, undefined)(), traces[n]));
      } catch (error) {
        if (!(error instanceof CrmError)) throw error;
        errors.push(rowError(error, { objectWriteTraceId: [String(traces[n])] }));
      }
    }
  } else {
    const claims: Claims = new Set();
    const applies = inputs.map((input) => prepare(input, claims));
    for (const [n, apply] of applies.entries()) results.push(crm.batches.traced(apply(), traces[n]));
  }
  return crm.batches.answer({ success, results, errors, epochMs });
}
