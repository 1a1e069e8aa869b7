import { holds, nothing, type PersonalData } from '../personalData.js';

/** Of a waiting or ended execution the record's id is taken away; HubSpot is told all the same. */
const byObject = (table: 'executions' | 'execution_history') =>
  ({
    key: [['id', 'bigint']],
    among: 't.object_id = ANY ($4::text[]) AND t.workspace_id = $1',
    names: 't.portal_id = $2',
    erase: `erased AS (UPDATE ${table} t SET object_id = NULL FROM hit h WHERE t.id = h.id RETURNING t.id)`,
    shows: `jsonb_build_object('id', t.id, 'callbackId', t.callback_id, 'objectId', t.object_id, 'receivedAt', t.received_at)`,
  }) as const;

export const THROTTLE_PERSONAL_DATA: PersonalData = {
  executions: holds(byObject('executions')),
  execution_history: holds(byObject('execution_history'), {
    key: [['id', 'bigint']],
    // Those that ended badly: the body of a call that was rejected is kept.
    among: `t.workspace_id = $1 AND t.state <> 'completed'`,
    names: `t.portal_id = $2 AND t.payload IS NOT NULL
            AND (names_any(encode(t.payload, 'escape'), $5) OR names_object(encode(t.payload, 'escape'), $4))`,
    erase: `erased AS (UPDATE execution_history t SET payload = NULL, object_id = NULL FROM hit h WHERE t.id = h.id RETURNING t.id)`,
    shows: `jsonb_build_object('id', t.id, 'callbackId', t.callback_id, 'rejected', encode(t.payload, 'escape'), 'receivedAt', t.received_at)`,
  }),
  execution_keys: nothing('callbacks of HubSpot, and hashes of the calls'),
  packs: nothing('numbers of executions'),
  lanes: nothing('names of queues, and rates'),
  lane_windows: nothing('counts'),
  lane_grants: nothing('numbers of executions'),
  portal_suspensions: nothing('the state of a portal'),
  action_rates: nothing('settings'),
};
