import type { Verdict } from '../faults/oracle.js';
import type { Stack } from '../support/stack.js';
import { until } from '../support/until.js';
import { asked } from './ask.js';
import type { CrashRoom, Load, Play } from './crashRoom.js';

/** Three pages of the first load. */
const RECORDS = 250;

/** A portal whose contacts are to be mirrored. */
const mirrored: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const made = await makeContacts(stack, portalId);
  const states = async () => {
    const { rows } = await stack.pool.query<{ state: string; fresh: boolean; live: number }>(
      `SELECT cursor ->> 'kind' AS state, fresh_until IS NOT NULL AS fresh, live::int AS live FROM sync_states
        WHERE portal_id = $1`,
      [portalId],
    );
    return rows;
  };
  const play: Play = {
    ...asked(() => stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' }), {
      stands: async () => (await states()).length > 0,
      isDone: async () => (await states()).some(({ state, fresh }) => state === 'follow' && fresh),
    }),
    async judge(): Promise<Verdict> {
      const { rows } = await stack.pool.query<{ records: number; changes: number; twice: number }>(
        `SELECT (SELECT count(*)::int FROM crm_records WHERE portal_id = $1) AS records,
                (SELECT count(*)::int FROM crm_changes WHERE portal_id = $1) AS changes,
                (SELECT count(*)::int FROM (SELECT FROM crm_changes WHERE portal_id = $1 AND action = 'Created'
                   GROUP BY record_id HAVING count(*) > 1) d) AS twice`,
        [portalId],
      );
      const { records, changes, twice } = rows[0]!;
      const [state] = await states();
      const isRight = records === made && changes === made && twice === 0 && state?.live === made;
      return {
        problems: isRight
          ? []
          : [`${records} of ${made} records, ${changes} changes, ${twice} twice, ${state?.live} counted`],
        figures: [['records', records]],
      };
    },
  };
  return play;
};

/** A portal whose contacts are mirrored, but for three that the searches passed over: the hourly pass finds them. */
const settled: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const made = await makeContacts(stack, portalId);
  await stack.api.must('POST', `/api/sync/${portalId}/contacts`, { action: 'start' });
  const isLoaded = async () => {
    const { rowCount } = await stack.pool.query(
      'SELECT FROM sync_states WHERE portal_id = $1 AND fresh_until IS NOT NULL',
      [portalId],
    );
    return rowCount === 1;
  };
  await until('the mirror is loaded', isLoaded, 60_000);
  const { rows: lost } = await stack.pool.query<{ id: string }>(
    `WITH lost AS (DELETE FROM crm_records WHERE portal_id = $1
                      AND id IN (SELECT id FROM crm_records WHERE portal_id = $1 ORDER BY id LIMIT 3) RETURNING id)
     SELECT id FROM lost`,
    [portalId],
  );
  await stack.pool.query('UPDATE sync_states SET live = live - $2 WHERE portal_id = $1', [
    portalId,
    lost.length,
  ]);
  return {
    async begin() {
      await stack.pool.query(
        `UPDATE sync_passes SET due_at = now() WHERE portal_id = $1 AND pass = 'settled'`,
        [portalId],
      );
    },
    async ended() {
      const { rowCount } = await stack.pool.query(
        `SELECT FROM sync_passes WHERE portal_id = $1 AND pass = 'settled' AND ended_at IS NOT NULL`,
        [portalId],
      );
      return rowCount === 1;
    },
    async judge(): Promise<Verdict> {
      const { rows } = await stack.pool.query<{ records: number; live: number; told: number }>(
        `SELECT (SELECT count(*)::int FROM crm_records WHERE portal_id = $1) AS records,
                (SELECT live::int FROM sync_states WHERE portal_id = $1) AS live,
                (SELECT count(*)::int FROM crm_changes WHERE portal_id = $1 AND NOT initial AND record_id = ANY ($2)) AS told`,
        [portalId, lost.map(({ id }) => id)],
      );
      const { records, live, told } = rows[0]!;
      const isRight = records === made && live === made && told === lost.length;
      return {
        problems: isRight
          ? []
          : [`${records} of ${made} records, ${live} counted, ${told} of ${lost.length} told`],
        figures: [['found', told]],
      };
    },
  };
};

