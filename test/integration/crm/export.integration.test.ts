import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_230_001;
const COUNT = 1234;
const LARGE = 3000;

let harness: ApiHarness;
let directory: string;
beforeAll(async () => {
  harness = await startApi();
  directory = mkdtempSync(path.join(os.tmpdir(), 'sluice-export-'));
  const { admin } = harness.database;
  await seedLane(admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await admin.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, live) VALUES ($1, $2, 'contacts', $3), ($1, $2, 'deals', $4), ($1, $2, 'tickets', 0)`,
    [WORKSPACE, PORTAL, COUNT, LARGE],
  );
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     SELECT $1, $2, 'contacts', n * 3, jsonb_build_object('email', n || '@example.com', 'notes', E'two\\n"lines", ' || n), 'x', now(), now(), now(), 'test'
       FROM generate_series(1, $3::int) n`,
    [WORKSPACE, PORTAL, COUNT],
  );
  await admin.query(
    `INSERT INTO crm_records (workspace_id, portal_id, object_type, id, properties, hash, created_at, modified_at, read_at, source)
     SELECT $1, $2, 'deals', n, jsonb_build_object('notes', repeat('x', 30000)), 'x', now(), now(), now(), 'test' FROM generate_series(1, $3::int) n`,
    [WORKSPACE, PORTAL, LARGE],
  );
}, 60_000);
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true });
  await harness.close();
});

