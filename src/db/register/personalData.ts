import { holds, type PersonalData } from '../personalData.js';

/** A registration names a record by its values, or since it wrote it. */
export const REGISTER_PERSONAL_DATA: PersonalData = {
  registrations: holds({
    key: [['id', 'bigint']],
    among: 't.workspace_id = $1',
    names: `t.portal_id = $2 AND (names_any(concat_ws(' ', t.given, t.plan, t.notes, t.problems), $5)
      OR EXISTS (SELECT FROM registration_steps s WHERE s.workspace_id = t.workspace_id AND s.registration_id = t.id
                    AND s.object_type = $3 AND s.record_ids && $4))`,
    erase: `erased AS (UPDATE registrations t
                          SET given = NULL, plan = NULL, notes = NULL, problems = NULL, ended_at = coalesce(ended_at, clock_timestamp()),
                              state = CASE state WHEN 'open' THEN 'failed' ELSE state END
                         FROM hit h WHERE t.workspace_id = $1 AND t.id = h.id RETURNING t.id)`,
    shows: `jsonb_build_object('id', t.id, 'state', t.state, 'given', t.given, 'plan', t.plan, 'notes', t.notes, 'problems', t.problems,
              'createdAt', t.created_at, 'endedAt', t.ended_at)`,
  }),
  registration_steps: holds({
    key: [
      ['registration_id', 'bigint'],
      ['n', 'smallint'],
    ],
    among: 't.workspace_id = $1',
    names: `t.object_type = $3 AND t.record_ids && $4
      AND EXISTS (SELECT FROM registrations r WHERE r.workspace_id = t.workspace_id AND r.id = t.registration_id AND r.portal_id = $2)`,
    erase: `erased AS (UPDATE registration_steps t SET record_ids = array_fill(NULL::bigint, ARRAY[cardinality(t.record_ids)]), failures = NULL
                         FROM hit h WHERE t.workspace_id = $1 AND t.registration_id = h.registration_id AND t.n = h.n RETURNING t.n)`,
    shows: `jsonb_build_object('registrationId', t.registration_id, 'step', t.step, 'state', t.state, 'recordIds', t.record_ids, 'failures', t.failures)`,
  }),
};
