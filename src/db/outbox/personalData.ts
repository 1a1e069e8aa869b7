import { holds, nothing, type PersonalData } from '../personalData.js';

/** An event names a record by its addresses, by its id in a field of ids, or since a record was made of it. */
const named = (keys: string) =>
  `names_any(concat_ws(' ', t.payload::text, ${keys}), $5) OR names_id(t.payload, $4::text[])
   OR EXISTS (SELECT FROM outbox_ledger l WHERE l.event_id = t.id AND l.portal_id = $2 AND l.object_type = $3 AND l.object_id = ANY ($4::text[]))`;
const KEYS = 't.ordering_key, t.event_key';

/** What else is kept of an event. */
const BESIDE = `attempts AS (DELETE FROM outbox_attempts a USING hit h WHERE a.event_id = h.id RETURNING a.event_id),
  ledger AS (DELETE FROM outbox_ledger l USING hit h WHERE l.event_id = h.id RETURNING l.event_id)`;
const EMPTIED = `payload = '{}', event_key = NULL, ordering_key = NULL, effects = NULL, last_error = NULL`;

const SHOWN = `jsonb_build_object('id', t.id, 'type', t.type, 'payload', t.payload, 'eventKey', t.event_key, 'orderingKey', t.ordering_key,
  'capturedAt', t.captured_at, 'effects', t.effects, 'lastError', t.last_error)`;

/** In the order in which events go through them: one that goes on meanwhile is met in the next one. */
export const OUTBOX_PERSONAL_DATA: PersonalData = {
  outbox_inbox: holds({
    key: [['id', 'bigint']],
    // Before it is moved an event has no workspace, and one that names no portal is the default portal's.
    among:
      'coalesce(t.portal_id, $2) = $2 AND EXISTS (SELECT FROM portals p WHERE p.portal_id = $2 AND p.workspace_id = $1)',
    names: `names_any(concat_ws(' ', t.payload::text, ${KEYS}), $5) OR names_id(t.payload, $4::text[])`,
    erase: `erased AS (DELETE FROM outbox_inbox t USING hit h WHERE t.id = h.id RETURNING t.id)`,
    shows: `jsonb_build_object('id', t.id, 'type', t.type, 'payload', t.payload, 'eventKey', t.event_key, 'orderingKey', t.ordering_key,
              'capturedAt', t.captured_at)`,
  }),
  outbox_pending: holds({
    key: [['id', 'bigint']],
    among: 't.workspace_id = $1',
    names: `t.portal_id = $2 AND (${named(KEYS)})`,
    erase: `erased AS (SELECT unnest(outbox_erase_pending($1::text, $2, ARRAY(SELECT id FROM hit))) AS id)`,
    shows: SHOWN,
  }),
  outbox_dead: holds({
    key: [['id', 'bigint']],
    among: 't.workspace_id = $1',
    names: `coalesce(t.portal_id, $2) = $2 AND (${named(KEYS)})`,
    erase: `${BESIDE},
      erased AS (UPDATE outbox_dead t SET ${EMPTIED}, state = 'discarded', error_class = 'erased', reason = 'A record that it named was erased'
                   FROM hit h WHERE t.id = h.id RETURNING t.id)`,
    shows: SHOWN,
  }),
  outbox_history: holds({
    key: [
      ['id', 'bigint'],
      ['processed_at', 'timestamptz'],
    ],
    among: 't.workspace_id = $1',
    names: `t.portal_id = $2 AND (${named(KEYS)})`,
    erase: `${BESIDE},
      erased AS (UPDATE outbox_history t SET ${EMPTIED}
                   FROM hit h WHERE t.workspace_id = $1 AND t.id = h.id AND t.processed_at = h.processed_at RETURNING t.id)`,
    shows: SHOWN,
  }),
  outbox_keys: holds({
    key: [['event_key', 'text']],
    among: 't.workspace_id = $1',
    names: 'names_any(t.event_key, $5)',
    erase: `erased AS (DELETE FROM outbox_keys t USING hit h WHERE t.workspace_id = $1 AND t.event_key = h.event_key RETURNING t.event_id)`,
    shows: `jsonb_build_object('eventKey', t.event_key, 'eventId', t.event_id, 'capturedAt', t.captured_at)`,
    page: 2000,
  }),
  outbox_ledger: holds({
    key: [
      ['event_id', 'bigint'],
      ['n', 'smallint'],
    ],
    among: 't.portal_id = $2 AND t.object_id = ANY ($4::text[])',
    names: 't.workspace_id = $1 AND t.object_type = $3',
    erase: `erased AS (DELETE FROM outbox_ledger t USING hit h WHERE t.event_id = h.event_id AND t.n = h.n RETURNING t.event_id)`,
    shows: `jsonb_build_object('eventId', t.event_id, 'kind', t.kind, 'state', t.state, 'sentAt', t.sent_at)`,
  }),
  outbox_attempts: nothing(
    'what HubSpot said to a try, without what it quotes, addresses and numbers; it goes with its event',
  ),
  outbox_claims: nothing('ordering keys of what is being delivered, for seconds'),
  outbox_holds: nothing('ordering keys that wait; they go with their events'),
  outbox_collected: nothing('numbers of events'),
  outbox_portals: nothing('the state of deliveries'),
  outbox_redriven: nothing('numbers of events, and who sent them again'),
  outbox_redrives: nothing('which events somebody sent again: numbers, types, times'),
  outbox_mappings: nothing('rules that people wrote'),
  outbox_type_settings: nothing('settings'),
  outbox_capture_portals: nothing('logins of applications'),
};
