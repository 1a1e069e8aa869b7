import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SCOPES } from '../../../src/db/workspaces/apiKeys.js';
import type { ApiClient, Execution, Page } from '../../support/apiClient.js';
import { explain, pagesOf, rowsOf } from '../../support/plans.js';
import { startApi, type ApiHarness } from '../http/harness.js';

/*
 * A list or a statistic of one tenant reads that tenant's rows, however many the others have: each statement of each
 * route that only reads is explained among 200 tenants, one of which has nearly everything.
 */

const SMALL = '00000000-0000-4000-8000-0000000000aa';
const HUGE = '00000000-0000-4000-8000-0000000000bb';
const SMALL_PORTAL = 7001;
const HUGE_PORTAL = 7002;
const UUID = '9027efe2-1c2f-4a55-9a2c-8f4d3b6d7c11';
const HUGE_ROWS = 40_000;
const SMALL_ROWS = 10;
const OTHERS = 198;
/** HubSpot's ids of records are numbers of an account: all tenants here have this one. */
const RECORD = '901';
/** The small tenant's rows follow those of the others. */
const SMALL_CALLBACK = `t${OTHERS + 1}`;
/** What is counted or looked through for a status: 10,000 that wait, and the newest 5,000 that ended. */
const STATUS_ROWS = 16_000;
/** Pages of 100, the small tenant's ten rows in each table, and their indexes. */
const MAX_ROWS = 2000;
const MAX_PAGES = 800;

interface Seen {
  readonly text: string;
  readonly values: unknown[];
}

/** The statements that this process sends while `work` runs. */
async function statementsOf(work: () => Promise<unknown>): Promise<Seen[]> {
  const seen: Seen[] = [];
  const prototype = pg.Client.prototype as { query: (...args: unknown[]) => unknown };
  const { query } = prototype;
  prototype.query = function (this: unknown, ...args: unknown[]) {
    const [statement, values] = args;
    if (typeof statement === 'string') seen.push({ text: statement, values: (values as unknown[]) ?? [] });
    else {
      const { text, values: own } = statement as { text?: string; values?: unknown[] };
      if (text !== undefined) seen.push({ text, values: own ?? (values as unknown[] | undefined) ?? [] });
    }
    return query.apply(this, args);
  };
  try {
    await work();
  } finally {
    prototype.query = query;
  }
  return seen.filter(({ text }) => /^\s*(SELECT|WITH)\b/i.test(text));
}

