import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inboxSql } from '../../../src/db/outbox/installInbox.js';
import { literal } from '../../../src/sdk/outbox/capture.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { dispatcherOf, insertRow, soundRow, withoutBounds, type InboxValues } from '../../support/inbox.js';
import { seedLane } from '../../support/throttle.js';

/* `npm run fuzz` feeds 10,000 rows, here a sample; FUZZ_SEED repeats a run, whose title says its seed. */
const ROWS = Number(process.env.FUZZ_ROWS ?? 300);
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const TIMEOUT_MS = 60_000 + ROWS * 60;
const AT_ONCE = 250;

const OTHER = '00000000-0000-4000-8000-000000000002';
const PORTAL = 7_700_001;
const OTHERS_PORTAL = 7_700_002;

const sql = (...texts: string[]) => fc.constantFrom(...texts);
const text = fc
  .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ minLength: 150, maxLength: 3000 }))
  .map((value) => literal(value.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '')));
const anyText = fc.oneof(
  text,
  sql('NULL', `''`, `repeat('ä', 200)`, `repeat('x', 201)`, `repeat('x', 100000)`, `md5(random()::text)`),
  sql(`(SELECT string_agg(md5(n::text), '') FROM generate_series(1, 88) n)`),
);
const anyTime = fc.oneof(
  sql(
    'NULL',
    `'infinity'`,
    `'-infinity'`,
    `'294276-12-31'`,
    `'4713-01-01 BC'`,
    `'10000-01-01'`,
    `'9999-12-31'`,
  ),
  sql(`'1969-12-31 23:59:59.999999+00'`, `'1970-01-01 00:00+00'`, 'clock_timestamp()'),
  fc.integer({ min: -210_000_000_000, max: 9_000_000_000_000 }).map((seconds) => `to_timestamp(${seconds})`),
);
const anyBigint = fc.oneof(
  sql('NULL', '0', '-1', '1', '9007199254740991', '9007199254740992', '9223372036854775807'),
  sql('(-9223372036854775808)', String(PORTAL), String(OTHERS_PORTAL)),
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }).map((value) => `(${value})`),
);
const anyPayload = fc.oneof(
  sql(
    'NULL',
    `'null'`,
    `'[]'`,
    `'{}'`,
    `'"x"'`,
    `'[1e400, -1e-400, 1e131000]'`,
    `to_jsonb(repeat('x', 65535))`,
  ),
  fc
    .nat(6000)
    .map((levels) => `(repeat('[', ${levels}) || repeat(']', ${levels}))`)
    .map((json) => `CASE WHEN ${json} = '' THEN '1' ELSE ${json} END::jsonb`),
  fc.nat(2500).map((levels) => `(repeat('{"a":', ${levels}) || '1' || repeat('}', ${levels}))::jsonb`),
  fc.nat(200_000).map((length) => `to_jsonb(repeat('x', ${length}))`),
  fc
    .jsonValue({ noUnicodeString: false })
    .map((value) => literal(JSON.stringify(value).replaceAll('\\u0000', ''))),
  sql(`'{"driverId": "d", "email": "d@example.com", "amount": 1e300}'`, `'{"name": "no such", "data": {}}'`),
);
const anyRow: fc.Arbitrary<InboxValues> = fc
  .record(
    {
      type: fc
        .oneof(sql(`'nova_earned'`, `'generic'`, `'driver_signed_up'`), anyText)
        .filter((value) => value !== 'NULL'),
      payload: anyPayload,
      portal_id: fc.oneof(sql(String(PORTAL)), anyBigint),
      event_key: anyText,
      ordering_key: anyText,
      occurred_at: anyTime,
      captured_at: anyTime.filter((value) => value !== 'NULL'),
      version: sql('NULL', '-1', '0', '1', '2', '32767', '(-32768)'),
      note: anyText,
      id: sql('1', '2', '3', '500', '9223372036854775807', '(-1)'),
    },
    { requiredKeys: ['type', 'payload'] },
  )
  .map((row): InboxValues => row);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await seedLane(database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await seedLane(database.admin, { workspaceId: OTHER, portalId: OTHERS_PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => database.drop());

const count = async (from: string) => {
  const { rows } = await database.admin.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${from}`);
  return rows[0]!.n;
};

const ENDED = '(SELECT id FROM outbox_pending UNION ALL SELECT id FROM outbox_dead) e';

describe(`${ROWS} random rows (seed ${SEED})`, () => {
  it.each(['with bounds', 'of before, without bounds'])(
    'in an inbox %s are refused or end in a named state, and hold up nobody else',
    async (inbox) => {
      await database.admin.query('TRUNCATE outbox_inbox, outbox_pending, outbox_dead, outbox_keys');
      await database.admin.query(await inboxSql());
      if (inbox !== 'with bounds') await withoutBounds(database.admin);
      const dispatcher = dispatcherOf(database);
      const rows = fc.sample(anyRow, { numRuns: ROWS, seed: SEED });
      for (let from = 0; from < rows.length; from += AT_ONCE) {
        const written: InboxValues[] = [];
        for (const row of rows.slice(from, from + AT_ONCE)) {
          try {
            await insertRow(database.admin, row);
            written.push(row);
          } catch (error) {
            // Refused by a bound, by a type or by the key of the inbox: its writer knows.
            expect((error as { code?: string }).code).toMatch(/^(2[23]|54)/);
          }
        }
        const before = await count(ENDED);
        await insertRow(database.admin, { ...soundRow(OTHERS_PORTAL), event_key: `'sound ${from}'` });
        const beganMs = performance.now();
        let moved = 0;
        for (let few = await dispatcher.dispatch(); few > 0; few = await dispatcher.dispatch()) moved += few;
        expect(performance.now() - beganMs).toBeLessThan(5000);
        expect(moved).toBe(written.length + 1);
        expect(await count(`outbox_pending WHERE event_key = 'sound ${from}'`)).toBe(1);
        expect(await count('outbox_inbox')).toBe(0);
        // One with the key of another may be a repeat, which changes nothing.
        const alone = written.filter(({ event_key: key = 'NULL' }) => key === 'NULL').length;
        expect((await count(ENDED)) - before).toBeGreaterThanOrEqual(alone + 1);
      }
      expect(await count(`outbox_dead WHERE reason = '' OR error_class IS NULL`)).toBe(0);
    },
    TIMEOUT_MS,
  );
});
