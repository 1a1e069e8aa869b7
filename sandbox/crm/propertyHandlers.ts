import { json, noContent, type Answer } from '../platform/answer.js';
import type { PortalRequest } from '../hubspot/request.js';
import type { Crm } from './crm.js';
import { blankProperty, type Option, type Property, type PropertyType } from './propertyDefinitions.js';
import { CrmError, invalid, notFound, rowError, type RowError } from './errors.js';
import { readFields, readInputs, readText, type Fields } from './input.js';
import type { PropertyGroup, Schema } from './schema.js';

const MAX_INPUTS = 100;
const SENSITIVITIES = ['non_sensitive', 'sensitive', 'highly_sensitive'] as const;
const NAME = /^[a-z][a-z0-9_]{0,99}$/;
const FIELD_TYPES: Readonly<Record<PropertyType, readonly string[]>> = {
  string: ['text', 'textarea', 'html', 'file', 'phonenumber', 'calculation_equation'],
  number: ['number', 'calculation_equation'],
  date: ['date'],
  datetime: ['date'],
  enumeration: ['select', 'radio', 'checkbox', 'booleancheckbox', 'calculation_equation'],
  bool: ['booleancheckbox', 'calculation_equation'],
  phone_number: ['phonenumber'],
};

export function listProperties(crm: Crm, { params, query }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const wanted = query.get('dataSensitivity') ?? 'non_sensitive';
  const shown = schema
    .list(query.get('archived') === 'true')
    .filter(({ dataSensitivity }) => dataSensitivity === wanted);
  return json(200, { results: shown });
}

export function readProperty(crm: Crm, { params, query }: PortalRequest): Answer {
  return json(200, requireProperty(schemaOf(crm, params[0]), params[1], query.get('archived') === 'true'));
}

export function createProperty(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  return json(201, addProperty(crm, params[0], readFields(body), epochMs));
}

export function createProperties(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const results: Property[] = [];
  const errors: RowError[] = [];
  for (const input of readInputs(body, MAX_INPUTS)) {
    try {
      results.push(addProperty(crm, params[0], input, epochMs));
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      errors.push(rowError(error, { name: [String(input['name'])] }));
    }
  }
  return crm.batches.answer({ success: 201, results, errors, epochMs });
}

export function readProperties(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const fields = readFields(body);
  for (const name of ['archived', 'dataSensitivity']) {
    if (fields[name] === undefined)
      throw invalid(`Invalid input JSON: some required fields were not set: [${name}]`);
  }
  const results: Property[] = [];
  const missing: string[] = [];
  for (const input of readInputs(body, MAX_INPUTS)) {
    const name = readText(input, 'name');
    const property = schema.findAny(name);
    const isAsked =
      property?.archived === (fields['archived'] === true) &&
      property.dataSensitivity === fields['dataSensitivity'];
    if (isAsked) results.push(property);
    else missing.push(name);
  }
  const errors = missing.map((name) =>
    rowError(notFound(`Property ${name} does not exist`), { name: [name] }),
  );
  return crm.batches.answer({ success: 200, results, errors, epochMs });
}

/** Name and uniqueness cannot change; `options` replaces all options. */
export function updateProperty(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const property = requireProperty(schema, params[1], false);
  if (property.modificationMetadata.readOnlyDefinition) throw invalid(`${property.name} cannot be changed.`);
  const fields = readFields(body);
  const type = (fields['type'] ?? property.type) as PropertyType;
  const changed = { ...property, ...readDefinition(schema, fields, type, property.fieldType) };
  const updated: Property = { ...changed, type, updatedAt: new Date(epochMs).toISOString() };
  schema.put(updated);
  return json(200, updated);
}

export function archiveProperty(crm: Crm, { params, epochMs }: PortalRequest): Answer {
  archiveNamed(crm, params[0], params[1] ?? '', epochMs);
  return noContent();
}

export function archiveProperties(crm: Crm, { params, body, epochMs }: PortalRequest): Answer {
  for (const input of readInputs(body, MAX_INPUTS))
    archiveNamed(crm, params[0], readText(input, 'name'), epochMs);
  return noContent();
}

export function listGroups(crm: Crm, { params }: PortalRequest): Answer {
  return json(200, { results: schemaOf(crm, params[0]).listGroups() });
}

export function readGroup(crm: Crm, { params }: PortalRequest): Answer {
  return json(200, requireGroup(schemaOf(crm, params[0]), params[1]));
}

export function createGroup(crm: Crm, { params, body }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const fields = readFields(body);
  const group: PropertyGroup = {
    name: readName(fields),
    label: readText(fields, 'label'),
    displayOrder: readOrder(fields) ?? -1,
    archived: false,
  };
  schema.addGroup(group);
  return json(201, group);
}

export function updateGroup(crm: Crm, { params, body }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const group = requireGroup(schema, params[1]);
  const fields = readFields(body);
  const updated: PropertyGroup = {
    ...group,
    label: fields['label'] === undefined ? group.label : readText(fields, 'label'),
    displayOrder: readOrder(fields) ?? group.displayOrder,
  };
  schema.putGroup(updated);
  return json(200, updated);
}

