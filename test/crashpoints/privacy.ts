import type { Verdict } from '../faults/oracle.js';
import { asked } from './ask.js';
import type { CrashRoom, Load, Play } from './crashRoom.js';

const RECORD = '77001234567';
const ADDRESS = 'erased.person@example.com';

/** A record of whom an event waits that is paused, and a change is in the feed: it is erased once, and wholly. */
const erased: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const { rows: workspaces } = await stack.pool.query<{ id: string }>(
    'SELECT workspace_id AS id FROM portals WHERE portal_id = $1',
    [portalId],
  );
  const workspaceId = workspaces[0]!.id;
  const run = (text: string, ...more: unknown[]) => stack.pool.query(text, [workspaceId, portalId, ...more]);
  await run(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     VALUES ($1, $2, 'contacts', $3, jsonb_build_object('email', $4::text), '', now(), now(), now(), 'test')`,
    ...[RECORD, ADDRESS],
  );
  await run(
    `INSERT INTO crm_changes (workspace_id, portal_id, object_type, record_id, generation, action, changed, happened_at)
     SELECT $1, $2, 'contacts', $3, count(*), 'Created', jsonb_build_object('email', $4::text), now() FROM installations`,
    ...[RECORD, ADDRESS],
  );
  await run(
    `INSERT INTO outbox_dead (id, workspace_id, portal_id, type, payload, captured_at, state, reason, died_at)
     SELECT nextval('outbox_event_ids'), $1, $2, 'x', jsonb_build_object('mail', $3::text), now(), 'dead', 'x', now()`,
    ADDRESS,
  );
  const erasures = async () => {
    const { rows } = await run(
      'SELECT done_at IS NOT NULL AS done FROM erasures WHERE workspace_id = $1 AND portal_id = $2',
    );
    return rows as { done: boolean }[];
  };
  const body = { portalId, objectType: 'contacts', recordId: RECORD };
  const play: Play = {
    ...asked(() => stack.api.must('POST', '/api/erasures', body), {
      stands: async () => (await erasures()).length > 0,
      isDone: async () => {
        const all = await erasures();
        return all.length > 0 && all.every(({ done }) => done);
      },
    }),
    async judge(): Promise<Verdict> {
      const { rows } = await run(
        `SELECT (SELECT count(*)::int FROM crm_records WHERE workspace_id = $1 AND portal_id = $2) AS records,
                (SELECT count(*)::int FROM crm_changes WHERE workspace_id = $1 AND portal_id = $2 AND action = 'Erased') AS told,
                (SELECT count(*)::int FROM crm_changes WHERE workspace_id = $1 AND portal_id = $2 AND changed <> '{}') AS changes,
                (SELECT count(*)::int FROM outbox_dead WHERE workspace_id = $1 AND portal_id = $2 AND payload <> '{}') AS events,
                (SELECT count(*)::int FROM crm_tombstones WHERE workspace_id = $1 AND portal_id = $2) AS tombstones,
                (SELECT count(*)::int FROM erasures WHERE workspace_id = $1 AND portal_id = $2 AND subject IS NOT NULL) AS subjects`,
      );
      const is = JSON.stringify(rows[0]);
      const right = JSON.stringify({
        records: 0,
        told: 1,
        changes: 0,
        events: 0,
        tombstones: 1,
        subjects: 0,
      });
      return { problems: is === right ? [] : [`${is} in place of ${right}`], figures: [['erased', 1]] };
    },
  };
  return play;
};

export const privacy: CrashRoom = {
  name: 'privacy',
  alsoIn: ['src/db/personalData.ts', 'src/db/tombstoneKey.ts'],
  loads: [
    {
      name: 'a record is to be erased',
      process: 'api',
      reaches: ['privacy.key.made', 'privacy.erasure.begun'],
      prepare: erased,
    },
    {
      name: 'what is stored of it is erased',
      process: 'worker',
      reaches: ['privacy.erasure.page-erased'],
      prepare: erased,
    },
  ],
};