async function get(query: string) {
  const response = await fetch(`${harness.url}/api/objects/${query}`, {
    headers: { authorization: harness.authorization },
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
const ALL = Array.from({ length: COUNT }, (_, n) => String((n + 1) * 3));
interface Line {
  readonly id: string;
  readonly properties: Record<string, string>;
}
const linesOf = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

/** As RFC 4180 has it. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: string[] = [];
  for (let match = cell.exec(text); match && match[0] !== ''; match = cell.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

describe('an export', () => {
  it('has every record once, by their ids, and goes on behind the one that is named', async () => {
    const { status, headers, text } = await get('contacts/export');
    expect([status, headers.get('content-type'), headers.get('x-total-records')]).toEqual([
      ...[200, 'application/x-ndjson', String(COUNT)],
    ]);
    const lines = linesOf(text);
    expect(lines.map(({ id }) => id)).toEqual(ALL);
    expect(lines[1]!.properties).toEqual({ email: '2@example.com', notes: 'two\n"lines", 2' });
    const rest = await get(`contacts/export?after=${ALL.at(-3)}&properties=email`);
    expect(linesOf(rest.text).map(({ id, properties }) => [id, properties])).toEqual([
      [ALL.at(-2), { email: `${COUNT - 1}@example.com` }],
      [ALL.at(-1), { email: `${COUNT}@example.com` }],
    ]);
    expect((await get('tickets/export')).text).toBe('');
  });

  it('is CSV that other programs read, with names in the first line unless it goes on', async () => {
    const { text, headers } = await get('contacts/export?format=csv&properties=notes,email,none');
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [names, ...rows] = parseCsv(text);
    expect(names).toEqual(['id', 'createdAt', 'modifiedAt', 'notes', 'email', 'none']);
    expect(rows.map(([id]) => id)).toEqual(ALL);
    expect(rows[6]!.slice(3)).toEqual(['two\n"lines", 7', '7@example.com', '']);
    const rest = parseCsv(
      (await get(`contacts/export?format=csv&properties=email&after=${ALL.at(-2)}`)).text,
    );
    expect(rest.map(([id]) => id)).toEqual([ALL.at(-1)]);
    await harness.database.admin.query(
      `INSERT INTO crm_property_defs (workspace_id, portal_id, object_type, name, version, label, type, field_type, options, calculated, data_sensitivity, archived, hash, first_seen_at, replaced_at)
       SELECT $1, $2, 'contacts', d.name, d.version, '', 'string', 'text', '[]', false, 'non_sensitive', d.archived, 'x', now(), d.replaced_at
         FROM (VALUES ('notes', 1, false, NULL::timestamptz), ('email', 1, false, now()), ('email', 2, false, NULL), ('old', 1, true, NULL)) AS d (name, version, archived, replaced_at)`,
      [WORKSPACE, PORTAL],
    );
    expect(parseCsv((await get('contacts/export?format=csv')).text)[0]).toEqual([
      ...['id', 'createdAt', 'modifiedAt', 'email', 'notes'],
    ]);
  });

  it.each([
    ['contact/export', 400, 'contacts, companies'],
    ['contacts/export?portalId=x', 400, 'portalId'],
    ['contacts/export?portalId=99', 404, 'no such portal'],
    ['companies/export', 404, 'are not mirrored'],
    ['contacts/export?format=xml', 400, 'format'],
    ['tickets/export?format=csv', 400, 'properties'],
    ['contacts/export?properties=a,,b', 400, 'properties'],
    ['contacts/export?properties=a%20b', 400, 'properties'],
    ['contacts/export?after=x', 400, 'after'],
    ['contacts/export?after=-1', 400, 'after'],
    ['contacts/export?limit=3', 400, 'limit'],
  ])('is refused in words: %s', async (query, status, words) => {
    const answer = await get(query);
    expect([answer.status, (JSON.parse(answer.text) as { detail: string }).detail]).toEqual([
      status,
      expect.stringContaining(words),
    ]);
  });

  it('is in the audit chain, with who asked for what', async () => {
    const { rows } = await harness.database.admin.query(
      `SELECT portal_id::int, subject FROM audit_entries WHERE operation = 'records.export' ORDER BY seq LIMIT 1`,
    );
    expect(rows).toMatchObject([
      { portal_id: PORTAL, subject: { objectType: 'contacts', format: 'ndjson' } },
    ]);
  });

  it('reads no further than its reader takes, and ends where that has gone', async () => {
    const { pool } = harness.database;
    const connect = pool.connect.bind(pool);
    let pages = 0;
    pool.connect = ((...args: []) => {
      pages += 1;
      return connect(...args);
    }) as typeof pool.connect;
    try {
      const key = await harness.key();
      const begin = () =>
        new Promise<http.IncomingMessage>((resolve, reject) => {
          const headers = { authorization: `Bearer ${key}` };
          http
            .get(`${harness.url}/api/objects/deals/export`, { headers, agent: false }, resolve)
            .on('error', reject);
        });
      const response = await begin();
      // 90 MB in pages of 4: what lies in sockets and buffers is a few.
      const rests = async () => {
        let before = -1;
        const isSame = () => pages === before || ((before = pages), false);
        await until('it reads no further', isSame, 20_000, 500);
      };
      await rests();
      expect(pages).toBeLessThan(15);
      const stalled = pages;
      response.destroy();
      await rests();
      expect(pages).toBeLessThanOrEqual(stalled + 1);

      const other = await begin();
      let lines = 0;
      for await (const chunk of other) lines += String(chunk).split('\n').length - 1;
      expect(lines).toBe(LARGE);
    } finally {
      pool.connect = connect;
    }
  }, 60_000);
});

describe('sluice records export', () => {
  async function sluice(args: string) {
    const seen = { out: '', err: '' };
    const code = await runCli(args.split(' '), {
      out: (text) => void (seen.out += text),
      err: (text) => void (seen.err += text),
      env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: await harness.key() },
      cwd: directory,
    });
    return { code, ...seen };
  }

  it.each([
    ['ndjson', ''],
    ['csv', ' --properties notes,email'],
  ])('writes %s, and goes on behind the last whole record wherever it was cut off', async (format, more) => {
    const file = path.join(directory, `contacts.${format}`);
    const command = `records export contacts --format ${format}${more} --out ${file}`;
    const whole = await sluice(command);
    expect([whole.code, whole.err]).toEqual([0, expect.stringContaining('1,234 of 1,234 records')]);
    const complete = readFileSync(file, 'utf8');
    const size = statSync(file).size;
    expect((await sluice(command)).code).toBe(2);
    for (const cut of [0, 3, 20, 31, 32, 500, 501, Math.floor(size / 2), size - 1, size]) {
      truncateSync(file, cut);
      const { code, err } = await sluice(`${command} --resume`);
      expect([cut, code, err]).toEqual([cut, 0, expect.stringContaining('1,234 of 1,234 records')]);
      expect(readFileSync(file, 'utf8') === complete).toBe(true);
    }
    appendFileSync(file, '{"id":"99');
    expect((await sluice(`${command} --resume`)).code).toBe(0);
    expect(readFileSync(file, 'utf8') === complete).toBe(true);
  });

  it('says in words what the API refuses', async () => {
    const { code, err } = await sluice(`records export companies --out ${directory}/companies`);
    expect([code, err]).toEqual([1, expect.stringContaining('are not mirrored')]);
  });
});
