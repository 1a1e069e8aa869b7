import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createDispatcher } from '../../../src/activities/outbox/dispatcher.js';
import { runCli } from '../../../src/cli/program.js';
import { forgetRemoved, moveFromForeignInbox } from '../../../src/db/outbox/foreignInbox.js';
import { readInbox } from '../../../src/db/outbox/inbox.js';
import type { Pool } from '../../../src/db/pool.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createOutboxInstruments } from '../../../src/services/outbox/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { createOutbox } from '../../../src/sdk/outbox/outbox.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { createWorkspaceSettingsCache } from '../../../src/services/outbox/workspaceSettings.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { seedLane } from '../../support/throttle.js';
import { until } from '../../support/until.js';

const PORTAL = 7_500_001;
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let ours: TestDatabase;
let application: TestDatabase;
/** An application's database that Sluice has never seen before. */
let shop: pg.Pool;
let shopUrl: string;
beforeAll(async () => {
  [ours, application] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await seedLane(ours.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await application.admin.query('CREATE DATABASE shop_of_' + application.name);
  const url = new URL(application.adminUrl.reveal());
  url.pathname = `/shop_of_${application.name}`;
  shopUrl = url.href;
  const seen = { out: '', err: '' };
  for (let n = 0; n < 2; n += 1) {
    const code = await runCli(['outbox', 'install'], {
      ...{ out: (text) => void (seen.out += text), err: (text) => void (seen.err += text) },
      ...{ env: { OUTBOX_DATABASE_URL: shopUrl }, cwd: '.' },
    });
    expect([code, seen.err]).toEqual([0, '']);
  }
  expect(seen.out).toContain('GRANT SELECT, DELETE ON outbox_inbox');
  shop = new pg.Pool({ connectionString: shopUrl, max: 4 });
  shop.on('error', () => undefined); // its database is dropped in the end
});
afterAll(async () => {
  await shop.end();
  await application.admin.query(`DROP DATABASE shop_of_${application.name} WITH (FORCE)`);
  await Promise.all([ours.drop(), application.drop()]);
});
beforeEach(async () => {
  await shop.query('TRUNCATE outbox_inbox');
  for (const table of ['pending', 'dead', 'keys', 'collected'])
    await ours.admin.query(`DELETE FROM outbox_${table}`);
});

const INBOX = 'migrations/outbox/inbox.sql';
const INBOX_OF_BEFORE = `
  CREATE SEQUENCE outbox_event_ids;
  CREATE TABLE outbox_inbox (
    id bigint PRIMARY KEY DEFAULT nextval('outbox_event_ids'), type text NOT NULL, version smallint, payload jsonb, event_key text,
    ordering_key text, portal_id bigint, occurred_at timestamptz, note text, captured_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );`;
const INBOX_WITH_TRIGGER = `${INBOX_OF_BEFORE}
  CREATE FUNCTION outbox_inbox_hint() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY sluice_outbox; RETURN NULL; END $$;
  CREATE TRIGGER outbox_inbox_hint AFTER INSERT ON outbox_inbox FOR EACH STATEMENT
    WHEN (NOT pg_try_advisory_xact_lock_shared(7526478926)) EXECUTE FUNCTION outbox_inbox_hint();`;
const INBOX_WITH_LOCK = `${INBOX_OF_BEFORE}
  CREATE FUNCTION outbox_wake_collector() RETURNS timestamptz LANGUAGE plpgsql AS $$
    BEGIN NOTIFY sluice_outbox; RETURN clock_timestamp(); END $$;
  ALTER TABLE outbox_inbox ALTER COLUMN captured_at SET DEFAULT
    CASE WHEN pg_try_advisory_xact_lock_shared(7526478926) THEN clock_timestamp() ELSE outbox_wake_collector() END;`;

const { trackEvent } = createOutbox({ defaultPortalId: PORTAL });
const track = (n: number, key?: string) =>
  trackEvent(
    shop,
    'nova_earned',
    { driverId: 'd', email: 'd@example.com', amount: n },
    key === undefined ? {} : { key },
  );
const dispatcher = (pools: { ours?: Pool; theirs?: Pool } = {}) => {
  const pool = pools.ours ?? ours.pool;
  return createDispatcher({
    ...{ pool, portalResolver: createPortalResolver(pool), registry: createRegistry(SHIPPED), logger },
    ...{
      settings: createWorkspaceSettingsCache(pool),
      options: {},
      metrics: createOutboxInstruments(createMetrics('test')),
    },
    foreign: { ours: pool, theirs: pools.theirs ?? shop, name: 'shop' },
    wakeDeliveries: () => Promise.resolve(),
    config: { HUBSPOT_PORTAL_ID: undefined, OUTBOX_POLL_INTERVAL_MS: 100 },
  });
};
const amounts = async () => {
  const { rows } = await ours.admin.query<{ amount: number }>(
    `SELECT (payload ->> 'amount')::int AS amount FROM outbox_pending ORDER BY id`,
  );
  return rows.map(({ amount }) => amount);
};
const left = async () => {
  const { rows } = await shop.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox_inbox');
  const { rows: noted } = await ours.admin.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM outbox_collected',
  );
  return { inbox: rows[0]!.n, noted: noted[0]!.n };
};

