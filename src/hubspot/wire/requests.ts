import type { AssociationCategory } from '../../domain/hubspot/associationCategories.js';
import type { BatchCallbackCompletion, CallbackCompletion } from './callbacks.js';
import type { ResourceName } from './paths.js';

/*
 * What is sent with each request: the parts of HubSpot's own description that this system uses (test/contract holds
 * them against it). What HubSpot describes as required is required here too, also where its live service does without.
 */

/** All values are strings; an empty one clears the property. */
type PropertyValues = Readonly<Record<string, string>>;

interface AssociationType {
  readonly associationCategory: AssociationCategory;
  readonly associationTypeId: number;
}

interface ObjectCreation {
  readonly properties: PropertyValues;
  readonly associations: readonly {
    readonly to: { readonly id: string };
    readonly types: readonly AssociationType[];
  }[];
}

interface ObjectChange {
  readonly id: string;
  /** A property with unique values, in place of the record's id. */
  readonly idProperty?: string;
  readonly properties: PropertyValues;
  /** Leads an error of the batch back to its row; without it a batch is all or nothing. */
  readonly objectWriteTraceId?: string;
}

interface SearchFilter {
  readonly propertyName: string;
  readonly operator:
    | 'EQ'
    | 'NEQ'
    | 'LT'
    | 'LTE'
    | 'GT'
    | 'GTE'
    | 'BETWEEN'
    | 'IN'
    | 'NOT_IN'
    | 'HAS_PROPERTY'
    | 'NOT_HAS_PROPERTY'
    | 'CONTAINS_TOKEN'
    | 'NOT_CONTAINS_TOKEN';
  readonly value?: string;
  readonly values?: readonly string[];
  readonly highValue?: string;
}

interface Search {
  readonly filterGroups: readonly { readonly filters: readonly SearchFilter[] }[];
  readonly properties: readonly string[];
  /** HubSpot takes a single sort. */
  readonly sorts: readonly {
    readonly propertyName: string;
    readonly direction: 'ASCENDING' | 'DESCENDING';
  }[];
  readonly limit: number;
  /** A number, as text; `0` for the first page. */
  readonly after: string;
  readonly query?: string;
}

interface Link {
  readonly from: { readonly id: string };
  readonly to: { readonly id: string };
}

interface PropertyChange {
  readonly label?: string;
  readonly groupName?: string;
  readonly description?: string;
  readonly fieldType?:
    | 'booleancheckbox'
    | 'checkbox'
    | 'date'
    | 'number'
    | 'phonenumber'
    | 'radio'
    | 'select'
    | 'text'
    | 'textarea';
  readonly type?: 'bool' | 'date' | 'datetime' | 'enumeration' | 'number' | 'phone_number' | 'string';
  readonly formField?: boolean;
  readonly hidden?: boolean;
  readonly displayOrder?: number;
  /** Replaces the whole list. */
  readonly options?: readonly {
    readonly label: string;
    readonly value: string;
    readonly hidden: boolean;
    readonly displayOrder: number;
  }[];
}

type PropertyCreation = PropertyChange &
  Required<Pick<PropertyChange, 'label' | 'groupName' | 'fieldType' | 'type'>> & {
    readonly name: string;
    readonly hasUniqueValue?: boolean;
  };

interface CustomEvent {
  /** As HubSpot names it: `pe<portal>_<name>`. */
  readonly eventName: string;
  readonly properties: PropertyValues;
  readonly objectId?: string;
  readonly email?: string;
  readonly utk?: string;
  readonly occurredAt?: string;
  /** HubSpot takes only one event with the same uuid. */
  readonly uuid?: string;
}

interface TimelineEvent {
  /** `ae<app>_<name>`. */
  readonly eventTypeName: string;
  /** Our own id: a second event with the same id is refused (409). */
  readonly id: string;
  readonly properties: PropertyValues;
  readonly objectId?: string;
  readonly email?: string;
  readonly timestamp?: string;
  readonly extraData?: Readonly<Record<string, unknown>>;
}