/** A mirror of which a third is wrong, and that is to be read again. */
const readAgain: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const made = await makeContacts(stack, portalId);
  const path = `/api/sync/${portalId}/contacts`;
  await stack.api.must('POST', path, { action: 'start' });
  const found = async <T extends object>(sql: string) => (await stack.pool.query<T>(sql, [portalId])).rows[0];
  const isFollowed = () =>
    found('SELECT FROM sync_states WHERE portal_id = $1 AND fresh_until IS NOT NULL AND lease_until IS NULL');
  await until('the mirror is filled', isFollowed, 60_000);
  await stack.pool.query(
    "UPDATE crm_records SET hash = '', properties = '{}' WHERE portal_id = $1 AND id % 3 = 0",
    [portalId],
  );
  const resync = () =>
    found<{ ended: boolean; refused: string | null; read: number }>(
      `SELECT cursor -> 'resync' -> 'endedAt' IS NOT NULL AS ended, cursor -> 'resync' ->> 'refused' AS refused,
              (cursor -> 'resync' ->> 'read')::int AS read
         FROM sync_states WHERE portal_id = $1 AND cursor -> 'resync' IS NOT NULL`,
    );
  return {
    ...asked(() => stack.api.must('POST', path, { action: 'resync', all: true }), {
      stands: async () => (await resync()) !== undefined,
      isDone: async () => (await resync())?.ended === true,
    }),
    async judge(): Promise<Verdict> {
      const { wrong, twice } = (await found<{ wrong: number; twice: number }>(
        `SELECT (SELECT count(*)::int FROM crm_records WHERE portal_id = $1 AND properties = '{}') AS wrong,
                (SELECT count(*)::int FROM (SELECT FROM crm_changes WHERE portal_id = $1 AND action = 'Updated'
                   GROUP BY record_id HAVING count(*) > 1) d) AS twice`,
      ))!;
      const { read, refused } = (await resync())!;
      const isRight = wrong === 0 && twice === 0 && read === made && refused === null;
      return {
        problems: isRight ? [] : [`${read} of ${made} read, ${wrong} wrong, ${twice} twice, ${refused}`],
        figures: [['read', read]],
      };
    },
  };
};

async function makeContacts(stack: Stack, portalId: number): Promise<number> {
  await stack.sandbox.seed(portalId, 'contacts', RECORDS, { email: 'person{n}@example.com' });
  return (await stack.sandbox.crm(portalId)).records.contacts ?? 0;
}

export const sync: CrashRoom = {
  name: 'sync',
  alsoIn: ['src/db/crm/', 'src/domain/crm/', 'migrations/functions/crm/'],
  loads: [
    {
      name: "a portal's records are read into the mirror",
      process: 'worker',
      reaches: [
        ...['sync.run.claimed', 'sync.load.counted', 'sync.load.page-read', 'sync.load.next-asked'],
        ...['sync.page.written', 'sync.follow.page-found'],
      ],
      prepare: mirrored,
    },
    {
      name: 'a pass over what is mirrored',
      process: 'worker',
      reaches: ['sync.pass.claimed', 'sync.pass.step-written'],
      prepare: settled,
    },
    {
      name: 'records are read again',
      process: 'worker',
      reaches: [
        ...['sync.resync.properties-known', 'sync.resync.page-read', 'sync.resync.page-written'],
        'sync.resync.turn-ended',
      ],
      prepare: readAgain,
    },
    { name: 'a mirror is asked for', process: 'api', reaches: ['sync.start.committed'], prepare: mirrored },
  ],
};