/** The pool, on which this statement fails once: as if the process had died there. */
function dyingAt(pool: Pool, statement: string): Pool {
  let dies = true;
  const query =
    (of: { query: (...args: unknown[]) => unknown }) =>
    (...args: unknown[]): unknown => {
      const name = (args[0] as { name?: string }).name ?? args[0];
      if (!dies || name !== statement) return of.query(...args);
      dies = false;
      return Promise.reject(new Error(`died at ${statement}`));
    };
  return new Proxy(pool, {
    get(target, key) {
      if (key === 'query') return query(target);
      if (key !== 'connect') return Reflect.get(target, key) as unknown;
      return async () => {
        const client = await target.connect();
        return new Proxy(client, {
          get: (of, name) => (name === 'query' ? query(of) : bound(of, name)),
        });
      };
    },
  });
}
function bound(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name);
  return typeof value === 'function' ? value.bind(of) : value;
}

describe('sluice outbox install', () => {
  it('takes no password in its arguments, where the list of processes shows it', async () => {
    let err = '';
    const code = await runCli(['outbox', 'install', '--database-url', shopUrl], {
      ...{ out: () => undefined, err: (text) => void (err += text) },
      ...{ env: {}, cwd: '.' },
    });
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/^A password in the arguments .* OUTBOX_DATABASE_URL/),
    ]);
  });
});

