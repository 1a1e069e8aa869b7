import { holds, nothing, type PersonalData, type PersonalRows } from '../personalData.js';

const TYPES = { from_type: 'text', from_id: 'bigint', to_type: 'text', to_id: 'bigint' } as const;

/** Of one of the two sides on which an association stands. */
const edges = (side: string, by: readonly (keyof typeof TYPES)[]): PersonalRows => ({
  key: [
    ...by.map((column) => [column, TYPES[column]] as const),
    ['category', 'text'],
    ['type_id', 'integer'],
  ],
  among: `t.workspace_id = $1 AND t.portal_id = $2 AND ${side}`,
  names: 'true',
  erase: `erased AS (DELETE FROM crm_edges t USING hit h
                      WHERE t.workspace_id = $1 AND t.portal_id = $2 AND t.from_type = h.from_type AND t.from_id = h.from_id
                        AND t.to_type = h.to_type AND t.to_id = h.to_id AND t.category = h.category AND t.type_id = h.type_id
                     RETURNING t.from_id)`,
  shows: `to_jsonb(t) - ARRAY['workspace_id']`,
  ofMirror: true,
});

export const CRM_PERSONAL_DATA: PersonalData = {
  crm_records: holds({
    key: [['id', 'bigint']],
    among: 't.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.id = ANY ($4)',
    names: 'true',
    erase: `erased AS (DELETE FROM crm_records t USING hit h
                        WHERE t.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.id = h.id RETURNING t.id)`,
    shows: `to_jsonb(t) - ARRAY['workspace_id', 'hash']`,
    ofMirror: true,
  }),
  // Rows stay in their places: readers of the feed stand at them. They tell the id, which readers need to erase it.
  crm_changes: holds({
    key: [
      ['generation', 'smallint'],
      ['transaction_id', 'xid8'],
      ['id', 'bigint'],
    ],
    among: 't.workspace_id = $1',
    names: `t.portal_id = $2 AND t.object_type = $3 AND t.record_id = ANY ($4) AND t.action NOT IN ('Associated', 'Dissociated') AND t.changed <> '{}'`,
    erase: `erased AS (UPDATE crm_changes t SET changed = '{}' FROM hit h
                        WHERE t.workspace_id = $1 AND t.generation = h.generation AND t.transaction_id = h.transaction_id AND t.id = h.id
                       RETURNING t.id)`,
    shows: `to_jsonb(t) - ARRAY['workspace_id', 'generation', 'transaction_id']`,
    ofMirror: true,
    page: 2000,
  }),
  crm_edges: holds(
    edges('t.from_type = $3 AND t.from_id = ANY ($4)', ['from_type', 'from_id', 'to_type', 'to_id']),
    edges('t.to_type = $3 AND t.to_id = ANY ($4)', ['to_id', 'to_type', 'from_type', 'from_id']),
  ),
  crm_aliases: holds({
    key: [['id', 'bigint']],
    among: 't.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.survivor_id = ANY ($4)',
    names: 'true',
    erase: `erased AS (DELETE FROM crm_aliases t USING hit h
                        WHERE t.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.id = h.id RETURNING t.id)`,
    shows: `to_jsonb(t) - ARRAY['workspace_id']`,
    ofMirror: true,
  }),
  crm_values: holds({
    key: [
      ['record_id', 'bigint'],
      ['property', 'text'],
    ],
    among: 't.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.record_id = ANY ($4)',
    names: 'true',
    erase: `erased AS (DELETE FROM crm_values t USING hit h
                        WHERE t.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3 AND t.record_id = h.record_id AND t.property = h.property
                       RETURNING t.record_id)`,
    shows: `jsonb_build_object('recordId', t.record_id, 'property', t.property, 'value', t.value)`,
    ofMirror: true,
  }),
  crm_consumers: nothing('who reads the feed, and how far they are'),
  crm_dead_changes: nothing('ids of records, with places in the feed where the change is emptied'),
  crm_declared_properties: nothing('names of properties'),
  crm_sql_views: nothing('names of views'),
  crm_sql_logins: nothing('logins of people who ask in SQL'),
  crm_property_defs: nothing('names, types and options of properties'),
  crm_schemas: nothing('names of custom objects'),
  crm_pipelines: nothing('names of pipelines'),
  crm_stages: nothing('names of stages'),
  crm_owners: nothing(
    'users of the portal, as HubSpot names them: they are no records, and change when they do there',
  ),
};
