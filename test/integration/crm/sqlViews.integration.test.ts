import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import {
  bindSqlLogin,
  dropSqlViews,
  listSqlViews,
  makeSqlView,
  sqlLogins,
  sqlViewsToDrop,
  unbindSqlLogin,
} from '../../../src/db/crm/sqlViews.js';
import { endSyncs } from '../../../src/db/sync/ends.js';
import { inWorkspace } from '../../../src/db/tenant.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createRemakeSweep, createViewsSweep } from '../../../src/worker/crm/viewsSweep.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
let database: TestDatabase;
const logins: string[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  for (const login of logins) {
    await unbindSqlLogin(database.admin, login);
    await database.admin.query(`DROP OWNED BY ${login}`);
    await database.admin.query(`DROP ROLE ${login}`);
  }
  await database.drop();
});

let workspaceId: string;
let portalId = 930_000;
beforeEach(async () => {
  portalId += 1;
  workspaceId = await tenant(portalId);
});

async function tenant(portal: number): Promise<string> {
  const id = randomUUID();
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1::uuid, $1::text)', [id]);
  await database.admin.query(
    `INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2) ON CONFLICT (portal_id) DO UPDATE SET workspace_id = $2`,
    [portal, id],
  );
  await database.admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type) VALUES ($1, $2, 'contacts')`,
    [id, portal],
  );
  return id;
}
async function define(types: Readonly<Record<string, string>>, of = workspaceId): Promise<void> {
  for (const [name, type] of Object.entries(types))
    await database.admin.query(
      `INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options, calculated,
                                      data_sensitivity, archived, hash, first_seen_at)
       VALUES ($1, $2, 'contacts', $3, 1, 'x', $4, 'x', '[]', false, 'non_sensitive', false, '', now())`,
      [of, portalId, name, type],
    );
}
const store = (id: number, properties: Readonly<Record<string, string>>, of = workspaceId) =>
  database.admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     VALUES ($1, $2, 'contacts', $3, $4, '', now(), now(), now(), 'test')`,
    [of, portalId, id, JSON.stringify(properties)],
  );
const make = (of = workspaceId, objectType = 'contacts') =>
  inWorkspace(database.pool, of, (client) => makeSqlView(client, { workspaceId: of, portalId, objectType }));

/** A login of the database that may do nothing but what it is bound to. */
async function login(): Promise<{
  name: string;
  ask: <R>(sql: string) => Promise<R[]>;
  end: () => Promise<void>;
}> {
  const name = `analyst_${randomBytes(4).toString('hex')}`;
  await database.admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
  logins.push(name);
  const url = new URL(database.url.reveal());
  url.username = name;
  url.password = 'x';
  let client: pg.Client | undefined;
  return {
    name,
    async ask<R>(sql: string) {
      if (!client) {
        client = new pg.Client({ connectionString: url.href });
        await client.connect();
      }
      const result = await client.query(sql);
      return (Array.isArray(result) ? (result as pg.QueryResult[]).at(-1)!.rows : result.rows) as R[];
    },
    async end() {
      await client?.end();
      client = undefined;
    },
  };
}

