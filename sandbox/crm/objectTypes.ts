/** A type of records: its names in paths, its scopes, its special properties. */
export interface ObjectType {
  id: string;
  name: string;
  singular: string;
  read: readonly string[];
  write: readonly string[];
  readSchema: readonly string[];
  writeSchema: readonly string[];
  createdName: string;
  /** `lastmodifieddate` for contacts, `hs_lastmodifieddate` for all others. */
  modifiedName: string;
  /** The properties that an answer has by default. */
  shown: readonly string[];
  /** The properties that `query` searches. */
  searched: readonly string[];
  /** HubSpot's own unique properties. */
  uniqueNames: readonly string[];
  /** Properties that each new record must have, by the definition of a custom type. */
  required?: readonly string[];
}

const objectScopes = (name: string) => ({
  read: [`crm.objects.${name}.read`],
  write: [`crm.objects.${name}.write`],
  readSchema: [`crm.objects.${name}.read`, `crm.schemas.${name}.read`],
  writeSchema: [`crm.schemas.${name}.write`],
});
export const CUSTOM_SCOPES = objectScopes('custom');
const TICKETS = ['tickets'];
/** Notes and tasks are written with the scopes of contacts. */
const engagementScopes = (name: string) => ({
  read: ['crm.objects.contacts.read', `crm.objects.${name}.read`],
  write: ['crm.objects.contacts.write'],
  readSchema: ['crm.objects.contacts.read', 'crm.schemas.contacts.read'],
  writeSchema: ['crm.schemas.contacts.write'],
});

export const OBJECT_TYPES = {
  contacts: {
    ...{ id: '0-1', name: 'contacts', singular: 'contact', ...objectScopes('contacts') },
    createdName: 'createdate',
    modifiedName: 'lastmodifieddate',
    shown: ['email', 'firstname', 'lastname'],
    searched: ['email', 'firstname', 'lastname', 'phone', 'company'],
    uniqueNames: ['email'],
  },
  companies: {
    ...{ id: '0-2', name: 'companies', singular: 'company', ...objectScopes('companies') },
    createdName: 'createdate',
    modifiedName: 'hs_lastmodifieddate',
    shown: ['domain', 'name'],
    searched: ['name', 'domain', 'website', 'phone'],
    uniqueNames: [],
  },
  deals: {
    ...{ id: '0-3', name: 'deals', singular: 'deal', ...objectScopes('deals') },
    createdName: 'createdate',
    modifiedName: 'hs_lastmodifieddate',
    shown: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
    searched: ['dealname', 'description'],
    uniqueNames: [],
  },
  tickets: {
    ...{ id: '0-5', name: 'tickets', singular: 'ticket' },
    ...{ read: TICKETS, write: TICKETS, readSchema: TICKETS, writeSchema: TICKETS },
    createdName: 'createdate',
    modifiedName: 'hs_lastmodifieddate',
    shown: [
      'content',
      'hs_pipeline',
      'hs_pipeline_stage',
      'hs_ticket_category',
      'hs_ticket_priority',
      'subject',
    ],
    searched: ['subject', 'content'],
    uniqueNames: [],
  },
  notes: {
    ...{ id: '0-46', name: 'notes', singular: 'note', ...engagementScopes('notes') },
    createdName: 'hs_createdate',
    modifiedName: 'hs_lastmodifieddate',
    shown: [],
    searched: ['hs_note_body'],
    uniqueNames: [],
  },
  tasks: {
    ...{ id: '0-27', name: 'tasks', singular: 'task', ...engagementScopes('tasks') },
    createdName: 'hs_createdate',
    modifiedName: 'hs_lastmodifieddate',
    shown: [],
    searched: ['hs_task_subject', 'hs_task_body'],
    uniqueNames: [],
  },
} as const satisfies Record<string, ObjectType>;

export const ALL_TYPES: readonly ObjectType[] = Object.values(OBJECT_TYPES);

const BY_NAME = new Map<string, ObjectType>(
  ALL_TYPES.flatMap((type) => [type.id, type.name, type.singular].map((name) => [name, type] as const)),
);

/** A type by its id, its plural or its singular, in any case. */
export function typeNamed(name: string): ObjectType | undefined {
  return BY_NAME.get(name.toLowerCase());
}
