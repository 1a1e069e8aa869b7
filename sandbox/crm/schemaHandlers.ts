import { json, noContent, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import type { CustomSchema, SchemaPlan } from './customTypes.js';
import { CrmError, invalid, notFound } from './errors.js';
import { readFields, readNames, readText, type Fields } from './input.js';
import { addProperty } from './propertyHandlers.js';

const NAME = /^[a-z][a-z0-9_]{0,99}$/i;

/** The definitions of custom types, as HubSpot's schemas API has them. */
export function listSchemas(crm: Crm, { query }: PortalRequest): Answer {
  const schemas = crm.custom.list(query.get('archived') === 'true');
  const left = ['properties', 'associations'].filter(
    (_, at) =>
      query.get(at === 0 ? 'includePropertyDefinitions' : 'includeAssociationDefinitions') === 'false',
  );
  const results = schemas.map((schema) =>
    Object.fromEntries(Object.entries(show(crm, schema)).filter(([name]) => !left.includes(name))),
  );
  return json(200, { results });
}

export function readSchema(crm: Crm, { params }: PortalRequest): Answer {
  return json(200, show(crm, requireSchema(crm, params[0])));
}

export function createSchema(crm: Crm, { body, epochMs }: PortalRequest): Answer {
  const fields = readFields(body);
  const plan = readPlan(fields);
  const properties = readList(fields, 'properties').map(readFields);
  const names = properties.map((property) => readText(property, 'name'));
  requireKnown(plan, names);
  if (crm.findType(plan.name)) {
    const message = `Object schema with the name ${plan.name} already exists.`;
    throw new CrmError({ status: 409, category: 'OBJECT_ALREADY_EXISTS', message });
  }
  const others = readNames(fields['associatedObjects']).map((name) => crm.type(name));
  const schema = crm.custom.add(plan, epochMs);
  const { type } = schema;
  for (const property of properties) {
    const groupName = property['groupName'] ?? `${type.singular}information`;
    addProperty(crm, type.name, { ...property, groupName }, epochMs);
  }
  for (const other of others) connect(crm, schema, other.id, null, epochMs);
  return json(201, show(crm, schema));
}

/** The name, and with it the id, cannot change. */
export function updateSchema(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const schema = requireSchema(crm, params[0]);
  const { name, ...changed } = readPlan({ ...plainOf(schema), ...readFields(body), name: schema.type.name });
  const known = crm.store(schema.type).schema.list(false);
  requireKnown(
    { name, ...changed },
    known.map((property) => property.name),
  );
  crm.custom.change(schema, changed, epochMs);
  return json(200, show(crm, schema));
}

/** Only a type without records can be deleted. */
export function archiveSchema(crm: Crm, { params, epochMs }: PortalRequest): Answer {
  const schema = requireSchema(crm, params[0]);
  if (crm.store(schema.type).count > 0) throw invalid(`There are still records of ${schema.type.name}.`);
  crm.custom.change(schema, { archived: true }, epochMs);
  return noContent();
}

export function createSchemaAssociation(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const schema = requireSchema(crm, params[0]);
  const fields = readFields(body);
  const other = crm.type(readText(fields, 'toObjectTypeId'));
  const name = typeof fields['name'] === 'string' ? fields['name'] : null;
  return json(201, connect(crm, schema, other.id, name, epochMs));
}

function connect(crm: Crm, schema: CustomSchema, to: string, name: string | null, epochMs: number) {
  const from = schema.type.id;
  const { typeId } = crm.associations.types.connect(from, to);
  const made = { id: String(typeId), fromObjectTypeId: from, toObjectTypeId: to, name };
  crm.custom.change(schema, { associations: [...schema.associations, made] }, epochMs);
  return made;
}

function requireSchema(crm: Crm, name: string | undefined): CustomSchema {
  const schema = crm.custom.find(name ?? '');
  if (!schema) throw notFound(`Unable to infer object type from: ${name ?? ''}`);
  return schema;
}

function readPlan(fields: Fields): SchemaPlan {
  const labels = readFields(fields['labels']);
  const name = readText(fields, 'name');
  if (!NAME.test(name))
    throw invalid(`'${name}' is no name: letters, digits and underscores, a letter first.`);
  return {
    name,
    labels: { singular: readText(labels, 'singular'), plural: readText(labels, 'plural') },
    description: typeof fields['description'] === 'string' ? fields['description'] : '',
    requiredProperties: readNames(fields['requiredProperties']),
    searchableProperties: readNames(fields['searchableProperties']),
    primaryDisplayProperty: readText(fields, 'primaryDisplayProperty'),
    secondaryDisplayProperties: readNames(fields['secondaryDisplayProperties']),
  };
}

function requireKnown(plan: SchemaPlan, names: readonly string[]): void {
  const asked = [
    plan.primaryDisplayProperty,
    ...plan.secondaryDisplayProperties,
    ...plan.requiredProperties,
    ...plan.searchableProperties,
  ];
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(`Property "${unknown}" is not among the properties of the type.`);
}

function readList(fields: Fields, name: string): unknown[] {
  const list: unknown = fields[name];
  if (Array.isArray(list) && list.length > 0) return list as unknown[];
  throw invalid(`Invalid input JSON: some required fields were not set: [${name}]`);
}

function plainOf({ type: _, ...schema }: CustomSchema): Fields {
  return { ...schema };
}

function show(crm: Crm, schema: CustomSchema) {
  const { type, ...shown } = schema;
  return {
    ...{ id: type.id.slice(2), objectTypeId: type.id, name: type.name, ...shown },
    properties: crm.store(type).schema.list(false),
  };
}
