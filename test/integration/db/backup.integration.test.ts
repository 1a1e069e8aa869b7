import {
  existsSync,
  mkdtempSync,
  rmSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { runCli } from '../../../src/cli/program.js';
import { backupTables, TABLES } from '../../../src/db/backup/tables.js';
import { migrate } from '../../../src/db/migrate.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { fillTables } from '../../support/largeTables.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-backup-'));
const file = (name: string) => path.join(folder, name);
let from: TestDatabase;
let to: TestDatabase;
beforeAll(async () => {
  [from, to] = await Promise.all([createTestDatabase(), createTestDatabase()]);
});
afterAll(async () => {
  await Promise.all([from.drop(), to.drop()]);
  rmSync(folder, { recursive: true });
});

async function sluice(adminUrl: Secret, ...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { DATABASE_URL: adminUrl.reveal(), DATABASE_ADMIN_URL: adminUrl.reveal() },
    cwd: '/',
  });
  return { code, ...seen };
}

/** What stands in each table: how many rows, and a sum over all of them. */
async function contents(
  database: TestDatabase,
): Promise<Record<string, { rows: number; sum: string | null }>> {
  const client = await database.admin.connect();
  try {
    const found: Record<string, { rows: number; sum: string | null }> = {};
    for (const { name } of await backupTables(client)) {
      const { rows } = await client.query<{ rows: number; sum: string | null }>(
        `SELECT count(*)::int AS rows, md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS sum FROM ${name} t`,
      );
      found[name] = rows[0]!;
    }
    return found;
  } finally {
    client.release();
  }
}

async function lastNumbers(): Promise<string[]> {
  const { rows } = await to.admin.query<{ last: string }>(
    `SELECT schemaname || '.' || sequencename || ' ' || coalesce(last_value, 0) AS last FROM pg_sequences ORDER BY 1`,
  );
  return rows.map(({ last }) => last);
}

