import { builtInProperties, type Property } from './propertyDefinitions.js';
import { CrmError } from './errors.js';
import type { ObjectType } from './objectTypes.js';

export interface PropertyGroup {
  name: string;
  label: string;
  displayOrder: number;
  archived: boolean;
}

const MAX_UNIQUE = 10;
const MAX_CUSTOM = 1_000;

/** The properties and property groups of one type of records in a portal. */
export class Schema {
  private readonly properties = new Map<string, Property>();
  private readonly groups = new Map<string, PropertyGroup>();
  private unique: readonly string[] | undefined;

  constructor(readonly type: ObjectType) {
    for (const property of builtInProperties(type)) this.properties.set(property.name, property);
    const name = `${type.singular}information`;
    this.groups.set(name, { name, label: `${type.singular} information`, displayOrder: 0, archived: false });
  }

  /** A live property; nothing can be written to an archived one. */
  find(name: string): Property | undefined {
    const property = this.properties.get(name);
    return property?.archived ? undefined : property;
  }

  findAny(name: string): Property | undefined {
    return this.properties.get(name);
  }

  list(archived: boolean): Property[] {
    return [...this.properties.values()].filter((property) => property.archived === archived);
  }

  /** The names of live properties whose values are unique. */
  uniqueNames(): readonly string[] {
    this.unique ??= this.list(false)
      .filter(({ hasUniqueValue, name }) => hasUniqueValue && name !== 'hs_object_id')
      .map(({ name }) => name);
    return this.unique;
  }

  /** An archived name comes back with the new definition. */
  add(property: Property): void {
    const known = this.find(property.name);
    if (known) throw alreadyExists(`A property named '${property.name}' already exists.`);
    const custom = this.list(false).filter(({ hubspotDefined }) => !hubspotDefined);
    if (custom.length >= MAX_CUSTOM) throw tooMany(`There are ${MAX_CUSTOM} custom properties already.`);
    if (property.hasUniqueValue && custom.filter((one) => one.hasUniqueValue).length >= MAX_UNIQUE) {
      throw tooMany(`There are ${MAX_UNIQUE} unique properties already.`);
    }
    this.put(property);
  }

  /** Replaces the definition of a property. */
  put(property: Property): void {
    this.properties.set(property.name, property);
    this.unique = undefined;
  }

  findGroup(name: string): PropertyGroup | undefined {
    const group = this.groups.get(name);
    return group?.archived ? undefined : group;
  }

  listGroups(): PropertyGroup[] {
    return [...this.groups.values()].filter(({ archived }) => !archived);
  }

  addGroup(group: PropertyGroup): void {
    if (this.findGroup(group.name)) {
      throw alreadyExists(`A property group named '${group.name}' already exists.`, 'GROUP');
    }
    this.putGroup(group);
  }

  putGroup(group: PropertyGroup): void {
    this.groups.set(group.name, group);
  }

  isGroupInUse(name: string): boolean {
    return this.list(false).some(({ groupName }) => groupName === name);
  }
}

function alreadyExists(message: string, what = 'PROPERTY'): CrmError {
  const subCategory = `Properties.${what}_WITH_NAME_EXISTS`;
  return new CrmError({ status: 409, category: 'OBJECT_ALREADY_EXISTS', message, subCategory });
}

function tooMany(message: string): CrmError {
  return new CrmError({ status: 400, category: 'VALIDATION_ERROR', message });
}
