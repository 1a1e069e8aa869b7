import type { Verdict } from '../faults/oracle.js';
import type { FaultPlan } from '../support/sandboxClient.js';
import type { Stack } from '../support/stack.js';
import { until } from '../support/until.js';
import { callWebhooks, contactChanged } from '../support/webhookCall.js';
import { asked } from './ask.js';
import type { CrashRoom, Load, Play } from './crashRoom.js';

/** Three pages of the first load. */
const RECORDS = 250;

/** HubSpot refuses one request, as it does one for a property that it does not have any more. */
const REFUSED: FaultPlan = { target: 'crm', kind: 'status', status: 400, count: 1 };

/** A portal whose contacts are to be mirrored. */
const mirrored: Load['prepare'] = (stack) => toBeMirrored(stack);

/** The same; the first page is refused. */
const refused: Load['prepare'] = (stack) => toBeMirrored(stack, REFUSED);

async function toBeMirrored(stack: Stack, fault?: FaultPlan): Promise<Play> {
  const portalId = await stack.connectPortal();
  const made = await makeContacts(stack, portalId);
  if (fault) await stack.sandbox.fault({ ...fault, portalId });
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
}

/** A portal whose contacts are mirrored, and one more that is made since: the dispatch looks for it. */
const changed: Load['prepare'] = async (stack) => {
  const { portalId, made } = await loaded(stack);
  const records = async () => {
    const { rows } = await stack.pool.query<{ records: number; told: number; live: number }>(
      `SELECT (SELECT count(*)::int FROM crm_records WHERE portal_id = $1) AS records,
              (SELECT count(*)::int FROM crm_changes WHERE portal_id = $1 AND action = 'Created') AS told,
              (SELECT live::int FROM sync_states WHERE portal_id = $1) AS live`,
      [portalId],
    );
    return rows[0]!;
  };
  return {
    async begin() {
      await stack.sandbox.seed(portalId, 'contacts', 1, { email: 'one.more@example.com' });
      await stack.pool.query('UPDATE sync_states SET due_at = now() WHERE portal_id = $1', [portalId]);
    },
    ended: async () => (await records()).records > made,
    async judge(): Promise<Verdict> {
      const { records: found, told, live } = await records();
      const isRight = [found, told, live].every((count) => count === made + 1);
      return {
        problems: isRight ? [] : [`${found} of ${made + 1} records, ${told} told, ${live} counted`],
        figures: [['found', found - made]],
      };
    },
  };
};

/** A portal whose contacts are mirrored, but for three that the searches passed over: the hourly pass finds them. */
const settled: Load['prepare'] = (stack) => foundBy(stack, 'settled');

/** The audit finds them. */
const audited: Load['prepare'] = (stack) => foundBy(stack, 'audit');

/** The same; what it asks HubSpot for first is refused. */
const auditRefused: Load['prepare'] = (stack) => foundBy(stack, 'audit', { fault: REFUSED });

/** Webhooks name them. */
const named: Load['prepare'] = (stack) =>
  foundBy(stack, 'webhooks', { bring: ({ portalId, lost }) => bringEvents(stack, portalId, lost) });

/** The same, as a person asks for it. */
const auditAskedFor: Load['prepare'] = async (stack) => {
  const { portalId, ended, judge } = await foundBy(stack, 'audit');
  // Nothing else is to find what was lost, in its place.
  for (const table of ['sync_passes', 'sync_states'])
    await stack.pool.query(
      `UPDATE ${table} SET due_at = clock_timestamp() + interval '1 hour' WHERE portal_id = $1`,
      [portalId],
    );
  const isDue = async () => {
    const { rowCount } = await stack.pool.query(
      `SELECT FROM sync_passes WHERE portal_id = $1 AND pass = 'audit'
          AND (due_at <= clock_timestamp() OR lease_until IS NOT NULL OR ended_at IS NOT NULL)`,
      [portalId],
    );
    return rowCount === 1;
  };
  const run = () => stack.api.must('POST', `/api/sync/${portalId}/contacts/passes/audit/run`, {});
  return { ...asked(run, { stands: isDue, isDone: ended }), judge };
};

async function loaded(stack: Stack): Promise<{ readonly portalId: number; readonly made: number }> {
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
  return { portalId, made };
}

