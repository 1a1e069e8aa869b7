import { json, noContent, type Answer } from '../../platform/answer.js';
import type { PortalRequest } from '../../hubspot/request.js';
import type { Crm } from '../crm.js';
import { CrmError, invalid, notFound, rowError, type RowError } from '../errors.js';
import { readFields, readId, readInputs, readText, type Fields } from '../input.js';
import type { ObjectType } from '../objectTypes.js';
import { findType } from './inlineLinks.js';
import type { AssociationType } from './associationTypes.js';

const MAX_READ = 1_000;
const MAX_CREATED = 2_000;
const MAX_ARCHIVED = 100;
const MAX_PER_PAGE = 500;

/** `GET …/{type}/{id}/associations/{toType}` */
export function listOf(crm: Crm, { params, query, version }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[2])];
  const id = requireId(crm, from, params[1]);
  const limit = Number(query.get('limit') ?? MAX_PER_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PER_PAGE) throw invalid('Invalid limit.');
  const after = Number(query.get('after') ?? 0);
  const all = crm.linked(from, id, to).filter((other) => other.id > after);
  const shown = all.slice(0, limit);
  const last = shown.at(-1);
  return json(200, {
    results: shown.map((other) => showOther(other, version)),
    ...(last && all.length > limit && { paging: { next: { after: String(last.id) } } }),
  });
}

/** `PUT …`: replaces the labels by those of the body (docs/hubspot.md#associations). */
export function put(crm: Crm, { params, body }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[2])];
  const [id, other] = [requireId(crm, from, params[1]), requireId(crm, to, params[3])];
  if (!Array.isArray(body) || body.length === 0)
    throw invalid('Invalid input JSON: a list of types is expected.');
  const types = readTypes(crm, from, to, body);
  crm.associations.replace(from.id, id, to.id, other, types);
  return json(201, showPair(from, id, to, other, types));
}

export function putDefault(crm: Crm, { params, epochMs }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[2])];
  const [id, other] = [requireId(crm, from, params[1]), requireId(crm, to, params[3])];
  return crm.batches.answer({ success: 200, results: linkDefault(crm, from, id, to, other), epochMs });
}

export function remove(crm: Crm, { params }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[2])];
  crm.associations.remove(from.id, readId(params[1]) ?? -1, to.id, readId(params[3]) ?? -1);
  return noContent();
}

/** A record without associations is an error of its row, which means "none" (docs/hubspot.md#associations). */
export function readBatch(crm: Crm, { params, body, epochMs, version }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  return perRow(crm, readInputs(body, MAX_READ), 200, epochMs, (input) => {
    const id = readText(input, 'id');
    const others = crm.linked(from, readId(id) ?? -1, to);
    if (others.length === 0) throw noneFound(from, to, id);
    const after = readId(input['after']) ?? 0;
    const rest = others.filter((other) => other.id > after);
    const shown = rest.slice(0, MAX_PER_PAGE);
    const last = shown.at(-1);
    return [
      {
        from: { id },
        to: shown.map((other) => showOther(other, version)),
        ...(last && rest.length > MAX_PER_PAGE && { paging: { next: { after: String(last.id) } } }),
      },
    ];
  });
}

export function createBatch(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  return perRow(crm, readInputs(body, MAX_CREATED), 201, epochMs, (input) => {
    const [id, other] = [requireSide(crm, from, input['from']), requireSide(crm, to, input['to'])];
    const types = readTypes(crm, from, to, input['types']);
    crm.associations.replace(from.id, id, to.id, other, types);
    return [showPair(from, id, to, other, types)];
  });
}

export function createDefaultBatch(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  return perRow(crm, readInputs(body, MAX_CREATED), 200, epochMs, (input) =>
    linkDefault(crm, from, requireSide(crm, from, input['from']), to, requireSide(crm, to, input['to'])),
  );
}

export function archiveBatch(crm: Crm, { params, body, epochMs, version }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  for (const input of readInputs(body, MAX_ARCHIVED)) {
    const id = readId(readFields(input['from'])['id']) ?? -1;
    const others: unknown = input['to'];
    if (!Array.isArray(others)) throw invalid('Invalid input JSON: some required fields were not set: [to]');
    for (const other of others)
      crm.associations.remove(from.id, id, to.id, readId(readFields(other)['id']) ?? -1);
  }
  return archived(crm, version, epochMs);
}

