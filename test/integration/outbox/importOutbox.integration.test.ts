import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { seedLane } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_300_002;
const CREATED = '2026-11-01 08:00:00';

let harness: ApiHarness;
let key: string;
let cwd: string;
/** The table of an earlier service; here it stands in a schema of its own. */
beforeEach(async () => {
  harness = await startApi();
  key = await harness.key();
  cwd = mkdtempSync(path.join(tmpdir(), 'sluice-import-'));
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await harness.database.admin.query(`
    CREATE SCHEMA former;
    CREATE TABLE former.outbox_events (id bigserial PRIMARY KEY, event_type text, payload jsonb, created_at timestamp,
      processed_at timestamp, attempt_count int NOT NULL DEFAULT 0, last_error text)`);
});
afterEach(async () => {
  rmSync(cwd, { recursive: true });
  await harness.close();
});

const url = () => {
  const named = new URL(harness.database.adminUrl.reveal());
  named.searchParams.set('options', '-c search_path=former');
  return named.href;
};
async function sluice(args: readonly string[], env: Record<string, string> = {}) {
  const seen = { out: '', err: '' };
  const code = await runCli(['import', 'outbox', '--portal', String(PORTAL), ...args], {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: key, IMPORT_DATABASE_URL: url(), ...env },
    cwd,
  });
  return { code, ...seen };
}
const row = (
  type: string,
  payload: object,
  more: { processed?: boolean; attempts?: number; at?: string } = {},
) =>
  harness.database.admin.query(
    `INSERT INTO former.outbox_events (event_type, payload, created_at, processed_at, attempt_count, last_error)
     VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, $5::int, CASE WHEN $5::int > 0 THEN 'timeout' END)`,
    [type, JSON.stringify(payload), more.at ?? CREATED, more.processed ?? false, more.attempts ?? 0],
  );
const earned = (n: number) => ({ user_id: `u-${n}`, amount_cents: 100 + n, new_balance_cents: 500 });
const captured = async () => {
  const { rows } = await harness.database.admin.query<{ type: string; key: string; at: Date }>(
    `SELECT type, event_key AS key, occurred_at AS at FROM outbox_pending WHERE portal_id = $1 ORDER BY id`,
    [PORTAL],
  );
  return rows;
};