describe('a view of the mirror', () => {
  test('has each property by its type, with its text beside it: what is no such value is null, and nothing fails', async () => {
    await define({ amount: 'number', opted: 'bool', born: 'date', seen: 'datetime', city: 'string' });
    await store(1, {
      amount: '12.50',
      opted: 'true',
      born: '2024-02-29',
      seen: '2026-03-01T10:00:00.250Z',
      city: 'Bonn',
    });
    await store(2, { amount: '1;2', opted: 'yes', born: '2023-02-29', seen: '2026-13-01T00:00:00Z' });
    await store(3, { amount: 'N/A', opted: 'FALSE', born: '1709164800000', seen: '1709164800000' });
    await store(4, { amount: 'NaN', born: 'today', seen: 'infinity', opted: '' });
    await store(5, { amount: '-1e3', born: '0000-01-01', seen: '2026-03-01T10:00:00+05:30' });
    const { name } = await make();
    const reader = await login();
    await bindSqlLogin(database.admin, { login: reader.name, workspaceId });
    const rows = await reader.ask(
      `SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo';
       SELECT id::int, amount::text, amount_text, opted, to_char(born, 'YYYY-MM-DD') AS born, born_text,
              to_char(seen AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') AS seen, city FROM mirror.${name} ORDER BY id`,
    );
    await reader.end();
    const none = { amount: null, opted: null, born: null, seen: null, city: null };
    expect(rows).toEqual([
      {
        ...{
          id: 1,
          amount: '12.50',
          amount_text: '12.50',
          opted: true,
          born: '2024-02-29',
          born_text: '2024-02-29',
        },
        ...{ seen: '2026-03-01 10:00:00.250', city: 'Bonn' },
      },
      { ...none, id: 2, amount_text: '1;2', born_text: '2023-02-29' },
      {
        ...{
          ...none,
          id: 3,
          amount_text: 'N/A',
          opted: false,
          born: '2024-02-29',
          born_text: '1709164800000',
        },
        seen: '2024-02-29 00:00:00.000',
      },
      { ...none, id: 4, amount_text: 'NaN', born_text: 'today' },
      {
        ...none,
        id: 5,
        amount: '-1000',
        amount_text: '-1e3',
        born_text: '0000-01-01',
        seen: '2026-03-01 04:30:00.000',
      },
    ]);
  });

  test('shows live records alone, and finds one by its id without a look at the others', async () => {
    await define({ city: 'string' });
    await store(1, { city: 'Bonn' });
    await store(2, { city: 'Berlin' });
    await database.admin.query(
      'UPDATE crm_records SET archived_at = now() WHERE workspace_id = $1 AND id = 2',
      [workspaceId],
    );
    const { name } = await make();
    const reader = await login();
    await bindSqlLogin(database.admin, { login: reader.name, workspaceId });
    expect(await reader.ask(`SELECT id::int, city, properties FROM mirror.${name}`)).toEqual([
      { id: 1, city: 'Bonn', properties: { city: 'Bonn' } },
    ]);
    await reader.end();
    const plan = await inWorkspace(database.admin, workspaceId, async (client) => {
      await client.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off');
      return client.query<{ 'QUERY PLAN': string }>(`EXPLAIN SELECT * FROM mirror.${name} WHERE id = 1`);
    });
    expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
      /Index Cond: .*workspace_id = .*portal_id = .*object_type = .*id = /,
    );
  });

  test('names its columns as the properties are named, whatever these are: no two alike, none cut without a word, none that is SQL', async () => {
    const long = 'p'.repeat(80);
    const names = [
      `${long}a`,
      `${long}b`,
      'id',
      'amount',
      'amount_text',
      'Größe; DROP TABLE crm_records; --',
      `it's "x"`,
      'properties',
    ];
    await define(Object.fromEntries(names.map((name) => [name, name === 'amount' ? 'number' : 'string'])));
    await store(1, { ...Object.fromEntries(names.map((name, n) => [name, `v${n}`])), amount: '7' });
    const made = await make();
    const { rows } = await database.admin.query<{ name: string }>(
      `SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass('mirror.' || $1) AND attnum > 0 ORDER BY attnum`,
      [made.name],
    );
    const columns = rows.map(({ name }) => name);
    expect(columns).toHaveLength(made.columns);
    expect(new Set(columns).size).toBe(columns.length);
    expect(columns).toEqual(
      expect.arrayContaining([
        'id',
        'amount',
        'amount_text',
        'Größe; DROP TABLE crm_records; --',
        `it's "x"`,
      ]),
    );
    const reader = await login();
    await bindSqlLogin(database.admin, { login: reader.name, workspaceId });
    const [row] = await reader.ask<Record<string, unknown>>(`SELECT * FROM mirror.${made.name}`);
    await reader.end();
    expect(row).toMatchObject({ id: '1', amount: '7', amount_text: 'v4', [`it's "x"`]: 'v6' });
    expect(Object.values(row!)).toEqual(expect.arrayContaining(['v0', 'v1', 'v2', 'v7']));
  });

  test('of 1,700 properties has as many as a view may have, and says how many it leaves out; those are in `properties`', async () => {
    await database.admin.query(
      `INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options, calculated,
                                      data_sensitivity, archived, hash, first_seen_at)
       SELECT $1, $2, 'contacts', 'p' || lpad(n::text, 4, '0'), 1, 'x', 'number', 'x', '[]', false, 'non_sensitive', false, '', now()
         FROM generate_series(1, 1700) n`,
      [workspaceId, portalId],
    );
    await expect(make()).resolves.toMatchObject({ columns: 1590, leftOut: 115 });
  });

  test('is made anew when properties have changed, is listed, and goes when it is dropped or its portal is disconnected', async () => {
    await define({ city: 'string' });
    const first = await make();
    await define({ zip: 'string' });
    expect((await make()).columns).toBe(first.columns + 1);
    expect(await listSqlViews(database.pool, workspaceId, { limit: 10 })).toMatchObject([
      { name: first.name },
    ]);
    const there = async () =>
      (await database.admin.query(`SELECT to_regclass('mirror.' || $1) IS NOT NULL AS there`, [first.name]))
        .rows[0] as unknown;
    const drop = () =>
      inWorkspace(database.pool, workspaceId, (client) => dropSqlViews(client, { workspaceId, portalId }));
    await expect(drop()).resolves.toBe(1);
    expect(await there()).toEqual({ there: false });
    await make();
    const mine = async () => {
      await database.admin.query('UPDATE crm_sql_views SET drop_at = NULL');
      return (await sqlViewsToDrop(database.pool, 1000)).filter((one) => one.workspaceId === workspaceId);
    };
    expect(await mine()).toEqual([]);
    await endSyncs(database.pool, { workspaceId, portalId });
    expect(await mine()).toEqual([{ workspaceId, portalId, objectType: 'contacts' }]);
    await drop();
    expect([await there(), await mine()]).toEqual([{ there: false }, []]);
    await expect(make()).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is made once by all who make it at the same time', async () => {
    for (let n = 0; n < 5; n += 1) {
      await define({ city: 'string' });
      const made = await Promise.all([make(), make(), make(), make()]);
      expect(new Set(made.map(({ name }) => name)).size).toBe(1);
      expect(await listSqlViews(database.pool, workspaceId, { limit: 10 })).toHaveLength(1);
      portalId += 1;
      workspaceId = await tenant(portalId);
    }
  });

  test('of which something else was made is neither made anew nor dropped: who asks is told what to do', async () => {
    await define({ city: 'string' });
    const { name } = await make();
    const drop = () =>
      inWorkspace(database.pool, workspaceId, (client) => dropSqlViews(client, { workspaceId, portalId }));
    await database.admin.query(`CREATE VIEW public.of_${portalId} AS SELECT id FROM mirror.${name}`);
    await expect(make()).rejects.toMatchObject({ code: 'conflict' });
    await expect(drop()).rejects.toMatchObject({ code: 'conflict' });
    await database.admin.query(`DROP VIEW public.of_${portalId}`);
    await expect(make()).resolves.toMatchObject({ name });
    await expect(drop()).resolves.toBe(1);
  });

  test('that somebody keeps open makes nobody wait who reads it, and is made anew when they have ended', async () => {
    await define({ city: 'string' });
    const { name } = await make();
    const [open, reader] = [await database.admin.connect(), await database.admin.connect()];
    try {
      for (const outlasts of [true, false]) {
        await open.query(`BEGIN; SELECT FROM mirror.${name}`);
        let isOver = false;
        const made = make();
        void made.then(() => (isOver = true));
        const waits: number[] = [];
        for (let n = 0; !isOver; n += 1) {
          const from = performance.now();
          await reader.query(`SELECT FROM mirror.${name}`);
          waits.push(performance.now() - from);
          if (!outlasts && n === 20) await open.query('ROLLBACK');
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        // Behind a statement that waits for two seconds they would have waited as long.
        expect(Math.max(...waits)).toBeLessThan(1000);
        expect(waits.length).toBeGreaterThan(2);
        expect((await made).waitingSince === null).toBe(!outlasts);
        await open.query('ROLLBACK');
      }
    } finally {
      open.release();
      reader.release();
    }
  });

  test('that somebody keeps open is made anew by itself when they have ended, though nobody asks again; until then it stays as it was', async () => {
    const sweep = () => createRemakeSweep(database.pool, logger).run(new AbortController().signal);
    const makeDue = () =>
      database.admin.query('UPDATE crm_sql_views SET remake_at = now() WHERE remake_since IS NOT NULL');
    const listed = async () => (await listSqlViews(database.pool, workspaceId, { limit: 10 }))[0];
    await define({ city: 'string' });
    const first = await make();
    await define({ zip: 'string' });
    const open = await database.admin.connect();
    try {
      await open.query(`BEGIN; SELECT FROM mirror.${first.name}`);
      const kept = await make();
      expect(kept).toMatchObject({ columns: first.columns, madeAt: first.madeAt });
      expect(kept.waitingSince).toBeInstanceOf(Date);
      const dropped = inWorkspace(database.pool, workspaceId, (client) =>
        dropSqlViews(client, { workspaceId, portalId }),
      );
      await expect(dropped).rejects.toMatchObject({ code: 'conflict' });
      // Asked for twice, it waits as long as it did.
      expect((await make()).waitingSince).toEqual(kept.waitingSince);
      await makeDue();
      await expect(sweep()).resolves.toBe(0);
      expect(await listed()).toEqual(kept);
    } finally {
      await open.query('ROLLBACK');
      open.release();
    }
    await expect(sweep()).resolves.toBe(0); // it is put off, and due again
    await makeDue();
    await expect(sweep()).resolves.toBe(1);
    expect(await listed()).toMatchObject({ columns: first.columns + 1, waitingSince: null });
    await makeDue();
    await expect(sweep()).resolves.toBe(0);
  });

  test('that is kept open for long is tried more and more seldom', async () => {
    await define({ city: 'string' });
    const { name } = await make();
    const open = await database.admin.connect();
    try {
      await open.query(`BEGIN; SELECT FROM mirror.${name}`);
      await make();
      const { rows: since } = await database.admin.query(
        `UPDATE crm_sql_views SET remake_since = now() - interval '2 hours', remake_at = now() WHERE name = $1 RETURNING remake_since`,
        [name],
      );
      await createRemakeSweep(database.pool, logger).run(new AbortController().signal);
      const { rows } = await database.admin.query(
        `SELECT remake_since, remake_at > now() + interval '10 minutes' AS seldom FROM crm_sql_views WHERE name = $1`,
        [name],
      );
      expect(rows).toEqual([{ ...since[0], seldom: true }]);
    } finally {
      await open.query('ROLLBACK');
      open.release();
    }
  });

  test('that cannot be made anew keeps no other one from it, and says in the log what stands in its way', async () => {
    const made: { workspaceId: string; portalId: number; objectType: string; name: string }[] = [];
    for (let n = 0; n < 3; n += 1) {
      await define({ city: 'string' });
      made.push({ ...(await make()), workspaceId });
      portalId += 1;
      workspaceId = await tenant(portalId);
    }
    const [held, ended] = made;
    await database.admin.query(
      `UPDATE crm_sql_views SET remake_since = now(), remake_at = now() - interval '1 minute' * (931000 - portal_id) WHERE name = ANY ($1)`,
      [made.map(({ name }) => name)],
    );
    await database.admin.query(
      `CREATE VIEW public.over_${held!.portalId} AS SELECT id FROM mirror.${held!.name}`,
    );
    await endSyncs(database.pool, ended!);
    const told: { portalId: number; error: Error }[] = [];
    const telling = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
    telling.warn = ((_: string, fields: (typeof told)[number]) => void told.push(fields)) as never;
    const sweep = createRemakeSweep(database.pool, telling);
    await expect(sweep.run(new AbortController().signal)).resolves.toBe(1);
    expect(told.filter((one) => one.portalId === held!.portalId)).toMatchObject([
      { error: { message: expect.stringContaining('drop them first') } },
    ]);
    const { rows } = await database.admin.query(
      'SELECT name, remake_at > now() AS later FROM crm_sql_views WHERE name = ANY ($1) AND remake_since IS NOT NULL',
      [made.map(({ name }) => name)],
    );
    expect(rows).toEqual([{ name: held!.name, later: true }]);
    await database.admin.query(`DROP VIEW public.over_${held!.portalId}`);
  });

  test('that cannot be dropped keeps no other one from it, and is tried again later', async () => {
    const made: { workspaceId: string; portalId: number; name: string }[] = [];
    for (let n = 0; n < 7; n += 1) {
      await define({ city: 'string' });
      made.push({ workspaceId, portalId, name: (await make()).name });
      if (n < 6)
        await database.admin.query(
          `CREATE VIEW public.of_${portalId} AS SELECT id FROM mirror.${made[n]!.name}`,
        );
      portalId += 1;
      workspaceId = await tenant(portalId);
    }
    for (const one of made) await endSyncs(database.pool, one);
    const sweep = () => createViewsSweep(database.pool, logger).run(new AbortController().signal);
    const left = async () => {
      const { rows } = await database.admin.query<{ name: string }>(
        'SELECT name FROM crm_sql_views WHERE name = ANY ($1) ORDER BY portal_id',
        [made.map(({ name }) => name)],
      );
      return rows.map(({ name }) => name);
    };
    await sweep();
    expect(await left()).toEqual(made.slice(0, 6).map(({ name }) => name));
    for (const one of made.slice(0, 6)) await database.admin.query(`DROP VIEW public.of_${one.portalId}`);
    await expect(sweep()).resolves.toBe(0);
    await database.admin.query(`UPDATE crm_sql_views SET drop_at = now() WHERE drop_at IS NOT NULL`);
    await expect(sweep()).resolves.toBe(6);
    expect(await left()).toEqual([]);
  });

  test('of who has the portal now stays when the former holder drops the one that was its own', async () => {
    await define({ city: 'string' });
    const former = workspaceId;
    const { name } = await make();
    const next = await tenant(portalId);
    await define({ city: 'string' }, next);
    await make(next);
    await inWorkspace(database.pool, former, (client) =>
      dropSqlViews(client, { workspaceId: former, portalId }),
    );
    const { rows } = await database.admin.query(
      `SELECT obj_description(to_regclass('mirror.' || $1), 'pg_class') AS of`,
      [name],
    );
    expect(rows).toEqual([{ of: next }]);
  });

  test('is made and dropped for no workspace but that of the transaction', async () => {
    const other = await tenant(portalId + 500_000);
    for (const name of ['crm_make_view', 'crm_drop_views'])
      await expect(
        inWorkspace(database.pool, other, (client) =>
          client.query(`SELECT ${name}($1, $2, 'contacts')`, [workspaceId, portalId]),
        ),
      ).rejects.toMatchObject({ code: '42501' });
  });
});

