import { CUSTOM_SCOPES, type ObjectType } from './objectTypes.js';

/** The definition of a type of records that an account has made for itself. */
export interface CustomSchema {
  type: ObjectType;
  fullyQualifiedName: string;
  labels: { singular: string; plural: string };
  description: string;
  requiredProperties: readonly string[];
  searchableProperties: readonly string[];
  primaryDisplayProperty: string;
  secondaryDisplayProperties: readonly string[];
  /** The associations that it was defined with, by the ids of their types. */
  associations: readonly {
    id: string;
    fromObjectTypeId: string;
    toObjectTypeId: string;
    name: string | null;
  }[];
  archived: boolean;
  createdAt: string;
  updatedAt: string;
}

export type SchemaPlan = Omit<
  CustomSchema,
  'type' | 'fullyQualifiedName' | 'associations' | 'archived' | 'createdAt' | 'updatedAt'
> & { name: string };

/** Ids of types are of the account, not of HubSpot: the same name has another id elsewhere. */
const FIRST_TYPE = 41_000_000;
const TYPES_EACH = 1_000;

/** The custom types of one portal. One that was deleted keeps its id, which no other gets. */
export class CustomTypes {
  private readonly all: CustomSchema[] = [];

  constructor(private readonly portalId: number) {}

  list(archived: boolean): CustomSchema[] {
    return this.all.filter((schema) => schema.archived === archived);
  }

  types(): ObjectType[] {
    return this.all.map(({ type }) => type);
  }

  /** A live one by its id (`2-…`), its full name (`p123_cars`) or its name, in any case. */
  find(name: string): CustomSchema | undefined {
    const wanted = name.toLowerCase();
    return this.list(false).find(({ type, fullyQualifiedName }) =>
      [type.id, type.name, fullyQualifiedName].some((known) => known.toLowerCase() === wanted),
    );
  }

  add(plan: SchemaPlan, atMs: number): CustomSchema {
    const { name, ...definition } = plan;
    const number = FIRST_TYPE + (this.portalId % TYPES_EACH) * TYPES_EACH + this.all.length;
    const type: ObjectType = {
      ...{ id: `2-${number}`, name, singular: name, ...CUSTOM_SCOPES },
      createdName: 'hs_createdate',
      modifiedName: 'hs_lastmodifieddate',
      ...{ shown: [], searched: [], uniqueNames: [], required: [] },
    };
    const at = new Date(atMs).toISOString();
    const made = {
      ...definition,
      type,
      fullyQualifiedName: `p${this.portalId}_${name}`,
      ...{ associations: [], archived: false, createdAt: at, updatedAt: at },
    };
    this.all.push(made);
    this.apply(made);
    return made;
  }

  change(schema: CustomSchema, changes: Partial<CustomSchema>, atMs: number): void {
    Object.assign(schema, changes, { updatedAt: new Date(atMs).toISOString() });
    this.apply(schema);
  }

  /** What the definition says of its records holds for them from now on. */
  private apply({ type, primaryDisplayProperty, ...schema }: CustomSchema): void {
    type.shown = [...new Set([primaryDisplayProperty, ...schema.secondaryDisplayProperties])];
    type.searched = schema.searchableProperties;
    type.required = schema.requiredProperties;
  }
}
