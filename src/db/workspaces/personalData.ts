import { holds, nothing, type PersonalData } from '../personalData.js';

export const WORKSPACE_PERSONAL_DATA: PersonalData = {
  idempotency_keys: holds({
    key: [['request_hash', 'bytea']],
    among: 't.workspace_id = $1',
    sealed: { table: 'idempotency_keys', column: 'sealed_answer', row: `encode(t.request_hash, 'hex')` },
    names: `encode(t.request_hash, 'hex') = ANY ($6) OR names_any(t.plain_answer, $5)`,
    erase: `erased AS (DELETE FROM idempotency_keys t USING hit h WHERE t.request_hash = h.request_hash RETURNING t.request_hash)`,
    shows: `jsonb_build_object('answeredAt', t.answered_at, 'status', t.status)`,
    page: 200,
  }),
  notices: nothing('ids, states and codes'),
  workspaces: nothing('names and settings'),
  api_keys: nothing('names of keys, and who made them'),
  data_keys: nothing('wrapped keys'),
};