interface Lost {
  readonly portalId: number;
  readonly lost: readonly string[];
}

/** Says of each of these records that it has changed. */
export const bringEvents = (stack: Stack, portalId: number, records: readonly string[]): Promise<void> =>
  callWebhooks(
    stack.apis[0]!.url,
    stack.secrets.clientSecret,
    records.map((id, n) => contactChanged(portalId, id, n)),
  );

export async function foundBy(
  stack: Stack,
  pass: 'settled' | 'audit' | 'webhooks',
  { fault, bring }: { readonly fault?: FaultPlan; readonly bring?: (of: Lost) => Promise<void> } = {},
): Promise<Play & Lost> {
  const { portalId, made } = await loaded(stack);
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
    ...{ portalId, lost: lost.map(({ id }) => id) },
    async begin() {
      if (fault) await stack.sandbox.fault({ ...fault, portalId });
      // The others wait: none of them is to be refused, or to find what was lost, in its place.
      await stack.pool.query(
        `UPDATE sync_passes SET due_at = now() + CASE WHEN pass = $2 THEN interval '0' ELSE interval '1 hour' END
          WHERE portal_id = $1`,
        [portalId, pass],
      );
      await stack.pool.query(
        "UPDATE sync_states SET due_at = now() + interval '1 hour' WHERE portal_id = $1",
        [portalId],
      );
      await bring?.({ portalId, lost: lost.map(({ id }) => id) });
    },
    async ended() {
      const { rowCount } = await stack.pool.query(
        'SELECT FROM sync_passes WHERE portal_id = $1 AND pass = $2 AND ended_at IS NOT NULL',
        [portalId, pass],
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
}

/** A mirror of which a third is wrong, and that is to be read again. */
const readAgain: Load['prepare'] = async (stack) => {
  const portalId = await stack.connectPortal();
  const made = await makeContacts(stack, portalId);
  const path = `/api/sync/${portalId}/contacts`;
  await stack.api.must('POST', path, { action: 'start', associations: ['companies'] });
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
        ...['sync.run.claimed', 'sync.properties.read', 'sync.load.counted', 'sync.load.page-read'],
        ...['sync.load.begun', 'sync.load.highest-found', 'sync.load.next-asked', 'sync.load.turn-ended'],
        ...['sync.load.associations-due', 'sync.page.values-dropped', 'sync.page.written'],
        ...['sync.follow.searches-proved', 'sync.follow.page-found', 'sync.follow.page-read'],
        ...['sync.follow.associations-read', 'sync.follow.deletes-written', 'sync.follow.turn-ended'],
      ],
      prepare: mirrored,
    },
    {
      name: 'the first page is refused',
      process: 'worker',
      reaches: ['sync.run.definitions-distrusted', 'sync.run.schemas-awaited'],
      prepare: refused,
    },
    {
      name: 'what changes is looked for',
      process: 'worker',
      reaches: ['sync.dispatch.probed'],
      prepare: changed,
    },
    {
      name: 'a pass over what is mirrored',
      process: 'worker',
      reaches: ['sync.pass.claimed', 'sync.settled.page-read', 'sync.pass.step-written', 'sync.pass.left'],
      prepare: settled,
    },
    {
      name: 'records that webhooks have named',
      process: 'worker',
      reaches: ['sync.webhooks.records-read'],
      prepare: named,
    },
    { name: 'an audit', process: 'worker', reaches: ['sync.audit.page-read'], prepare: audited },
    {
      name: 'an audit, of which the first page is refused',
      process: 'worker',
      reaches: ['sync.pass.definitions-distrusted'],
      prepare: auditRefused,
    },
    {
      name: 'records are read again',
      process: 'worker',
      reaches: [
        ...['sync.resync.properties-known', 'sync.resync.page-read', 'sync.associations.type-read'],
        ...['sync.resync.associations-read', 'sync.resync.page-written', 'sync.resync.turn-ended'],
      ],
      prepare: readAgain,
    },
    {
      name: 'an audit is asked for',
      process: 'api',
      reaches: ['sync.pass.due-committed'],
      prepare: auditAskedFor,
    },
    { name: 'a mirror is asked for', process: 'api', reaches: ['sync.start.committed'], prepare: mirrored },
  ],
};