describe('sluice import outbox', () => {
  beforeEach(async () => {
    await row('driver_signed_up', { user_id: 'u-1', email: 'a@example.com', auth_provider: 'otp' });
    await row('nova_earned', earned(1), { attempts: 3 });
    await row('nova_earned', earned(2), { processed: true });
    await row('nova_earned', { user_id: 'u-3', amount_cents: 'many' });
    await row('unheard_of', {});
  });

  it('looks first: table, columns, counts, and each refused row with its field; nothing is brought', async () => {
    const { code, out } = await sluice([]);
    expect(code).toBe(0);
    expect(out).toMatch(/^table +outbox_events$/m);
    expect(out).toMatch(/^processed there +1, left where they are$/m);
    expect(out).toMatch(/^unprocessed +4$/m);
    expect(out).toMatch(/^of these, tried there +1$/m);
    expect(out).toMatch(/^by type +1 driver_signed_up, 1 nova_earned$/m);
    expect(out).toMatch(/^4 +nova_earned +payload\.amount_cents +/m);
    expect(out).toMatch(/^5 +unheard_of +event_type +/m);
    expect(out).toContain('Nothing was brought. 2 events would be');
    expect(await captured()).toEqual([]);
  });

  it('brings what is unprocessed, in its order, with its time and a key made of its row; the table stays as it was', async () => {
    const { code, out, err } = await sluice(['--yes']);
    expect(code).toBe(1);
    expect(err).toContain('Not all was brought: 2 rows refused. The other rows are here');
    expect(out).toMatch(/^captured +2$/m);
    expect(await captured()).toEqual([
      { type: 'driver_signed_up', key: 'outbox_events/1', at: new Date('2026-11-01T08:00:00Z') },
      { type: 'nova_earned', key: 'outbox_events/2', at: new Date('2026-11-01T08:00:00Z') },
    ]);
    const { rows } = await harness.database.admin.query(
      'SELECT count(*)::int AS left FROM former.outbox_events WHERE processed_at IS NULL',
    );
    expect(rows).toEqual([{ left: 4 }]);
  });

  it('goes on where it was stopped: what is there already is not captured twice', async () => {
    await sluice(['--yes']);
    for (let n = 10; n < 460; n += 1) await row('nova_earned', earned(n));
    const again = JSON.parse((await sluice(['--yes', '--json'])).out) as Record<string, unknown>;
    expect(again).toMatchObject({ unprocessed: 454, captured: 450, thereBefore: 2, refusedRows: 2 });
    const third = JSON.parse((await sluice(['--yes', '--json'])).out) as Record<string, unknown>;
    expect(third).toMatchObject({ captured: 0, thereBefore: 452 });
    expect(await captured()).toHaveLength(452);
  }, 30_000);

  it('says of rows with one id in two sources that they differ, and takes both under names of their own', async () => {
    await sluice(['--yes']);
    await harness.database.admin.query(
      `UPDATE former.outbox_events SET payload = payload || '{"amount_cents": 7}' WHERE id = 2`,
    );
    expect((await sluice(['--yes'])).out).toMatch(/^2 +nova_earned +the event +is answered conflict/m);
    expect((await sluice(['--yes', '--source', 'second'])).out).toMatch(/^captured +2$/m);
  });

  it('finds tables and columns of other names by its flags, and says which it misses', async () => {
    await harness.database.admin.query(`
      ALTER TABLE former.outbox_events RENAME TO events;
      ALTER TABLE former.events RENAME COLUMN event_type TO kind;
      ALTER TABLE former.events DROP COLUMN last_error, DROP COLUMN attempt_count;
      ALTER TABLE former.events ALTER COLUMN payload TYPE text`);
    expect(await sluice([])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/There is no table outbox_events: name it with --table .*events/),
    });
    expect(await sluice(['--table', 'former.events'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /events has no event_type: name the column with --type-column\. It has id, kind/,
      ),
    });
    const { out } = await sluice(['--table', 'events', '--type-column', 'kind', '--yes']);
    expect(out).toMatch(/^captured +2$/m);
  });

  it('takes the URL from the environment or a file, and never from its arguments', async () => {
    expect(await sluice([], { IMPORT_DATABASE_URL: '' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('IMPORT_DATABASE_URL'),
    });
    const file = path.join(cwd, 'url');
    writeFileSync(file, `${url().replace('postgresql://', 'postgresql+asyncpg://')}\n`, { mode: 0o600 });
    expect((await sluice(['--url-file', file], { IMPORT_DATABASE_URL: '' })).code).toBe(0);
    const wrong = new URL(url());
    wrong.password = 'not-the-password';
    wrong.port = '1';
    const refused = await sluice([], { IMPORT_DATABASE_URL: wrong.href });
    expect(refused.code).toBe(1);
    expect(refused.err).not.toContain('not-the-password');
  });

  it('refuses a portal that is not connected before anything is kept, when it only looks, too; the right one takes all', async () => {
    const wrong = String(PORTAL + 1);
    const kept = async () => {
      const { rows } = await harness.database.admin.query(
        'SELECT (SELECT count(*) FROM outbox_keys)::int AS keys, (SELECT count(*) FROM outbox_dead)::int AS dead',
      );
      return rows;
    };
    for (const yes of [[], ['--yes']]) {
      const { code, out, err } = await sluice(['--portal', wrong, ...yes]);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(`There is no portal ${wrong}: \`npx sluice portals list\` shows`);
    }
    await harness.database.admin.query(`UPDATE portals SET state = 'disconnected' WHERE portal_id = $1`, [
      PORTAL,
    ]);
    expect(await sluice(['--yes'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is disconnected.*: connect it with `npx sluice portals connect`/),
    });
    expect(await kept()).toEqual([{ keys: 0, dead: 0 }]);
    await harness.database.admin.query(`UPDATE portals SET state = 'active' WHERE portal_id = $1`, [PORTAL]);
    expect((await sluice(['--yes'])).out).toMatch(/^captured +2$/m);
  });

  it('does not say of a dead letter that it is there: it is counted apart and named, with what to do', async () => {
    // As an import of before left them that named another portal; other dead letters stand among them.
    for (let n = 6; n < 206; n += 1) await row('nova_earned', earned(n));
    const odd = { type: 'nova_earned', portalId: PORTAL + 1 };
    const numbers = [2, ...Array.from({ length: 200 }, (_, n) => n + 6)];
    const left = await fetch(`${harness.url}/api/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        events: numbers.flatMap((n) => [
          { ...odd, payload: earned(n === 2 ? 1 : n), key: `outbox_events/${n}` },
          { ...odd, payload: earned(n) },
        ]),
      }),
    });
    const { events } = (await left.json()) as { events: { id: string; status: string }[] };
    expect(new Set(events.map(({ status }) => status))).toEqual(new Set(['invalid']));
    const id = events[0]?.id ?? '';
    const { code, out, err } = await sluice(['--yes', '--wide']);
    expect(code).toBe(1);
    expect(err).toContain('201 rows here as dead letters, which are not sent');
    expect(out).toMatch(/^captured +1$/m);
    expect(out).toMatch(/^there already +0$/m);
    expect(out).toMatch(/^dead letters +201$/m);
    expect(out).toMatch(
      new RegExp(`^2 +nova_earned +${id} +invalid +Portal ${PORTAL + 1} is not connected`, 'm'),
    );
    expect(out).toMatch(
      /npx sluice outbox redrive EVENT; or import them as new events with another --source/,
    );
    expect((await sluice(['--yes', '--source', 'again'])).out).toMatch(/^captured +202$/m);
  }, 30_000);

  it('refuses rows of times and sizes that the API does not take, already when it looks, and brings the others', async () => {
    await row('nova_earned', earned(6), { at: '0001-01-01 00:00:00' });
    await row('nova_earned', earned(7), { at: '10000-01-01 00:00:00' });
    await row('nova_earned', { ...earned(8), note: 'x'.repeat(3_000_000) });
    await row('nova_earned', earned(9), { at: 'infinity' });
    await row('nova_earned', earned(10), { at: '2026-11-01 08:00:00 BC' });
    await row('nova_earned', earned(11), { at: '9999-12-31 23:59:59' });
    for (const yes of [[], ['--yes']]) {
      const { code, out, err } = await sluice(yes);
      expect(out).toMatch(/^refused +7$/m);
      for (const n of [6, 7, 9, 10])
        expect(out).toMatch(
          new RegExp(`^${n} +nova_earned +created_at +must be a time from 1970 to 9999`, 'm'),
        );
      expect(out).toMatch(/^8 +nova_earned +payload +is larger than 64 KiB/m);
      expect(code).toBe(yes.length);
      if (code === 1) expect(err).toContain('Not all was brought: 7 rows refused');
    }
    expect((await captured()).map((one) => one.key)).toEqual([
      ...['outbox_events/1', 'outbox_events/2', 'outbox_events/11'],
    ]);
  });

  it('says of an event that becomes a dead letter at once the same as of one that is one', async () => {
    await row('generic', { name: 'unheard', data: {} });
    for (const _ of [1, 2]) {
      const { code, out } = await sluice(['--yes', '--wide']);
      expect(code).toBe(1);
      expect(out).toMatch(/^refused +2$/m);
      expect(out).toMatch(/^dead letters +1$/m);
      expect(out).toMatch(/^6 +generic +\d+ +invalid +.*unheard/m);
    }
  });

  it('refuses alone a row whose time is text that is none, and reads what Postgres reads in the others', async () => {
    await harness.database.admin.query(
      `ALTER TABLE former.outbox_events ALTER created_at TYPE text, ALTER attempt_count DROP DEFAULT,
             ALTER attempt_count TYPE text`,
    );
    await row('nova_earned', earned(6), { at: 'yesterday evening' });
    await row('nova_earned', earned(7), { at: '2026-11-01 9:00 AM' });
    await harness.database.admin.query(
      `UPDATE former.outbox_events SET attempt_count = 'often' WHERE payload->>'user_id' = 'u-7'`,
    );
    for (const yes of [[], ['--yes']]) {
      const { out } = await sluice(yes);
      expect(out).toMatch(/^refused +3$/m);
      expect(out).toMatch(/^6 +nova_earned +created_at +must be a time from 1970 to 9999/m);
    }
    expect(await captured()).toEqual([
      expect.objectContaining({ key: 'outbox_events/1', at: new Date('2026-11-01T08:00:00Z') }),
      expect.objectContaining({ key: 'outbox_events/2' }),
      expect.objectContaining({ key: 'outbox_events/7', at: new Date('2026-11-01T09:00:00Z') }),
    ]);
  });

  it.each([
    [400, 'application/problem+json', 'No odd events'],
    [413, 'application/problem+json', 'No odd events'],
    [413, 'text/html', 'takes no request of this size'],
  ])(
    'halves a load that is answered %i, until the row is left that is refused: %s',
    async (status, mediaType, words) => {
      for (let n = 6; n < 30; n += 1)
        await row('nova_earned', { ...earned(n), ...(n === 17 && { note: 'odd' }) });
      // What stands before the API has rules of its own.
      const front = createServer((request, response) => {
        void (async () => {
          const body = (await request.toArray()).join('');
          if (body.includes('odd')) {
            response.writeHead(status, { 'content-type': mediaType });
            const page = '<html><title>413 Request Entity Too Large</title></html>';
            return response.end(
              mediaType === 'text/html' ? page : JSON.stringify({ status, detail: 'No odd events' }),
            );
          }
          const { method = 'GET', url: asked, headers } = request;
          const answer = await fetch(`${harness.url}${asked}`, {
            ...{ method, ...(body !== '' && { body }) },
            headers: { authorization: headers.authorization ?? '', 'content-type': 'application/json' },
          });
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
          response.end(await answer.text());
        })();
      });
      await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
      try {
        const through = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
        const { code, out } = await sluice(['--yes', '--wide'], { SLUICE_API_URL: through });
        expect(code).toBe(1);
        expect(out).toMatch(/^captured +25$/m);
        expect(out).toMatch(/^refused +3$/m);
        expect(out).toMatch(new RegExp(`^17 +nova_earned +the event +.*${words}`, 'm'));
      } finally {
        front.closeAllConnections();
        front.close();
      }
    },
  );

  it('refuses the view of Sluice itself', async () => {
    const own = await sluice([], { IMPORT_DATABASE_URL: harness.database.adminUrl.reveal() });
    expect(own).toMatchObject({ code: 2, err: expect.stringContaining("is Sluice's own view") });
  });
});