interface Inputs<T> {
  readonly inputs: readonly T[];
}

interface BodiesByName {
  completeCallback: CallbackCompletion;
  completeCallbacks: Inputs<BatchCallbackCompletion>;
  createObject: ObjectCreation;
  updateObject: { readonly properties: PropertyValues };
  readObjects: Inputs<{ readonly id: string }> & {
    readonly idProperty?: string;
    readonly properties: readonly string[];
    readonly propertiesWithHistory: readonly string[];
  };
  createObjects: Inputs<ObjectCreation & Pick<ObjectChange, 'objectWriteTraceId'>>;
  updateObjects: Inputs<ObjectChange>;
  upsertObjects: Inputs<ObjectChange>;
  archiveObjects: Inputs<{ readonly id: string }>;
  searchObjects: Search;
  mergeObjects: { readonly primaryObjectId: string; readonly objectIdToMerge: string };
  deleteForPrivacy: { readonly objectId: string; readonly idProperty?: 'email' };
  associate: readonly AssociationType[];
  readAssociations: Inputs<{ readonly id: string; readonly after?: string }>;
  createAssociations: Inputs<Link & { readonly types: readonly AssociationType[] }>;
  createDefaultAssociations: Inputs<Link>;
  archiveAssociations: Inputs<{
    readonly from: { readonly id: string };
    readonly to: readonly { readonly id: string }[];
  }>;
  archiveAssociationLabels: Inputs<Link & { readonly types: readonly AssociationType[] }>;
  createAssociationLabel: { readonly label: string; readonly name: string; readonly inverseLabel?: string };
  createProperty: PropertyCreation;
  updateProperty: PropertyChange;
  readProperties: Inputs<{ readonly name: string }> & {
    readonly archived: boolean;
    readonly dataSensitivity: 'non_sensitive' | 'sensitive' | 'highly_sensitive';
  };
  createProperties: Inputs<PropertyCreation>;
  createPropertyGroup: { readonly name: string; readonly label: string; readonly displayOrder?: number };
  updatePropertyGroup: { readonly label?: string; readonly displayOrder?: number };
  sendEvent: CustomEvent;
  sendEvents: Inputs<CustomEvent>;
  createTimelineEvent: TimelineEvent;
  createTimelineEvents: Inputs<TimelineEvent>;
  resolveTimelineEventTypes: { readonly projectName: string; readonly developerSymbol: string };
}

// Type aliases: an interface has no index signature, and `pathOf` goes through the entries.
type Paging = {
  readonly limit?: number;
  readonly after?: string;
};

type ObjectParts = {
  readonly properties?: readonly string[];
  readonly propertiesWithHistory?: readonly string[];
  readonly associations?: readonly string[];
  readonly archived?: boolean;
};

interface QueriesByName {
  listObjects: Paging & ObjectParts;
  readObject: ObjectParts & { readonly idProperty?: string };
  updateObject: { readonly idProperty?: string };
  readObjects: { readonly archived?: boolean };
  listAssociations: Paging;
  listProperties: {
    readonly archived?: boolean;
    readonly dataSensitivity?: 'non_sensitive' | 'sensitive' | 'highly_sensitive';
  };
  readProperty: { readonly archived?: boolean };
  listOwners: Paging & { readonly email?: string; readonly archived?: boolean };
  listSchemas: {
    readonly archived?: boolean;
    readonly includePropertyDefinitions?: boolean;
    readonly includeAssociationDefinitions?: boolean;
  };
  readOwner: { readonly idProperty?: 'id' | 'userId'; readonly archived?: boolean };
}

/** The body of a request, or none. */
export type BodyOf<R extends ResourceName> = R extends keyof BodiesByName ? BodiesByName[R] : undefined;

/** What may stand in the query of a request. */
export type QueryOf<R extends ResourceName> = R extends keyof QueriesByName
  ? QueriesByName[R]
  : Record<string, never>;
