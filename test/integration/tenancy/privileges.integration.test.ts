import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runCli } from '../../../src/cli/program.js';
import { migrate } from '../../../src/db/migrate.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MAINTENANCE_ACROSS_TENANTS, MAINTENANCE_OF_THE_OWNER } from './maintenance.js';

const FUNCTIONS = path.resolve(import.meta.dirname, '../../../migrations/functions');

/** What the worker alone may do. */
const MAINTENANCE = [...MAINTENANCE_ACROSS_TENANTS, ...MAINTENANCE_OF_THE_OWNER];
const CAPTURE = ['outbox_inbox_accepts', 'sluice_capture', 'sluice_track_event'];
/** Called by the migration or by the table's owner only. */
const NOBODY = ['partition_column', 'api_key_changed', 'isolate_tenants'];
/** Policies of every table call it. */
const POLICIES = ['tenant_workspaces'];
/** Every process asks who it is. */
const EVERYBODYS = ['installation_now', 'installation_place'];

const LOGINS = ['bare', 'grafana', 'shop', 'api', 'worker'] as const;
type Login = (typeof LOGINS)[number];

let db: TestDatabase;
const roleOf = (login: Login) => `${login}_of_${db.name}`;
const urlOf = (login: Login) => {
  const url = new URL(db.adminUrl.reveal());
  url.username = roleOf(login);
  url.password = 'x';
  return new Secret(url.href);
};

beforeAll(async () => {
  db = await createTestDatabase();
  for (const login of LOGINS) await db.admin.query(`CREATE ROLE ${roleOf(login)} LOGIN PASSWORD 'x'`);
  await db.admin.query(`GRANT sluice_monitor TO ${roleOf('grafana')}`);
});
afterAll(async () => {
  // Roles are the server's, their rights this database's: they go before both.
  for (const login of LOGINS)
    await db.admin.query(`DROP OWNED BY ${roleOf(login)}; DROP ROLE ${roleOf(login)}`);
  await db.drop();
});

async function as<T>(login: Login, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: urlOf(login).reveal() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );

/** Every function of ours that a role may execute. */
async function executableBy(role: string): Promise<string[]> {
  const { rows } = await db.admin.query<{ name: string }>(
    `SELECT DISTINCT proname AS name FROM pg_proc p
      WHERE pronamespace = 'public'::regnamespace AND has_function_privilege($1, oid, 'EXECUTE') ORDER BY 1`,
    [role],
  );
  return rows.map(({ name }) => name);
}

