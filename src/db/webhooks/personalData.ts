import { holds, nothing, type PersonalData } from '../personalData.js';

export const WEBHOOK_PERSONAL_DATA: PersonalData = {
  webhook_events: holds({
    key: [
      ['received_at', 'timestamptz'],
      ['key', 'bytea'],
    ],
    among: 't.workspace_id = $1',
    names: `t.portal_id = $2 AND (t.object_type = $3 AND t.record_id = ANY ($4) OR names_any(t.event::text, $5) OR names_id(t.event, $4::text[]))`,
    erase: `erased AS (DELETE FROM webhook_events t USING hit h
                        WHERE t.workspace_id = $1 AND t.received_at = h.received_at AND t.key = h.key RETURNING t.key)`,
    shows: `to_jsonb(t) - ARRAY['workspace_id', 'key']`,
  }),
  webhook_counts: nothing('how many events came of each type'),
  webhook_journal: nothing('how far the webhooks journal is read, for all portals together'),
  webhook_reads: nothing('ids of records that are about to be read'),
  webhook_strays: nothing("ids at portals that are nobody's here, gone after three days"),
};