describe('the lists and statistics of a small tenant', () => {
  let hub: ApiHarness;
  let api: ApiClient;
  beforeAll(async () => {
    // The rows are made up: what they hold is no answer of a running service, and is not what this looks at.
    hub = await startApi({}, { NODE_ENV: 'development' });
    const admin = await hub.database.admin.connect();
    await seed(admin);
    admin.release();
    api = await hub.client({ workspaceId: SMALL, scopes: SCOPES });
  }, 120_000);
  afterAll(() => hub.close(), 60_000);

  /** Parameters of paths, and the queries with which a list is asked. */
  const PARAMETERS: Readonly<Record<string, string>> = {
    ':portalId': String(SMALL_PORTAL),
    ':portal_id': String(SMALL_PORTAL),
    ':action_id': '1',
    ':name': 'generic:order',
  };
  const QUERIES: Readonly<Record<string, readonly string[]>> = {
    '/api/executions': [
      '',
      '?state=waiting',
      '?state=sending',
      '?state=completed',
      '?state=expired',
      `?portalId=${SMALL_PORTAL}`,
      '?after=999999999',
      `?callbackId=${SMALL_CALLBACK}`,
      `?callbackId=${SMALL_CALLBACK}&portalId=${SMALL_PORTAL}&state=completed`,
      '?callbackId=unknown',
      `?objectId=${RECORD}`,
      `?objectId=${RECORD}&portalId=${SMALL_PORTAL}&state=waiting`,
      '?objectId=unknown',
    ],
    '/api/events': [
      '',
      '?state=pending',
      '?state=processed',
      '?state=dead',
      `?portalId=${SMALL_PORTAL}`,
      '?type=t',
    ],
    '/api/search': [
      `?q=${SMALL_PORTAL}`,
      '?q=1',
      `?q=${SMALL_CALLBACK}`,
      `?q=${RECORD}`,
      '?q=unknown',
      `?q=${UUID}`,
    ],
    '/api/outbox/stats': ['', `?portalId=${SMALL_PORTAL}`],
    '/api/outbox/dead-letters': ['', '?type=t', `?portalId=${SMALL_PORTAL}`],
    '/api/lanes': ['', `?portalId=${SMALL_PORTAL}`],
  };

  it('read its own rows and no others', async () => {
    const paths = hub.routes
      .filter(
        ({ method, path }) =>
          method === 'GET' && path.startsWith('/api/') && !path.includes('/integrations/'),
      )
      .map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(15);
    const found: string[] = [];
    for (const path of paths) {
      if (/:id\b/.test(path)) continue; // by a primary key, which belongs to one tenant
      const url = path.replace(/:\w+/g, (name) => PARAMETERS[name] ?? name);
      for (const query of QUERIES[path] ?? ['']) {
        let status = 0;
        const statements = await statementsOf(async () => {
          ({ status } = await api.get(`${url}${query}`));
        });
        if (status >= 500) found.push(`${url}${query}: ${status}`);
        for (const { text, values } of statements)
          found.push(...(await tooDear(`${url}${query}`, text, values)));
      }
    }
    expect(found).toEqual([]);
    for (const query of [`callbackId=${SMALL_CALLBACK}`, `objectId=${RECORD}`])
      expect((await api.must<Page<Execution>>('GET', `/api/executions?${query}`)).items).not.toEqual([]);
  }, 120_000);

  it.each(['callbackId=unknown', `callbackId=t${HUGE_ROWS}`, 'objectId=unknown', `objectId=${RECORD}`])(
    'find an execution among all of a large one without a look at the others: ?%s',
    async (query) => {
      const large = await hub.client({ workspaceId: HUGE, scopes: SCOPES });
      const found: string[] = [];
      const statements = await statementsOf(() => large.get(`/api/executions?${query}`));
      for (const { text, values } of statements) found.push(...(await tooDear(query, text, values, HUGE)));
      expect([statements.length > 0, found]).toEqual([true, []]);
    },
  );

  it.each([RECORD, 'unknown', 't', `t${HUGE_ROWS}`, String(HUGE_ROWS), String(HUGE_PORTAL), UUID])(
    'find by an id among all of a large one without a look at the others: %s',
    async (id) => {
      const large = await hub.client({ workspaceId: HUGE, scopes: SCOPES });
      const seen = await statementsOf(() => large.get(`/api/search?q=${id}`));
      const found: string[] = [];
      for (const { text, values } of seen) found.push(...(await tooDear(id, text, values, HUGE)));
      expect([seen.length > 3, found]).toEqual([true, []]);
    },
  );

  it.each(['/api/attention', '/api/status'])(
    'of a large one stop counting, however much waits and has failed there: %s',
    async (path) => {
      const large = await hub.client({ workspaceId: HUGE, scopes: SCOPES });
      const seen = await statementsOf(() => large.get(path));
      const found: string[] = [];
      for (const { text, values } of seen)
        found.push(...(await tooDear(path, text, values, HUGE, { rows: STATUS_ROWS, pages: STATUS_ROWS })));
      expect([seen.length > 8, found]).toEqual([true, []]);
    },
  );

  async function tooDear(
    route: string,
    text: string,
    values: unknown[],
    workspaceId = SMALL,
    most = { rows: MAX_ROWS, pages: MAX_PAGES },
  ): Promise<string[]> {
    const client = await hub.database.pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SET LOCAL app.workspace = '${workspaceId}'`);
      const plan = await explain(client, text, values);
      const [read, pages] = [rowsOf(plan), pagesOf(plan)];
      if (read <= most.rows && pages <= most.pages) return [];
      return [`${route} reads ${read} rows, ${pages} pages: ${text.replace(/\s+/g, ' ').slice(0, 200)}`];
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  }
});

/** One tenant with nearly all the rows, one with ten in each table, and 198 others with one each. */
async function seed(admin: pg.PoolClient): Promise<void> {
  await admin.query(
    `INSERT INTO workspaces (id, name)
     SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'w' || n
       FROM generate_series(1000, 1000 + $1::int - 1) n
     UNION ALL VALUES ('${SMALL}'::uuid, 'small'), ('${HUGE}'::uuid, 'huge')`,
    [OTHERS],
  );
  await admin.query(
    `INSERT INTO portals (portal_id, workspace_id)
     SELECT n, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid FROM generate_series(1000, 1000 + $1::int - 1) n
     UNION ALL VALUES (${SMALL_PORTAL}, '${SMALL}'::uuid), (${HUGE_PORTAL}, '${HUGE}'::uuid)`,
    [OTHERS],
  );
  await admin.query(
    `INSERT INTO lanes (workspace_id, portal_id, key, rate_limit, rate_interval_ms, rate_source, spread, beyond_block)
     SELECT workspace_id, portal_id, 'queue:a', 10, 1000, 'lane', false, 'hold' FROM portals`,
  );
  // The small tenant's rows are the oldest: a walk from the newest passes all others first.
  await admin.query(`CREATE TEMP TABLE owner AS
    SELECT row_number() OVER () AS n, o.workspace_id, o.portal_id, l.id AS lane_id
      FROM (SELECT workspace_id, portal_id,
                   CASE portal_id WHEN ${SMALL_PORTAL} THEN ${SMALL_ROWS} WHEN ${HUGE_PORTAL} THEN ${HUGE_ROWS} ELSE 1 END AS rows
              FROM portals ORDER BY portal_id = ${HUGE_PORTAL}, portal_id) o
      JOIN lanes l USING (portal_id), LATERAL generate_series(1, o.rows)`);
  const { rows: tables } = await admin.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
      WHERE s.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id')
        AND c.relname NOT IN ('portals', 'lanes', 'api_keys', 'oauth_states', 'crm_consumers')`,
  );
  for (const { name } of tables) await fill(admin, name);
  // What is made up was never sealed, so what it sets could not be read.
  await admin.query('DELETE FROM portal_settings WHERE portal_id = $1', [SMALL_PORTAL]);
  await admin.query('ANALYZE');
}

/** What a column of this type is given where nothing else is said; `n` numbers the rows of all tenants. */
const VALUES: Readonly<Record<string, string>> = {
  bigint: 'o.n',
  integer: '1',
  real: '1',
  smallint: '1',
  xid8: `'1'`,
  text: `'t' || o.n`,
  boolean: 'false',
  bytea: `decode(md5(o.n::text), 'hex')`,
  jsonb: `'{}'`,
  uuid: 'gen_random_uuid()',
  'timestamp with time zone': `clock_timestamp() - (${HUGE_ROWS + OTHERS + SMALL_ROWS} - o.n) * interval '1 second'`,
  date: 'current_date - (o.n % 30)::int',
};
/** Columns whose values are few: what lists are filtered by. */
const OWN: Readonly<Record<string, string>> = {
  workspace_id: 'o.workspace_id',
  portal_id: 'o.portal_id',
  lane_id: 'o.lane_id',
  object_id: `'${RECORD}'`,
  type: `'t'`,
  'execution_history.state': `CASE WHEN o.n % 50 = 0 THEN 'expired' ELSE 'completed' END`,
  'outbox_pending.state': '0',
  'outbox_dead.state': `'dead'`,
  'outbox_history.mode': `'live'`,
  'outbox_ledger.state': `'done'`,
  'notices.state': `'delivered'`,
};

/** Gives every tenant its rows of this table, whatever columns it has. */
async function fill(admin: pg.PoolClient, table: string): Promise<void> {
  const { rows: columns } = await admin.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute
      WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attidentity <> 'a'
        AND (attnotnull AND NOT atthasdef OR attname IN ('lane_id', 'portal_id', 'object_id'))`,
    [table],
  );
  const values = columns.map(({ name, type }) => {
    const value = OWN[`${table}.${name}`] ?? OWN[name] ?? (type.endsWith('[]') ? `'{}'` : VALUES[type]);
    if (value === undefined) throw new Error(`No value for ${table}.${name}, which is ${type}`);
    return value;
  });
  await admin.query(
    `INSERT INTO ${table} (${columns.map(({ name }) => `"${name}"`).join(', ')})
     SELECT ${values.join(', ')} FROM owner o ON CONFLICT DO NOTHING`,
  );
}
