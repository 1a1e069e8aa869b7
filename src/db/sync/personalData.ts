import { holds, nothing, type PersonalData } from '../personalData.js';

export const SYNC_PERSONAL_DATA: PersonalData = {
  // Beside the id at which a read stands, until its next page: ids of records that HubSpot does not show, or has not.
  sync_states: holds({
    key: [['object_type', 'text']],
    among: 't.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = $3',
    names: '(t.set_aside ?| $4::bigint[]::text[] OR t.erasures_unsure && $4::bigint[]::text[])',
    erase: `erased AS (UPDATE sync_states t SET set_aside = t.set_aside - $4::bigint[]::text[],
                               erasures_unsure = ARRAY(SELECT u.id FROM unnest(t.erasures_unsure) WITH ORDINALITY u (id, n) WHERE u.id <> ALL ($4::bigint[]::text[]) ORDER BY u.n)
                          FROM hit h
                        WHERE t.workspace_id = $1 AND t.portal_id = $2 AND t.object_type = h.object_type RETURNING t.object_type)`,
    shows: `jsonb_build_object('setAside', (SELECT jsonb_object_agg(a.key, a.value) FROM jsonb_each(t.set_aside) a WHERE a.key = ANY ($4::bigint[]::text[])),
                               'erasuresUnsure', (SELECT jsonb_agg(u.id) FROM unnest(t.erasures_unsure) u (id) WHERE u.id = ANY ($4::bigint[]::text[])))`,
    ofMirror: true,
  }),
  sync_passes: nothing('how far a pass is; the id of the record at which it stands, until its next step'),
  sync_properties: nothing('names of properties'),
  sync_schedules: nothing('when a portal is read'),
};