export function archiveGroup(crm: Crm, { params }: PortalRequest): Answer {
  const schema = schemaOf(crm, params[0]);
  const group = requireGroup(schema, params[1]);
  if (schema.isGroupInUse(group.name)) throw invalid(`The group '${group.name}' still has properties.`);
  schema.putGroup({ ...group, archived: true });
  return noContent();
}

function schemaOf(crm: Crm, typeName: string | undefined): Schema {
  return crm.store(crm.type(typeName)).schema;
}

function requireProperty(schema: Schema, name: string | undefined, archived: boolean): Property {
  const property = schema.findAny(name ?? '');
  if (property && property.archived === archived) return property;
  throw notFound(`Property ${name ?? ''} does not exist`);
}

function requireGroup(schema: Schema, name: string | undefined): PropertyGroup {
  const group = schema.findGroup(name ?? '');
  if (!group) throw notFound(`Property group ${name ?? ''} does not exist`);
  return group;
}

/** Adds a property by its definition. */
export function addProperty(
  crm: Crm,
  typeName: string | undefined,
  fields: Fields,
  epochMs: number,
): Property {
  const schema = schemaOf(crm, typeName);
  const name = readName(fields);
  const type = readText(fields, 'type') as PropertyType;
  if (!Object.hasOwn(FIELD_TYPES, type)) throw invalid(`${type} is no type of a property.`);
  readText(fields, 'label');
  readText(fields, 'groupName');
  const fieldType = readText(fields, 'fieldType');
  const property: Property = {
    ...blankProperty(name, type, '', new Date(epochMs).toISOString()),
    ...readDefinition(schema, fields, type, fieldType),
    hasUniqueValue: fields['hasUniqueValue'] === true,
    dataSensitivity: readSensitivity(fields),
    ...(fieldType === 'calculation_equation' && calculation(fields)),
  };
  schema.add(property);
  return property;
}

/** Only HubSpot sets the value of a calculated property. */
function calculation(fields: Fields): Partial<Property> {
  const formula = fields['calculationFormula'];
  return {
    calculated: true,
    ...(typeof formula === 'string' && { calculationFormula: formula }),
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: true },
  };
}

function readSensitivity(fields: Fields): Property['dataSensitivity'] {
  const level = fields['dataSensitivity'] ?? 'non_sensitive';
  const known = SENSITIVITIES.find((one) => one === level);
  if (!known) throw invalid(`dataSensitivity is one of ${SENSITIVITIES.join(', ')}.`);
  return known;
}

/** The part of a definition that can be changed later. */
function readDefinition(
  schema: Schema,
  fields: Fields,
  type: PropertyType,
  fieldType: string,
): Partial<Property> {
  const given: Partial<Property> = { fieldType: (fields['fieldType'] ?? fieldType) as string };
  if (!FIELD_TYPES[type]?.includes(given.fieldType ?? '')) {
    throw invalid(`A property of type ${type} cannot have the fieldType ${given.fieldType}.`);
  }
  if (fields['groupName'] !== undefined) {
    given.groupName = readText(fields, 'groupName');
    if (!schema.findGroup(given.groupName)) throw invalid(`Property group ${given.groupName} does not exist`);
  }
  if (fields['label'] !== undefined) given.label = readText(fields, 'label');
  if (typeof fields['description'] === 'string') given.description = fields['description'];
  if (typeof fields['hidden'] === 'boolean') given.hidden = fields['hidden'];
  if (typeof fields['formField'] === 'boolean') given.formField = fields['formField'];
  const displayOrder = readOrder(fields);
  if (displayOrder !== undefined) given.displayOrder = displayOrder;
  if (fields['options'] !== undefined) given.options = readOptions(fields['options']);
  if (type === 'enumeration' && fields['type'] !== undefined && (given.options ?? []).length === 0) {
    throw invalid('An enumeration needs options.');
  }
  return given;
}

function readOptions(options: unknown): Option[] {
  if (!Array.isArray(options)) throw invalid('Invalid input JSON: options must be a list.');
  const read = options.map((option: unknown, n): Option => {
    const fields = readFields(option);
    return {
      label: readText(fields, 'label'),
      value: readText(fields, 'value'),
      displayOrder: readOrder(fields) ?? n,
      hidden: fields['hidden'] === true,
      ...(typeof fields['description'] === 'string' && { description: fields['description'] }),
    };
  });
  if (new Set(read.map(({ value }) => value)).size < read.length)
    throw invalid('Options must differ in their values.');
  return read;
}

function readName(fields: Fields): string {
  const name = readText(fields, 'name');
  if (NAME.test(name)) return name;
  throw invalid(`'${name}' is no name: lower-case letters, digits and underscores, and a letter first.`);
}

function readOrder(fields: Fields): number | undefined {
  const order = fields['displayOrder'];
  return typeof order === 'number' && Number.isInteger(order) ? order : undefined;
}

function archiveNamed(crm: Crm, typeName: string | undefined, name: string, epochMs: number): void {
  const schema = schemaOf(crm, typeName);
  const property = schema.find(name);
  if (!property) return;
  if (!property.modificationMetadata.archivable || property.hubspotDefined) {
    throw invalid(`${name} is HubSpot's own and cannot be archived.`);
  }
  schema.put({ ...property, archived: true, archivedAt: new Date(epochMs).toISOString() });
  crm.store(schema.type).forgetProperty(name);
}