export function archiveLabelsBatch(crm: Crm, { params, body, epochMs, version }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  for (const input of readInputs(body, MAX_CREATED)) {
    const [id, other] = [input['from'], input['to']].map((side) => readId(readFields(side)['id']) ?? -1);
    const typeIds = readTypes(crm, from, to, input['types']).map(({ typeId }) => typeId);
    crm.associations.removeTypes(from.id, id ?? -1, to.id, other ?? -1, typeIds);
  }
  return archived(crm, version, epochMs);
}

export function listLabels(crm: Crm, { params }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  return json(200, { results: crm.associations.types.between(from.id, to.id).map(showType) });
}

export function createLabel(crm: Crm, { params, body }: PortalRequest): Answer {
  const [from, to] = [crm.type(params[0]), crm.type(params[1])];
  const fields = readFields(body);
  readText(fields, 'name');
  const label = readText(fields, 'label');
  const inverse = typeof fields['inverseLabel'] === 'string' ? fields['inverseLabel'] : undefined;
  if (crm.associations.types.between(from.id, to.id).some((known) => known.label === label)) {
    throw invalid(`An association label '${label}' already exists.`);
  }
  return json(200, {
    results: crm.associations.types.addLabel(from.id, to.id, label, inverse).map(showType),
  });
}

function perRow(
  crm: Crm,
  inputs: readonly Fields[],
  success: number,
  epochMs: number,
  work: (input: Fields) => object[],
): Answer {
  const results: object[] = [];
  const errors: RowError[] = [];
  for (const input of inputs) {
    try {
      results.push(...work(input));
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      errors.push(rowError(error, {}));
    }
  }
  return crm.batches.answer({ success, results, errors, epochMs });
}

/** HubSpot's guides say 204; the description of the dated API says 200 with a body. */
function archived(crm: Crm, version: string, epochMs: number): Answer {
  if (version.startsWith('v')) return noContent();
  return crm.batches.answer({ success: 200, results: [], epochMs });
}

function linkDefault(crm: Crm, from: ObjectType, id: number, to: ObjectType, other: number): object[] {
  const plain = crm.associations.types.unlabelled(from.id, to.id);
  if (!plain) throw invalid(`${from.name} and ${to.name} cannot be associated.`);
  const known = crm.associations.of(from.id, id, to.id).find((one) => one.id === other);
  crm.associations.replace(from.id, id, to.id, other, known?.types ?? [plain]);
  const spec = (typeId: number) => ({ associationCategory: plain.category, associationTypeId: typeId });
  return [
    { from: { id: String(id) }, to: { id: String(other) }, associationSpec: spec(plain.typeId) },
    { from: { id: String(other) }, to: { id: String(id) }, associationSpec: spec(plain.inverse) },
  ];
}

function readTypes(crm: Crm, from: ObjectType, to: ObjectType, specs: unknown): AssociationType[] {
  if (!Array.isArray(specs)) throw invalid('Invalid input JSON: some required fields were not set: [types]');
  return specs.map((spec: unknown) => {
    const type = findType(crm, from, to, spec);
    if (!type)
      throw invalid(`No such association type from ${from.name} to ${to.name}: ${JSON.stringify(spec)}`);
    return type;
  });
}

function requireSide(crm: Crm, type: ObjectType, side: unknown): number {
  return requireId(crm, type, readText(readFields(side), 'id'));
}

function requireId(crm: Crm, type: ObjectType, text: string | undefined): number {
  const record = crm.store(type).find(readId(text) ?? -1);
  if (!record || record.archivedAtMs !== undefined)
    throw notFound(`No ${type.singular} with id ${text ?? ''} exists.`);
  return record.id;
}

function noneFound(from: ObjectType, to: ObjectType, id: string): CrmError {
  return new CrmError({
    status: 404,
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${to.singular} is associated with ${from.singular} ${id}.`,
    context: { fromObjectId: [id], fromObjectType: [from.singular], toObjectType: [to.singular] },
  });
}

function showType({ category, typeId, label }: AssociationType) {
  return { category, typeId, label };
}

/** v4 answers the id as a number; the description of the dated API says text. */
function showOther({ id, types }: { id: number; types: AssociationType[] }, version: string) {
  return { toObjectId: version.startsWith('v') ? id : String(id), associationTypes: types.map(showType) };
}

function showPair(
  from: ObjectType,
  id: number,
  to: ObjectType,
  other: number,
  types: readonly AssociationType[],
) {
  return {
    fromObjectTypeId: from.id,
    fromObjectId: String(id),
    toObjectTypeId: to.id,
    toObjectId: String(other),
    labels: types.flatMap(({ label }) => label ?? []),
  };
}
