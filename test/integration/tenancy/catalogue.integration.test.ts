import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inWorkspace } from '../../../src/db/tenant.js';
import { keepPartitions, PARTITIONED } from '../../../src/db/partitions.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { insertOf } from '../../support/rows.js';
import { WORKSPACE } from '../../support/throttle.js';
import { MAINTENANCE_ACROSS_TENANTS, MAINTENANCE_OF_THE_OWNER } from './maintenance.js';

const OTHER = '00000000-0000-4000-8000-000000000002';

/**
 * Everything that looks across workspaces. Whoever adds one to it says in the function's file what it tells, and why.
 */
const ACROSS_TENANTS = {
  sluice_system: [
    ...MAINTENANCE_ACROSS_TENANTS,
    'audit_append',
    'budget_free_slots',
    'claim_token_refreshes',
    'consume_install_state',
    'day_limit_shares',
    'default_workspace',
    'encryption_keys_in_use',
    'find_api_key',
    'install_stands',
    'journal_tells',
    'journal_view',
    'open_breakers',
    'open_install_link',
    'outbox_stats',
    'portal_stats',
    'sync_held_deletes',
    'sync_seen',
    'sync_schedules_beside',
    'sync_stats',
    'portal_workspaces',
    'release_portal',
    'sole_workspace',
    'waiting_by_lane',
    'webhook_keep_strays',
    'webhook_missed_total',
    'webhook_strays_of',
  ],
  /**
   * Makes and drops partitions and lifts sequences, which only the owner may; appends to the inbox. None reads a row.
   */
  owner: [...MAINTENANCE_OF_THE_OWNER, 'crm_drop_views', 'crm_make_view', 'sluice_track_event'],
};

/**
 * What applications write into, what the dispatcher notes of it, and for which portals logins may: an event has no
 * workspace before the dispatcher gives it one. And events of portals that are nobody's, which the application cannot
 * read (test/integration/webhooks), and how far the journal of all portals is read.
 */
const BEFORE_TENANTS = [
  'outbox_inbox',
  'outbox_collected',
  'outbox_capture_portals',
  'installations',
  'webhook_strays',
  'webhook_journal',
];

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

interface Table {
  name: string;
  tenant: boolean;
  enabled: boolean;
  forced: boolean;
  policies: { name: string; roles: string; command: string; using: string; check: string | null }[];
}

async function tables(): Promise<Table[]> {
  const { rows } = await db.admin.query<Table>(
    `SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
            c.relname = 'workspaces' OR EXISTS (
              SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped AND a.attnotnull) AS tenant,
            (SELECT coalesce(json_agg(json_build_object('name', p.policyname, 'roles', p.roles::text, 'command', p.cmd, 'using', p.qual,
                                                        'check', p.with_check) ORDER BY p.policyname), '[]')
               FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = c.relname) AS policies
       FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1`,
  );
  return rows.filter(({ name }) => !BEFORE_TENANTS.includes(name));
}

function expectIsolated(all: readonly Table[]): void {
  for (const { name, policies, ...table } of all) {
    expect({ name, ...table }).toEqual({ name, tenant: true, enabled: true, forced: true });
    const key = name === 'workspaces' ? 'id' : 'workspace_id';
    expect({ name, policies }).toEqual({
      name,
      policies: [
        { name: 'across_tenants', roles: '{sluice_system}', command: 'ALL', using: 'true', check: 'true' },
        {
          name: 'tenant',
          roles: '{public}',
          command: 'ALL',
          using: expect.stringMatching(
            new RegExp(
              `^\\(${key} = ANY \\(+ ?SELECT tenant_workspaces\\(\\) AS tenant_workspaces\\)+::uuid\\[\\]\\)+$`,
            ),
          ),
          check: null, // the same as above, for what is written too
        },
      ],
    });
  }
}

