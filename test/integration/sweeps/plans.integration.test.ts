import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/platform/config/config.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { definitionsOf } from '../../../src/services/definitions/loadDefinitions.js';
import { openCore } from '../../../src/worker/core.js';
import { createRooms } from '../../../src/worker/rooms.js';
import type { WorkerRoom } from '../../../src/worker/room.js';
import { firstGroups, read } from '../../unit/docs/documents.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { fillTables, ROWS } from '../../support/largeTables.js';
import { createExplainedPool } from '../../support/plans.js';
import { createNamespace, givenTemporalAddress } from '../../support/servers.js';

/** Tables with a row or a few for each workspace, portal or restore, and a sequence: they may be read as a whole. */
const SMALL = [
  'installations',
  'outbox_event_ids',
  'workspaces',
  'portals',
  'audit_chains',
  'outbox_portals',
  'budget_rings',
  'portal_suspensions',
  'crm_schemas',
  'crm_sql_views',
];
/** What one statement may read of a table that grows, when nothing is due. */
const FEW_ROWS = 2000;

let db: TestDatabase;
let explained: ReturnType<typeof createExplainedPool>;
let rooms: WorkerRoom[];
const ends: (() => unknown)[] = [];
const sweeps = () => rooms.flatMap((room) => room.sweeps ?? []);

beforeAll(async () => {
  db = await createTestDatabase();
  explained = createExplainedPool(db.adminUrl.reveal());
  const temporalAddress = givenTemporalAddress();
  const config = loadConfig({
    NODE_ENV: 'test',
    DATABASE_URL: db.url.reveal(),
    TEMPORAL_ADDRESS: temporalAddress, // asked which installation it is; nothing is due, so nothing is started
    TEMPORAL_NAMESPACE: await createNamespace(temporalAddress),
    HUBSPOT_ENABLED: 'true', // where it is off, its sweep asks nothing
    HUBSPOT_API_BASE_URL: 'http://127.0.0.1:1',
    HUBSPOT_APP_ID: '1',
    HUBSPOT_CLIENT_ID: 'client',
    HUBSPOT_CLIENT_SECRET: 'secret',
    ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
  });
  const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
  const core = openCore(
    {
      ...{ config, definitions: definitionsOf(), actionSecrets: new Map() },
      logger,
      metrics: createMetrics('test'),
      owner: 'test',
    },
    { onStop: (_, stop) => void ends.push(stop) },
  );
  rooms = createRooms({ ...core, pool: explained.pool });
  await fillTables(db.admin);
}, 120_000);

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  await explained.pool.end();
  await db.drop();
});

describe('a sweep, when nothing is due', () => {
  it(`reads few of the ${ROWS} rows of any table, and none as a whole, whichever sweep it is`, async () => {
    const tooMuch: string[] = [];
    for (const { name, run } of sweeps()) {
      const did = await run(new AbortController().signal);
      const reads = explained
        .take()
        .filter(({ relation }) => !SMALL.includes(relation) && !/^pg_|_default$/.test(relation));
      for (const { relation, node, rows, statement } of reads)
        if (node === 'Seq Scan' || rows > FEW_ROWS)
          tooMuch.push(`${name}: ${node} of ${relation}, ${rows} rows: ${statement.trim().slice(0, 80)}`);
      expect({ name, did }).toEqual({ name, did: 0 });
    }
    expect(tooMuch).toEqual([]);
  }, 60_000);

  it('asks the database, all the same', async () => {
    const silent: string[] = [];
    for (const { name, run } of sweeps()) {
      await run(new AbortController().signal);
      if (explained.take().length === 0 && !name.startsWith('partitions_')) silent.push(name);
    }
    expect(silent).toEqual([]);
  }, 60_000);
});

describe('the list of tables', () => {
  const listed = () =>
    Object.assign({}, ...rooms.map((room) => room.tables ?? {})) as NonNullable<WorkerRoom['tables']>;

  it('has each table of the database, by the rooms that own them, each once', async () => {
    const { rows } = await db.admin.query<{ name: string; partitioned: boolean }>(
      `SELECT c.relname AS name, p.partstrat IS NOT DISTINCT FROM 'r' AS partitioned
         FROM pg_class c LEFT JOIN pg_partitioned_table p ON p.partrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    );
    expect(rooms.flatMap((room) => Object.keys(room.tables ?? {})).sort()).toEqual(
      rows.map(({ name }) => name),
    );
    const partitioned = rows.filter((row) => row.partitioned).map(({ name }) => name);
    const daily = Object.entries(listed()).filter(([, retention]) => retention.by === 'day');
    expect(daily.map(([name]) => name).sort()).toEqual(partitioned);
  });

  it('is told in docs/operations.md, table by table', () => {
    const page = read('docs/operations.md');
    const section = page.slice(page.indexOf('### How long things are kept'), page.indexOf('## Upgrading'));
    const named = firstGroups(section, /^\| (`[^|]*`) \|/gm).flatMap((cell) => firstGroups(cell, /`(\w+)`/g));
    expect(named.sort()).toEqual(Object.keys(listed()).sort());
  });

  it('is told in docs/privacy.md, table by table, with how long each is kept', () => {
    const page = read('docs/privacy.md');
    const kept = new Map(
      [...page.matchAll(/^\| (`[^|]*`) \| [^|]+ \| ([^|]+) \| [^|]+ \|$/gm)].flatMap(
        ([, names = '', words = '']) => firstGroups(names, /`(\w+)`/g).map((name) => [name, words] as const),
      ),
    );
    expect([...kept.keys()].sort()).toEqual(Object.keys(listed()).sort());
    for (const [table, retention] of Object.entries(listed())) {
      const days =
        retention.by === 'day'
          ? [retention.days]
          : retention.by === 'index'
            ? retention.forgets.map((forgetting) => forgetting.days)
            : [];
      const numbers = (kept.get(table) ?? '').match(/\d+/g) ?? [];
      expect({ table, numbers: numbers.map(Number) }).toEqual({
        table,
        numbers: expect.arrayContaining(days),
      });
    }
  });

  it('names functions that there are, and a sweep for each', async () => {
    const names = Object.values(listed()).flatMap((one) =>
      one.by === 'index' ? one.forgets.map((forgetting) => forgetting.function) : [],
    );
    const { rows } = await db.admin.query<{ name: string }>(
      `SELECT proname AS name FROM pg_proc WHERE proname LIKE 'forget\\_%' ORDER BY 1`,
    );
    expect([...names].sort()).toEqual(rows.map(({ name }) => name));
    expect(sweeps().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });
});
