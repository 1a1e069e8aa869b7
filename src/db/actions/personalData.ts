import { holds, nothing, type PersonalData } from '../personalData.js';

/** A run names its record; what it was called with and what came of it are sealed, and go with the name. */
export const ACTION_PERSONAL_DATA: PersonalData = {
  action_runs: holds({
    key: [['id', 'bigint']],
    among: 't.object_id = ANY ($4::text[]) AND t.workspace_id = $1',
    names: 't.portal_id = $2',
    erase: `effects AS (UPDATE action_effects e SET sealed_result = NULL FROM hit h WHERE e.workspace_id = $1 AND e.run_id = h.id),
            erased AS (UPDATE action_runs t SET object_id = NULL, sealed_input = NULL, sealed_result = NULL FROM hit h
                        WHERE t.workspace_id = $1 AND t.id = h.id RETURNING t.id)`,
    shows: `jsonb_build_object('id', t.id, 'action', t.action, 'callbackId', t.callback_id, 'objectId', t.object_id, 'receivedAt', t.received_at)`,
  }),
  action_effects: nothing('names of effects and sealed results, which are erased with their run'),
};