describe('the inbox of an application with a database of its own', () => {
  it('is moved over in order, and emptied; the events get ids of our own', async () => {
    for (const n of [1, 2, 3]) await track(n);
    expect(await dispatcher().dispatch()).toBe(3);
    expect(await amounts()).toEqual([1, 2, 3]);
    expect(await left()).toEqual({ inbox: 0, noted: 0 });
  });

  it.each([
    ['before our commit', { ours: 'outbox_enqueue_events' }],
    ['in our commit', { ours: 'COMMIT' }],
    ['between our commit and the removal', { theirs: 'outbox_inbox.remove' }],
    ['in the commit of the removal', { theirs: 'COMMIT' }],
    ['after the removal', { ours: 'outbox_collected.forget' }],
  ] as const)('loses nothing and doubles nothing when the dispatcher dies %s', async (_, where) => {
    for (const n of [1, 2, 3]) await track(n);
    const dying = dispatcher({
      ...('ours' in where && { ours: dyingAt(ours.pool, where.ours) }),
      ...('theirs' in where && { theirs: dyingAt(shop, where.theirs) }),
    });
    await expect(dying.dispatch()).rejects.toThrow('died');
    await track(4);
    const foreign = { ours: ours.pool, theirs: shop, name: 'shop' };
    await forgetRemoved(foreign);
    await dispatcher().dispatch();
    expect((await amounts()).sort()).toEqual([1, 2, 3, 4]);
    expect(await left()).toEqual({ inbox: 0, noted: 0 });
  });

  it('is moved by one dispatcher at a time', async () => {
    for (let n = 0; n < 200; n += 1) await track(n);
    const all = Array.from({ length: 4 }, () => dispatcher());
    await until(
      'the inbox is empty',
      async () => {
        await Promise.all(all.map((one) => one.dispatch()));
        return (await left()).inbox === 0;
      },
      10_000,
    );
    expect(await amounts()).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('keeps an event whose key belongs to another one as a dead letter, and drops a repeat', async () => {
    await track(1, 'k');
    await track(1, 'k');
    await track(2, 'k');
    await dispatcher().dispatch();
    expect(await amounts()).toEqual([1]);
    const { rows } = await ours.admin.query<{ reason: string; state: string }>(
      'SELECT reason, state FROM outbox_dead',
    );
    expect(rows).toEqual([{ state: 'invalid', reason: expect.stringContaining('its key belongs to event') }]);
  });

  it.each([
    ['a trigger', INBOX_WITH_TRIGGER],
    ['a lock and a function', INBOX_WITH_LOCK],
  ])(
    'of an earlier release, with %s, is brought up by another install: captures wake nobody any more',
    async (_, before) => {
      const schema = 'shop_of_before';
      await shop.query(`CREATE SCHEMA ${schema}`);
      const writing = await shop.connect();
      const write = () =>
        writing.query(`INSERT INTO outbox_inbox (type, payload) VALUES ('nova_earned', '{}')`);
      try {
        await writing.query(`SET search_path = ${schema}`);
        await writing.query(before);
        await write();
        for (let n = 0; n < 2; n += 1) await writing.query(await readFile(INBOX, 'utf8'));
        await write();
        const { rows } = await writing.query(
          `SELECT proname AS left FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace AND proname ~ 'wake|hint'
         UNION ALL SELECT tgname FROM pg_trigger WHERE tgrelid = '${schema}.outbox_inbox'::regclass`,
        );
        expect(rows).toEqual([]);
        const { rows: kept } = await writing.query(
          'SELECT captured_at IS NOT NULL AS dated FROM outbox_inbox',
        );
        expect(kept).toEqual([{ dated: true }, { dated: true }]);
      } finally {
        writing.release(true);
        await shop.query(`DROP SCHEMA ${schema} CASCADE`);
      }
    },
  );

  it("can be written into by whoever is bound to a portal, also where functions are nobody's before they are granted", async () => {
    const owner = await shop.connect();
    try {
      await owner.query(
        'BEGIN; CREATE SCHEMA strict; SET LOCAL search_path = strict; CREATE ROLE clerk_of_shop',
      );
      await owner.query('ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');
      await owner.query(await readFile(INBOX, 'utf8'));
      await owner.query(`GRANT USAGE ON SCHEMA strict TO clerk_of_shop; GRANT sluice_capture TO clerk_of_shop;
        INSERT INTO outbox_capture_portals VALUES ('clerk_of_shop', 7); SET LOCAL SESSION AUTHORIZATION clerk_of_shop`);
      const insert = (portal: number) =>
        owner.query(`INSERT INTO outbox_inbox (type, payload, portal_id) VALUES ('nova_earned', '{}', $1)`, [
          portal,
        ]);
      await insert(7);
      await expect(insert(8)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await owner.query('ROLLBACK');
      owner.release();
    }
  });

  it('does not take ids that come again after a restore for known, once what was noted is forgotten', async () => {
    const foreign = { ours: ours.pool, theirs: shop, name: 'shop' };
    await ours.admin.query(`INSERT INTO outbox_collected VALUES ('shop', 9000000, 1)`);
    await forgetRemoved(foreign);
    await shop.query(`INSERT INTO outbox_inbox (id, type, payload) VALUES (9000000, 'nova_earned', '{}')`);
    let moved = 0;
    await moveFromForeignInbox(foreign, readInbox, 10, (_, events) => {
      moved = events.length;
      return Promise.resolve();
    });
    expect(moved).toBe(1);
  });
});
