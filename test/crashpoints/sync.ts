import type { Verdict } from '../faults/oracle.js';
import type { Stack } from '../support/stack.js';
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
        ...['sync.run.claimed', 'sync.load.page-read', 'sync.load.next-asked'],
        ...['sync.page.written', 'sync.follow.page-found'],
      ],
      prepare: mirrored,
    },
    { name: 'a mirror is asked for', process: 'api', reaches: ['sync.start.committed'], prepare: mirrored },
  ],
};