describe('the catalogue', () => {
  it('has no table without a workspace, and on each of them row-level security, forced, with both policies', async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(20);
    expectIsolated(all);
  });

  it('isolates the partitions that sweeps make', async () => {
    await db.admin.query(
      `DO $$ DECLARE part regclass; BEGIN
         FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhrelid::regclass::text ~ '_\\d{8}$' LOOP EXECUTE 'DROP TABLE ' || part; END LOOP;
       END $$`,
    );
    const before = (await tables()).length;
    for (const table of Object.keys(PARTITIONED)) await keepPartitions(db.pool, table, 7);
    const after = await tables();
    expect(after.length).toBeGreaterThanOrEqual(before + 24);
    expectIsolated(after);
  });

  it('has no view through which the application could see more', async () => {
    const { rows } = await db.admin.query(
      `SELECT c.relname AS name FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('v', 'm') AND has_any_column_privilege('sluice_app', c.oid, 'SELECT')
          AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)`,
    );
    // Its rows are chosen by who reads it; the application sees none (privileges.integration.test.ts).
    expect(rows).toEqual([{ name: 'outbox_events' }]);
  });

  it("gives the application's login no way around it", async () => {
    const { rows: roles } = await db.admin.query(
      `SELECT rolname AS name, rolsuper AS super, rolbypassrls AS bypasses, rolcanlogin AS login, rolcreaterole AS makes,
              (SELECT count(*)::int FROM pg_class c WHERE c.relowner = r.oid AND c.relkind <> 'v') AS owns,
              (SELECT array_agg(m.roleid::regrole::text ORDER BY 1) FROM pg_auth_members m WHERE m.member = r.oid) AS "memberOf"
         FROM pg_roles r WHERE rolname IN ('sluice_app', 'sluice_system', (SELECT usename FROM pg_user WHERE usename = $1)) ORDER BY 1`,
      [new URL(db.url.reveal()).username],
    );
    const harmless = { super: false, bypasses: false, makes: false, owns: 0 };
    expect(roles).toEqual([
      { name: 'sluice_app', login: false, memberOf: ['sluice_capture'], ...harmless },
      { name: 'sluice_system', login: false, memberOf: ['sluice_capture'], ...harmless },
      { name: 'sluice_test', login: true, memberOf: ['sluice_app', 'sluice_maintenance'], ...harmless },
    ]);
  });

  it("knows exactly these functions that run with other rights than their caller's, each with a search path of its own", async () => {
    const { rows } = await db.admin.query<{ name: string; owner: string; path: string | null }>(
      `SELECT p.proname AS name, CASE WHEN p.proowner = d.datdba THEN 'owner' ELSE p.proowner::regrole::text END AS owner,
              (SELECT c FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%') AS path
         FROM pg_proc p JOIN pg_database d ON d.datname = current_database()
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef ORDER BY 1`,
    );
    const by = (owner: string) => rows.filter((row) => row.owner === owner).map(({ name }) => name);
    expect({ sluice_system: by('sluice_system'), owner: by('owner') }).toEqual({
      sluice_system: ACROSS_TENANTS.sluice_system.toSorted(),
      owner: ACROSS_TENANTS.owner.toSorted(),
    });
    expect(rows.filter(({ path }) => path !== 'search_path=public, pg_temp')).toEqual([]);
    const { rows: all } = await db.admin.query(
      `SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner = 'sluice_system'::regrole AND NOT prosecdef`,
    );
    expect(all).toEqual([]);
  });
});

describe('a statement of the application', () => {
  const names = async () =>
    (await tables()).map(({ name }) => name).filter((name) => !/_(\d+|default)$/.test(name));

  beforeAll(async () => {
    for (const name of await names()) await seedRow(name);
  });

  it('sees no row of any table when it names no workspace, and only the rows of those that it names', async () => {
    const count = async (client: { query: typeof db.pool.query }, table: string) =>
      (await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)).rows[0]?.count;
    for (const name of await names()) {
      const seen = {
        unnamed: await count(db.pool, name),
        own: await inWorkspace(db.pool, WORKSPACE, (client) => count(client as never, name)),
        others: await inWorkspace(db.pool, OTHER, (client) => count(client as never, name)),
      };
      expect({ name, ...seen }).toEqual({ name, unnamed: 0, own: 1, others: 0 });
    }
  });

  it('changes, removes and writes nothing of a workspace that it does not name', async () => {
    const content = async (table: string) => (await db.admin.query(`SELECT t::text FROM ${table} t`)).rows;
    for (const name of await names()) {
      const before = await content(name);
      const key = name === 'workspaces' ? 'id' : 'workspace_id';
      const attempts = {
        update: `UPDATE ${name} SET ${key} = ${key}`,
        remove: `DELETE FROM ${name}`,
        insert: await insertOf(db.admin, name, { workspace_id: WORKSPACE }),
      };
      const outcomes: Record<string, unknown> = {};
      for (const [what, statement] of Object.entries(attempts)) {
        outcomes[what] = await inWorkspace(db.pool, OTHER, (client) => client.query(statement)).then(
          ({ rowCount }) => rowCount,
          (error: { code?: string }) => error.code,
        );
      }
      // 42501: insufficient_privilege, by the policy or because the application may not do this to the table at all.
      expect({ name, insert: outcomes.insert }).toEqual({ name, insert: '42501' });
      expect([0, '42501']).toContain(outcomes.update);
      expect([0, '42501']).toContain(outcomes.remove);
      expect(await content(name)).toEqual(before);
    }
  });

  it('cannot move a row to another workspace', async () => {
    await expect(
      inWorkspace(db.pool, WORKSPACE, (client) =>
        client.query('UPDATE lanes SET workspace_id = $1', [OTHER]),
      ),
    ).rejects.toMatchObject({ code: '42501' });
  });
});

async function seedRow(table: string): Promise<void> {
  const client = await db.admin.connect();
  try {
    await client.query(`SET session_replication_role = replica`); // what a row refers to is not the question here
    await client.query(await insertOf(db.admin, table, { workspace_id: WORKSPACE }));
  } finally {
    await client.query('RESET session_replication_role');
    client.release();
  }
}
