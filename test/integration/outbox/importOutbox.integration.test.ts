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
const row = (type: string, payload: object, more: { processed?: boolean; attempts?: number } = {}) =>
  harness.database.admin.query(
    `INSERT INTO former.outbox_events (event_type, payload, created_at, processed_at, attempt_count, last_error)
     VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END, $5, CASE WHEN $5 > 0 THEN 'timeout' END)`,
    [type, JSON.stringify(payload), CREATED, more.processed ?? false, more.attempts ?? 0],
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
    const { code, out } = await sluice(['--yes']);
    expect(code).toBe(0);
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

  it('refuses the view of Sluice itself', async () => {
    const own = await sluice([], { IMPORT_DATABASE_URL: harness.database.adminUrl.reveal() });
    expect(own).toMatchObject({ code: 2, err: expect.stringContaining("is Sluice's own view") });
  });
});