describe('a login for SQL', () => {
  test('sees the rows of the workspaces to which it is bound, and of no other: no SET changes that', async () => {
    await define({ city: 'string' });
    await store(1, { city: 'Bonn' });
    const { name } = await make();
    const [bound, foreign] = [await login(), await login()];
    const other = await tenant(portalId + 600_000);
    await bindSqlLogin(database.admin, { login: bound.name, workspaceId });
    await bindSqlLogin(database.admin, { login: foreign.name, workspaceId: other });
    const seen = async (who: typeof bound, set = '') =>
      (await who.ask<{ n: number }>(`${set} SELECT count(*)::int AS n FROM mirror.${name}`))[0]!.n;
    expect([await seen(bound), await seen(foreign)]).toEqual([1, 0]);
    for (const set of [
      `SET app.workspace = '${workspaceId}';`,
      `SET ROLE sluice_analyst;`,
      `SET search_path = public, mirror;`,
    ])
      expect([set, await seen(foreign, set)]).toEqual([set, 0]);
    await expect(seen(foreign, 'SET row_security = off;')).rejects.toMatchObject({ code: '42501' });
    await foreign.ask('RESET row_security');
    for (const set of [
      'SET ROLE sluice_system',
      'SET ROLE sluice_app',
      `SET SESSION AUTHORIZATION ${bound.name}`,
    ])
      await expect(foreign.ask(set)).rejects.toMatchObject({ code: '42501' });
    // Whoever it acts as: it is the login of the session that counts.
    expect(await seen(bound, 'SET ROLE sluice_analyst;')).toBe(1);
    await foreign.end();
    await bound.end();
  });

  test('reads views and nothing else: no table, no function of ours, no row that it could write', async () => {
    await define({ city: 'string' });
    await store(1, { city: 'Bonn' });
    const { name } = await make();
    const reader = await login();
    await bindSqlLogin(database.admin, { login: reader.name, workspaceId });
    for (const statement of [
      'SELECT * FROM public.crm_records',
      'SELECT * FROM public.crm_sql_logins',
      'SELECT * FROM public.portals',
      `DELETE FROM mirror.${name}`,
      `UPDATE mirror.${name} SET id = 9`,
      `CREATE VIEW mirror.mine AS SELECT 1`,
      `CREATE TABLE public.mine (id int)`,
      `SELECT crm_make_view('${workspaceId}', ${portalId}, 'contacts')`,
      `SELECT release_portal(${portalId}, '${workspaceId}', true)`,
    ])
      await expect(reader.ask(statement)).rejects.toMatchObject({ code: '42501' });
    await reader.end();
  });

  test('sees nothing any more when it was unbound, and must be one of its own: none of the service, none that sees all', async () => {
    await define({ city: 'string' });
    await store(1, { city: 'Bonn' });
    const { name } = await make();
    const reader = await login();
    await bindSqlLogin(database.admin, { login: reader.name, workspaceId });
    expect(await reader.ask(`SELECT FROM mirror.${name}`)).toHaveLength(1);
    expect((await sqlLogins(database.admin)).filter((one) => one.login === reader.name)).toEqual([
      { login: reader.name, workspaceId },
    ]);
    await expect(unbindSqlLogin(database.admin, reader.name)).resolves.toBe(true);
    await reader.end();
    await expect(reader.ask(`SELECT FROM mirror.${name}`)).rejects.toMatchObject({ code: '42501' });
    await reader.end();
    const own = new URL(database.url.reveal()).username;
    await expect(bindSqlLogin(database.admin, { login: own, workspaceId })).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(bindSqlLogin(database.admin, { login: 'nobody_at_all', workspaceId })).rejects.toMatchObject(
      {
        code: 'not_found',
      },
    );
  });
});