describe('the right to execute a function', () => {
  const files = readdirSync(FUNCTIONS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.sql'))
    .map((file) => path.basename(file, '.sql'));
  const application = files.filter((name) => ![...MAINTENANCE, ...NOBODY].includes(name));
  const expected = {
    public: [],
    sluice_monitor: [],
    // The casts of the views: a function in a view is executed as who reads it.
    sluice_analyst: ['view_boolean', 'view_date', 'view_datetime', 'view_number'],
    sluice_capture: CAPTURE,
    sluice_maintenance: [...MAINTENANCE, ...POLICIES, ...EVERYBODYS],
    sluice_app: [...application, ...CAPTURE],
    // Nobody logs in as it: what looks across tenants runs so, and calls others.
    sluice_system: [...files, ...CAPTURE],
  };

  it.each(Object.keys(expected) as (keyof typeof expected)[])('of %s is on the list, each', async (role) => {
    expect(await executableBy(role)).toEqual([...expected[role]].sort());
  });

  it('is nobody else by default, of what is made later', async () => {
    await db.admin.query('CREATE FUNCTION made_later() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$');
    expect(await codeOf(as('bare', (client) => client.query('SELECT made_later()')))).toBe('42501');
    await db.admin.query('DROP FUNCTION made_later()');
  });

  it('is taken back and given by each migration, from a database in which everybody had it', async () => {
    await db.admin.query(
      `GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC, sluice_monitor; REVOKE EXECUTE ON FUNCTION audit_append FROM sluice_app;
       GRANT EXECUTE ON FUNCTION forget_redrives TO sluice_app;
       CREATE FUNCTION grant_releases() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$`,
    );
    await migrate({ adminUrl: db.adminUrl, appUrl: db.url });
    expect(await executableBy('public')).toEqual([]);
    expect(await executableBy('sluice_monitor')).toEqual([]);
    // A process of the version before goes on with the functions that it knows.
    expect(await executableBy('sluice_app')).toEqual([...expected.sluice_app, 'grant_releases'].sort());
    await db.admin.query('DROP FUNCTION grant_releases()');
  });
});

describe('monitoring', () => {
  it('reads the portals as hubspot_integrations, without their tokens; the API does not', async () => {
    const workspace = randomUUID();
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'acme')`, [workspace]);
    await db.admin.query(
      `INSERT INTO portals (portal_id, workspace_id, scopes, access_token, refresh_token, token_expires_at)
       VALUES (62515, $1, '{oauth,automation}', 'canary', 'canary', '2027-01-01T00:00:00Z')`,
      [workspace],
    );
    const read = 'SELECT * FROM hubspot_integrations WHERE workspace_id = $1';
    const { rows } = await as('grafana', (client) => client.query(read, [workspace]));
    expect(rows).toEqual([
      {
        ...{ id: expect.any(String), workspace_id: workspace, hub_id: '62515' },
        ...{ access_token: null, refresh_token: null, scopes: ['oauth', 'automation'] },
        ...{ expires_at: expect.any(Date), created_at: expect.any(Date), updated_at: expect.any(Date) },
      },
    ]);
    expect(await codeOf(db.pool.query(read, [workspace]))).toBe('42501');
  });
});

describe('logins', () => {
  const CLOSED = /permission denied for database/;

  it('that were not admitted cannot connect, once a migration has closed the database', async () => {
    await db.admin.query(`GRANT CONNECT ON DATABASE ${db.name} TO PUBLIC`); // as every database begins
    await as('bare', (client) => client.query('SELECT 1'));
    const told: string[] = [];
    await migrate({
      adminUrl: db.adminUrl,
      appUrl: urlOf('api'),
      workerUrl: urlOf('worker'),
      say: (line) => told.push(line),
    });
    expect(told).toEqual([]);
    await expect(as('bare', (client) => client.query('SELECT 1'))).rejects.toThrow(CLOSED);
    await as('grafana', (client) => client.query('SELECT count(*) FROM outbox_events'));
  });

  it('of API and worker differ in what removes rows and looks across tenants', async () => {
    const tidy = (client: pg.Client) => client.query(`SELECT forget_redrives(30, 1)`);
    const look = (client: pg.Client) => client.query('SELECT portal_id FROM portals');
    expect(await codeOf(as('api', tidy))).toBe('42501');
    expect(await codeOf(as('worker', tidy))).toBe('done');
    expect(await codeOf(as('api', look))).toBe('done');
    expect(await codeOf(as('worker', look))).toBe('done');
  });

  it("of a worker without one of its own is the API's, which may do both then", async () => {
    await migrate({ adminUrl: db.adminUrl, appUrl: urlOf('api') });
    expect(await codeOf(as('api', (client) => client.query(`SELECT forget_redrives(30, 1)`)))).toBe('done');
    await expect(
      migrate({
        adminUrl: db.adminUrl,
        appUrl: db.url,
        workerUrl: new Secret('postgresql://nobody_at_all@h/d'),
      }),
    ).rejects.toThrow(/no login nobody_at_all, which DATABASE_WORKER_URL names: CREATE ROLE/);
  });

  it('of others are left alone in a database that holds their tables, and a person is told', async () => {
    const shared = await createTestDatabase();
    try {
      await shared.admin.query('CREATE SCHEMA crm; CREATE TABLE crm.drivers (id int)');
      const told: string[] = [];
      await migrate({ adminUrl: shared.adminUrl, appUrl: shared.url, say: (line) => told.push(line) });
      expect(told).toEqual([
        expect.stringMatching(
          /it holds tables of others, too\. .+REVOKE CONNECT ON DATABASE \w+ FROM PUBLIC$/,
        ),
      ]);
      const { rows } = await shared.admin.query(
        `SELECT has_database_privilege('public', current_database(), 'CONNECT') AS open`,
      );
      expect(rows).toEqual([{ open: true }]);
    } finally {
      await shared.drop();
    }
  });
});

describe('a login that captures events', () => {
  const capture = (portal: number | null) => (client: pg.Client) =>
    client.query(`SELECT sluice_track_event('nova_earned', '{}', portal_id => $1)`, [portal]);
  const insert = (portal: number | null) => (client: pg.Client) =>
    client.query(`INSERT INTO outbox_inbox (type, payload, portal_id) VALUES ('nova_earned', '{}', $1)`, [
      portal,
    ]);
  const prepared = (portal: number | null) => async (client: pg.Client) => {
    const { rows } = await client.query<{ answer: string }>(
      `SELECT sluice_capture('nova_earned', '{}', NULL, NULL, $1, NULL, NULL, NULL) AS answer`,
      [portal],
    );
    if (rows[0]!.answer.startsWith('!'))
      throw Object.assign(new Error('refused'), { code: rows[0]!.answer.slice(1) });
  };
  const ways: ((portal: number | null) => (client: pg.Client) => Promise<unknown>)[] = [
    capture,
    insert,
    prepared,
  ];
  const outbox = async (...args: string[]) => {
    const seen = { out: '', err: '' };
    const code = await runCli(['outbox', ...args], {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: { DATABASE_URL: db.url.reveal(), DATABASE_ADMIN_URL: db.adminUrl.reveal() },
      cwd: '/',
    });
    return { code, ...seen };
  };

  it('may do so for no portal before it is bound, and says what to do', async () => {
    await db.admin.query(`GRANT sluice_capture TO ${roleOf('shop')}`);
    for (const way of ways) expect(await codeOf(as('shop', way(1)))).toBe('42501');
    await expect(as('shop', capture(1))).rejects.toThrow(
      /^Login shop_of_\w+ may not capture events of portal 1$/,
    );
  });

  it('may do so for the portals to which it is bound, whichever way it takes', async () => {
    const bound = await outbox('bind', roleOf('shop'), '--portal', '1', '--portal', '2');
    expect(bound).toMatchObject({ code: 0, out: expect.stringContaining('portals 1, 2') });
    for (const way of ways)
      for (const [portal, answer] of [
        [1, 'done'],
        [2, 'done'],
        [3, '42501'],
        [null, '42501'], // the default portal may be anybody's
      ] as const)
        expect([portal, await codeOf(as('shop', way(portal)))]).toEqual([portal, answer]);
    const { rows } = await db.admin.query('SELECT DISTINCT portal_id FROM outbox_inbox ORDER BY 1');
    expect(rows).toEqual([{ portal_id: '1' }, { portal_id: '2' }]);
    expect((await outbox('bindings')).out).toMatch(new RegExp(`^${roleOf('shop')} +1, 2$`, 'm'));
  });

  it('captures as a role that it takes on for a request, for its own portals alone, where that role may capture', async () => {
    const visitor = `visitor_of_${db.name}`;
    await db.admin.query(`CREATE ROLE ${visitor} NOLOGIN; GRANT ${visitor} TO ${roleOf('shop')}`);
    const visiting = (way: (typeof ways)[number], portal: number) =>
      codeOf(
        as('shop', async (client) => {
          await client.query(`BEGIN; SET LOCAL ROLE ${visitor}`);
          await way(portal)(client);
          await client.query('COMMIT');
        }),
      );
    try {
      for (const way of [capture, insert]) expect(await visiting(way, 1)).toBe('42501');
      await db.admin.query(`GRANT sluice_capture TO ${visitor}`);
      for (const way of ways)
        expect([await visiting(way, 1), await visiting(way, 3)]).toEqual(['done', '42501']);
    } finally {
      await db.admin.query(`DROP OWNED BY ${visitor}; DROP ROLE ${visitor}`);
    }
  });

  it('cannot change its binding, nor read or change what others captured', async () => {
    for (const statement of [
      `INSERT INTO outbox_capture_portals VALUES ('${roleOf('shop')}', 0)`,
      'SELECT payload FROM outbox_inbox',
      'DELETE FROM outbox_inbox',
      'SET ROLE sluice_app',
      `SELECT forget_redrives(30, 1)`,
    ])
      expect([statement, await codeOf(as('shop', (client) => client.query(statement)))]).toEqual([
        statement,
        '42501',
      ]);
  });

  it('reads in outbox_events what became of the events of its portals, and of no others', async () => {
    const [holder, other] = [randomUUID(), randomUUID()];
    await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'holder'), ($2, 'other')`, [
      holder,
      other,
    ]);
    await db.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES (1, $1), (2, $1), (3, $1)', [
      holder,
    ]);
    await db.admin.query(
      `INSERT INTO outbox_inbox (type, payload, portal_id) VALUES ('nova_earned', '{}', 3)`,
    );
    expect((await outbox('bind', roleOf('shop'), '--portal', '1', '--portal', '2')).code).toBe(0);
    const seen = (login: Login) =>
      as(login, async (client) => {
        const { rows } = await client.query<{ portal_id: string }>(
          'SELECT DISTINCT portal_id FROM outbox_events WHERE processed_at IS NULL ORDER BY 1',
        );
        return rows.map(({ portal_id: portalId }) => portalId);
      });
    expect(await seen('shop')).toEqual(['1', '2']);
    expect(await seen('grafana')).toEqual(['1', '2', '3']);
    // Their role may capture for every portal, and serves all tenants.
    expect(await seen('api')).toEqual([]);
    expect(await seen('worker')).toEqual([]);

    // Another workspace has the portal now: what is its own is not for the login of the former one.
    await db.admin.query('UPDATE portals SET workspace_id = $1 WHERE portal_id = 2', [other]);
    expect(await seen('shop')).toEqual(['1']);
    expect((await outbox('bind', roleOf('shop'), '--every-portal')).code).toBe(0);
    expect(await seen('shop')).toEqual([]);
  });

  it('may do so for every portal when it is bound to all of them, and for none when it is unbound', async () => {
    expect((await outbox('bind', roleOf('shop'), '--every-portal')).code).toBe(0);
    for (const way of ways)
      for (const portal of [3, null]) expect(await codeOf(as('shop', way(portal)))).toBe('done');
    expect((await outbox('unbind', roleOf('shop'), '--yes')).code).toBe(0);
    await expect(as('shop', (client) => client.query('SELECT 1'))).rejects.toThrow(
      /permission denied for database/,
    );
  });

  it('is not bound by a command that names no login of this server, or no portal', async () => {
    expect(await outbox('bind', 'nobody_at_all', '--every-portal')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no login nobody_at_all'),
    });
    expect((await outbox('bind', roleOf('shop'))).code).toBe(2);
  });

  it('that could insert before there were bindings keeps that', async () => {
    const older = await createTestDatabase();
    try {
      await older.admin.query(
        `DROP TABLE outbox_capture_portals CASCADE; ALTER TABLE outbox_inbox DISABLE ROW LEVEL SECURITY;
         DROP POLICY read ON outbox_inbox; DROP POLICY move ON outbox_inbox; DROP POLICY remove ON outbox_inbox;
         GRANT INSERT, SELECT (id) ON outbox_inbox TO ${roleOf('shop')}; GRANT USAGE ON SEQUENCE outbox_event_ids TO ${roleOf('shop')}`,
      );
      await migrate({ adminUrl: older.adminUrl, appUrl: older.url });
      const url = new URL(older.adminUrl.reveal());
      const client = new pg.Client({
        connectionString: Object.assign(url, { username: roleOf('shop'), password: 'x' }).href,
      });
      await client.connect();
      for (const way of ways)
        for (const portal of [9, null]) expect(await codeOf(way(portal)(client))).toBe('done');
      await client.end();
      await older.admin.query(`DROP OWNED BY ${roleOf('shop')}`);
    } finally {
      await older.drop();
    }
  });
});