describe('a backup', () => {
  it('is of the tables that Sluice has, each of them and no others', async () => {
    const { rows } = await from.admin.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
    );
    expect([...TABLES].sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  it('leaves the tables of an application beside it alone, when it is made and when it is restored', async () => {
    for (const { admin } of [from, to])
      await admin.query(
        `CREATE TABLE drivers (id bigint GENERATED ALWAYS AS IDENTITY, name text); INSERT INTO drivers (name) VALUES ('ours')`,
      );
    expect(await sluice(from.adminUrl, 'backup', file('apart.gz'))).toMatchObject({ code: 0 });
    expect(gunzipSync(readFileSync(file('apart.gz'))).toString()).not.toContain('drivers');
    expect(await sluice(to.adminUrl, 'restore', file('apart.gz'))).toMatchObject({ code: 0 });
    for (const { admin } of [from, to]) {
      expect((await admin.query('SELECT name FROM drivers')).rows).toEqual([{ name: 'ours' }]);
      await admin.query('DROP TABLE drivers');
    }
  });

  it('is not made by a login that does not see all rows: an empty one would look like a backup', async () => {
    expect(await sluice(from.url, 'backup', file('blind.gz'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('does not see the rows of all workspaces'),
    });
    expect(existsSync(file('blind.gz'))).toBe(false);
    expect(existsSync(file('blind.gz.part'))).toBe(false);
  });

  it('holds every row of every table, whatever stands in it, and puts it into another database', async () => {
    await fillTables(from.admin, 2000);
    await from.admin.query(
      `INSERT INTO workspaces (id, name) VALUES (gen_random_uuid(), E'tab\\t new\\nline \\\\. back\\\\slash "quoted" ünïcode 🦁')`,
    );
    const made = await sluice(from.adminUrl, 'backup', file('one.gz'));
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/one\.gz: \d+ rows of \d+ tables/) });
    expect(statSync(file('one.gz')).mode & 0o077).toBe(0);

    const restored = await sluice(to.adminUrl, 'restore', file('one.gz'));
    expect(restored).toMatchObject({ code: 0, out: expect.stringContaining('another installation') });
    const [before, after] = [await contents(from), await contents(to)];
    const filled = Object.values(before).filter(({ rows }) => rows > 0);
    expect(filled.length).toBeGreaterThan(20);
    // Which installation it is, is the one thing that a restore changes.
    expect(after['installations']?.rows).toBe(1 + (before['installations']?.rows ?? NaN));
    // Its inbox is numbered anew.
    const { installations: _a, outbox_inbox: inboxBefore, ...restBefore } = before;
    const { installations: _b, outbox_inbox: inboxAfter, ...restAfter } = after;
    expect(inboxAfter?.rows).toBe(inboxBefore?.rows);
    expect(restAfter).toEqual(restBefore);
  });

  it('is restored with walls between tenants as they were, and by an owner that is no superuser', async () => {
    const name = `owner_of_${to.name}`;
    await to.admin.query(`CREATE ROLE ${name} LOGIN CREATEROLE PASSWORD 'x'`);
    const url = new URL(to.adminUrl.reveal());
    [url.username, url.password] = [name, 'x'];
    const target = `${to.name}_owned`;
    await to.admin.query(`CREATE DATABASE ${target} OWNER ${name} TEMPLATE template0`);
    url.pathname = `/${target}`;
    const adminUrl = new Secret(url.href);
    try {
      await to.admin.query(
        `GRANT sluice_app, sluice_maintenance, sluice_system, sluice_capture, sluice_monitor TO ${name} WITH ADMIN OPTION`,
      );
      await migrate({ adminUrl, appUrl: to.url });
      expect(await sluice(adminUrl, 'restore', file('one.gz'))).toMatchObject({ code: 0 });
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      const { rows } = await client.query(
        `SELECT count(*) FILTER (WHERE NOT relforcerowsecurity)::int AS open FROM pg_class
          WHERE relname IN ('portals', 'executions', 'outbox_pending', 'execution_history')`,
      );
      expect(rows).toEqual([{ open: 0 }]);
      await client.end();
    } finally {
      await to.admin.query(`DROP DATABASE IF EXISTS ${target} WITH (FORCE)`);
      await to.admin.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
    }
  });

  it('is refused by a database that is in use, unless that is to be lost, and then numbers on from there', async () => {
    const refused = await sluice(to.adminUrl, 'restore', file('one.gz'));
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('portals has rows') });
    await to.admin.query(`SELECT setval('outbox_event_ids', 5000000000)`);
    expect(await sluice(to.adminUrl, 'restore', file('one.gz'), '--replace')).toMatchObject({ code: 0 });
    const { rows } = await to.admin.query<{ next: string }>(`SELECT nextval('outbox_event_ids') AS next`);
    expect(Number(rows[0]?.next)).toBeGreaterThan(5_000_000_000);
  });

  it('changes nothing when it is cut short, damaged, or of another version, and says so', async () => {
    const before = await contents(to);
    const sequencesBefore = await lastNumbers();
    const text = gunzipSync(readFileSync(file('one.gz'))).toString();
    const cases: [string, Buffer, RegExp][] = [
      ['short.gz', gzipSync(text.slice(0, -500)), /cut short|damaged/],
      ['other.gz', gzipSync(text.replace(/"schema":"\w+"/, '"schema":"0"')), /another version/],
      ['none.gz', gzipSync('hello\n'), /no backup of Sluice/],
      [
        'table.gz',
        gzipSync(text.replace('"table":"portals"', '"table":"portals; DROP"')),
        /is another one here/,
      ],
    ];
    for (const [name, content, words] of cases) {
      writeFileSync(file(name), content);
      expect(await sluice(to.adminUrl, 'restore', file(name), '--replace')).toMatchObject({
        code: 1,
        err: expect.stringMatching(words),
      });
    }
    truncateSync(file('one.gz'), 2000);
    expect((await sluice(to.adminUrl, 'restore', file('one.gz'), '--replace')).code).toBe(1);
    expect((await sluice(to.adminUrl, 'restore', file('missing.gz'), '--replace')).err).toContain(
      'cannot be read',
    );
    expect(await contents(to)).toEqual(before);
    // A rollback does not undo what was done to a sequence.
    expect(await lastNumbers()).toEqual(sequencesBefore);
  });

  it('does not write over a file that is there', async () => {
    const again = await sluice(from.adminUrl, 'backup', file('none.gz'));
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });
  });
});
