import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimPass, leavePass } from '../../../src/db/sync/passes.js';
import { claimSync, leaveSync } from '../../../src/db/sync/states.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { claimJournal, distrustJournal, journalStanding } from '../../../src/db/webhooks/journal.js';
import { createAppToken } from '../../../src/hubspot/journal/appToken.js';
import { createJournalClient } from '../../../src/hubspot/journal/journalClient.js';
import { createJournalFileReader } from '../../../src/hubspot/journal/journalFile.js';
import { createJournalPace } from '../../../src/hubspot/journal/journalPace.js';
import { createOAuth } from '../../../src/hubspot/oauth/oauth.js';
import { createTransport, type Transport } from '../../../src/hubspot/wire/transport.js';
import type { Config } from '../../../src/platform/config/config.js';
import { createLogger } from '../../../src/platform/logger.js';
import { AppError } from '../../../src/platform/errors.js';
import { createKeyedBackoff, type KeyedBackoff } from '../../../src/platform/keyedBackoff.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { Secret } from '../../../src/platform/secret.js';
import { followJournal, type JournalDependencies } from '../../../src/services/webhooks/followJournal.js';
import { createUninstalls } from '../../../src/services/webhooks/followUninstall.js';
import { createJournalInstruments } from '../../../src/services/webhooks/journalInstruments.js';
import { subscribeJournal } from '../../../src/services/webhooks/subscribeJournal.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { PORTAL, SECRET } from '../sandbox/harness.js';
import { startJournal, type JournalHarness } from '../sandbox/journalHarness.js';

const STRANGER = 49_000_001;
const silent = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let database: TestDatabase;
let journal: JournalHarness;
let transport: Transport;
let workspaceId: string;
let refusals: KeyedBackoff;
let now: number;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  journal = await startJournal();
  transport = createTransport(journal.url);
  workspaceId = randomUUID();
  now = 0;
  refusals = createKeyedBackoff({ firstMs: 1000, maxMs: 1000, now: () => now, random: () => 1 });
  await database.admin.query(
    'TRUNCATE sync_states, sync_passes, portals, webhook_events, webhook_reads, webhook_strays, webhook_counts, webhook_journal CASCADE',
  );
  await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [workspaceId, 'w']);
  await addPortal(PORTAL);
  await mirror('contacts', 'companies');
});
afterEach(async () => {
  await transport.close();
  await journal.close();
});

const addPortal = (portalId: number) =>
  database.admin.query(`INSERT INTO portals (portal_id, workspace_id, auth) VALUES ($1, $2, 'oauth')`, [
    ...[portalId, workspaceId],
  ]);
async function mirror(...types: string[]): Promise<void> {
  for (const type of types) {
    await database.admin.query(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type, cursor, loaded_at, due_at)
       VALUES ($1, $2, $3, '{"version": 1, "kind": "follow", "from": 1}', now(), now() + interval '1 hour')`,
      [workspaceId, PORTAL, type],
    );
    for (const pass of ['archived', 'associations', 'audit', 'settled'])
      await database.admin.query(
        `INSERT INTO sync_passes (workspace_id, portal_id, object_type, pass, due_at)
         VALUES ($1, $2, $3, $4, now() + interval '1 day')`,
        [workspaceId, PORTAL, type, pass],
      );
  }
}

function deps(over: Partial<JournalDependencies> = {}) {
  const settings = {
    HUBSPOT_API_BASE_URL: journal.url,
    HUBSPOT_API_VERSION: '2026-03',
    HUBSPOT_API_VERSIONS: {},
    HUBSPOT_CLIENT_ID: 'sandbox-client-id',
    HUBSPOT_CLIENT_SECRET: [new Secret(SECRET)],
    HUBSPOT_OAUTH_VERSION: '2026-03',
    WEBHOOKS_JOURNAL_FILE_HOSTS: 's3.amazonaws.com',
  } satisfies Partial<Config>;
  const metrics = createJournalInstruments(createMetrics('test', silent), () => Promise.resolve(undefined));
  const oauth = createOAuth({ transport, config: settings, logger: silent });
  return {
    ...{ pool: database.pool, owner: 'test', metrics, logger: silent },
    portals: createPortalResolver(database.pool),
    client: createJournalClient({
      ...{ transport, config: settings, logger: silent },
      ...{ token: createAppToken(oauth), pace: createJournalPace() },
    }),
    readFile: createJournalFileReader({ config: settings, maxBytes: 1024 * 1024 }),
    uninstalled: () => Promise.resolve(),
    ...over,
  };
}
/** One turn, until the journal is at its end. */
async function follow(given: JournalDependencies = deps()) {
  const atEnd = new AbortController();
  const client: JournalDependencies['client'] = {
    ...given.client,
    async entryBehind(offset) {
      const answer = await given.client.entryBehind(offset);
      if (answer.kind === 'end') atEnd.abort();
      return answer;
    },
  };
  const progress: unknown[] = [];
  const turn = await followJournal(
    { ...given, client },
    { signal: atEnd.signal, untilMs: Infinity, pollMs: 1, onProgress: (now) => progress.push(now) },
  );
  return { ...turn, progress };
}
const subscribe = (most = 50) =>
  subscribeJournal({ ...deps(), refusals }, { most, signal: new AbortController().signal });
const standing = async () => (await journalStanding(database.pool))!;
async function rows<T = Record<string, unknown>>(text: string): Promise<T[]> {
  return (await database.admin.query(text)).rows as T[];
}
const LOOKED_AT_AFTER_A_LOSS = ['archived', 'associations', 'audit'].map((pass) => ({ pass }));
const passesDue = () => rows('SELECT DISTINCT pass FROM sync_passes WHERE due_at <= now() ORDER BY 1');
const event = (over: Record<string, unknown> = {}) => ({
  ...{ type: 'crmObject', portalId: PORTAL, action: 'UPDATE', occurredAt: new Date().toISOString() },
  ...{ objectTypeId: '0-1', objectId: 51, propertyChanges: { firstname: 'Ada' } },
  ...over,
});
const publish = (...events: unknown[]) => journal.control('POST', '/journal/events', { events });
const reads = () => rows('SELECT object_type AS type, record_id::int AS id FROM webhook_reads ORDER BY 1, 2');

describe('the webhooks journal', () => {
  test('asks for each record that it names, once, whatever it tells of it, and begins at the first that there is', async () => {
    await publish(
      event(),
      event({ action: 'CREATE', objectId: 52 }),
      event({ propertyChanges: { city: 'Bern' } }),
    );
    await publish(
      event({
        ...{ type: 'association', action: 'ASSOCIATION_ADDED', objectTypeId: undefined, objectId: undefined },
        ...{ fromObjectTypeId: '0-1', fromObjectId: 53, toObjectTypeId: '0-2', toObjectId: 61 },
      }),
      event({ action: 'MERGE', objectId: 56, primaryObjectId: 54, mergedObjectIds: [55], newObjectId: 56 }),
    );
    expect(await follow()).toMatchObject({ ended: 'done', events: 5 });
    expect(await reads()).toEqual([
      { type: 'companies', id: 61 },
      ...[51, 52, 53, 54, 55, 56].map((id) => ({ type: 'contacts', id })),
    ]);
    expect(await rows('SELECT event, property FROM webhook_events')).toEqual(
      Array.from({ length: 5 }, () => ({ event: null, property: null })),
    );
  });

  test('moves on with its events or not at all, and who comes after goes on behind them: none is lost, none comes twice', async () => {
    await journal.settings({ journalEventsPerFile: 1 });
    await publish(event({ objectId: 51 }), event({ objectId: 52 }), event({ objectId: 53 }));
    let left = 2;
    const dying = deps({
      uninstalled: () => Promise.resolve(),
      metrics: {
        ...deps().metrics,
        file() {
          left -= 1;
          if (left === 0) throw new Error('the process has died');
        },
      },
    });
    await expect(follow(dying)).rejects.toThrow('the process has died');
    const { offset } = await standing();
    expect([await rows('SELECT FROM webhook_events'), offset]).toEqual([[{}, {}], expect.any(String)]);
    await database.admin.query("UPDATE webhook_journal SET holder = 'dead', lease_until = NULL");
    expect(await follow()).toMatchObject({ ended: 'done', files: 1, events: 1 });
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(3);
  });

  test('stores nothing of a file, nor its place, where one of its events cannot be stored now', async () => {
    await publish(event({ objectId: 51 }), event({ objectId: 52 }));
    await database.admin.query(`CREATE FUNCTION not_now() RETURNS trigger LANGUAGE plpgsql
      AS $$ BEGIN IF NEW.record_id = 52 THEN RAISE 'not now' USING ERRCODE = '55000'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER not_now BEFORE INSERT ON webhook_reads FOR EACH ROW EXECUTE FUNCTION not_now()`);
    try {
      await expect(follow()).rejects.toThrow('not now');
    } finally {
      await database.admin.query('DROP FUNCTION not_now CASCADE');
    }
    expect([await rows('SELECT FROM webhook_events'), (await standing()).offset]).toEqual([[], null]);
    await database.admin.query('UPDATE webhook_journal SET lease_until = NULL');
    await follow();
    expect(await rows('SELECT FROM webhook_events')).toHaveLength(2);
  });

  test('leaves out an event that the database never takes, and stores the others of its file', async () => {
    await publish(...Array.from({ length: 9 }, (_, n) => event({ objectId: 51 + n })));
    await database.admin.query('ALTER TABLE webhook_reads ADD CONSTRAINT not_54 CHECK (record_id <> 54)');
    try {
      expect(await follow()).toMatchObject({ ended: 'done', files: 1 });
    } finally {
      await database.admin.query('ALTER TABLE webhook_reads DROP CONSTRAINT not_54');
    }
    expect((await reads()).map(({ id }) => id)).toEqual([51, 52, 53, 55, 56, 57, 58, 59]);
  });

  test('is read by one process at a time: another one has no place, and one that stood still stores nothing any more', async () => {
    const first = (await claimJournal(database.pool, 'one'))!;
    expect(await follow()).toMatchObject({ ended: 'not_taken', events: 0 });
    await publish(event());
    await database.admin.query('UPDATE webhook_journal SET lease_until = NULL');
    let taken = false;
    const frozen = deps({
      async uninstalled() {
        await database.admin.query('UPDATE webhook_journal SET lease_until = NULL');
        taken = (await claimJournal(database.pool, 'two')) !== undefined;
      },
    });
    await publish({ ...event({ type: 'app_lifecycle_event', action: 'APP_UNINSTALL' }) });
    expect(await follow(frozen)).toMatchObject({ ended: 'lost' });
    expect([taken, first.takenOver, await rows('SELECT FROM webhook_events')]).toEqual([true, true, []]);
  });

  test("keeps events of portals that are nobody's apart, and those that it does not understand whole", async () => {
    await publish(
      event({ portalId: STRANGER }),
      event({ action: 'SNAPSHOT', objectId: 99 }),
      event({ objectTypeId: '0-99' }),
    );
    expect(await follow()).toMatchObject({ events: 3 });
    expect(await rows('SELECT portal_id::int AS portal, reason FROM webhook_strays')).toEqual([
      { portal: STRANGER, reason: 'unknown_portal' },
    ]);
    expect(await rows("SELECT event ->> 'action' AS action FROM webhook_events ORDER BY 1")).toEqual([
      { action: 'SNAPSHOT' },
      { action: 'UPDATE' },
    ]);
    expect(await reads()).toEqual([]);
  });

  test('takes a file of more events than a statement does in one transaction', async () => {
    await publish(...Array.from({ length: 2500 }, (_, n) => event({ objectId: 100 + n })));
    expect(await follow()).toMatchObject({ files: 1, events: 2500 });
    expect(await rows('SELECT FROM webhook_reads')).toHaveLength(2500);
  });

  test('tells its place with each step, and how far it is read', async () => {
    await publish(event());
    const { progress, offset } = await follow();
    expect(progress).toContainEqual({ offset, files: 1, events: 1 });
    expect(await standing()).toMatchObject({ offset, files: 1, events: 1, failures: 0, lastError: null });
    expect((await standing()).behindSeconds).toBeLessThan(5);
  });
});

describe('a file of the webhooks journal', () => {
  test.each([
    ['foreign', 'address', /public address by https/],
    ['oversized', 'too_large', /larger than/],
    ['redirected', 'redirect', /redirects are not followed/],
    ['expired', 'status_403', /403/],
    ['cut', 'unreadable_file', /cut off/],
  ])(
    'that is %s is not taken: nothing moves, it is said, and tried again later',
    async (kind, code, reason) => {
      await journal.settings({ journalFiles: kind });
      await publish(event());
      expect(await follow()).toMatchObject({ ended: 'failed', files: 0, nextInMs: 1000 });
      expect(await standing()).toMatchObject({ offset: null, failures: 1, errorCode: code });
      expect((await standing()).lastError).toMatch(reason);
      expect(await follow()).toMatchObject({ ended: 'failed', nextInMs: 2000 });
      await journal.settings({ journalFiles: 'sound' });
      expect(await follow()).toMatchObject({ ended: 'done', files: 1 });
      expect(await standing()).toMatchObject({ failures: 0, errorCode: null, lastError: null });
    },
  );

  test.each([
    ['https://s3.amazonaws.com.evil.example/x', 'host'],
    ['https://evil.example/s3.amazonaws.com', 'host'],
    ['http://s3.amazonaws.com/x', 'address'],
    ['https://s3.amazonaws.com:8443/x', 'address'],
    ['https://user:word@s3.amazonaws.com/x', 'address'],
    ['https://127.0.0.1/x', 'address'],
    ['file:///etc/passwd', 'address'],
    ['nothing', 'address'],
  ])('at %s is not asked for', async (address, code) => {
    expect(await deps().readFile(address)).toMatchObject({ kind: 'refused', code });
  });

  test('on a host whose name leads into a private network is not asked for, and by a pattern of hosts it is', async () => {
    const readFile = createJournalFileReader({
      config: {
        HUBSPOT_API_BASE_URL: journal.url,
        WEBHOOKS_JOURNAL_FILE_HOSTS: '*.s3.*.amazonaws.com, s3.*.com',
      },
      resolve: () => Promise.resolve([{ address: '10.0.0.7', family: 4 }]),
    });
    for (const host of ['a.b.s3.eu-central-1.amazonaws.com', 's3.example.com'])
      expect(await readFile(`https://${host}/x`)).toMatchObject({
        code: 'address',
        message: /private network/ as never,
      });
    expect(await readFile('https://s3.eu.example.com/x')).toMatchObject({ code: 'host' });
  });
});

describe('a file of the webhooks journal that cannot be read', () => {
  const TRIES = 12;
  beforeEach(() => journal.settings({ journalEventsPerFile: 1 }));
  /** Those that tell of these records are cut off. */
  function cutting(...ids: number[]): JournalDependencies['readFile'] {
    const { readFile } = deps();
    return async (url) => {
      const read = await readFile(url);
      const isCut = read.kind === 'read' && ids.some((id) => read.text.includes(`"objectId":${id}`));
      return isCut ? { ...read, text: read.text.slice(0, 10) } : read;
    };
  }

  test('while others can is passed over after its tries, loudly: the others go on, and what it told of is searched and audited', async () => {
    await subscribe();
    await subscribe();
    await publish(event({ objectId: 50 }));
    await follow();
    const before = await standing();
    await publish(event({ objectId: 51 }));
    await publish(event({ objectId: 52 }));
    await publish(event({ objectId: 53 }));
    const said: string[] = [];
    const logger = Object.assign(Object.create(silent) as typeof silent, {
      error: (message: string) => void said.push(message),
    });
    const given = deps({ logger, readFile: cutting(51, 52) });
    for (let tried = 1; tried < TRIES; tried += 1)
      expect(await follow(given)).toMatchObject({ ended: 'failed', files: 0 });
    expect(await standing()).toMatchObject({ offset: before.offset, setAside: 0 });
    expect(said).toEqual([]);
    expect(await follow(given)).toMatchObject({ ended: 'failed', files: 0 }); // the next one has tries of its own
    expect(await standing()).toMatchObject({ setAside: 1, lostFrom: before.readUntil, losses: 0 });
    for (let tried = 2; tried < TRIES; tried += 1) await follow(given);
    expect(await follow(given)).toMatchObject({ ended: 'done', files: 1 });
    expect(said).toEqual([0, 1].map(() => expect.stringMatching(/is passed over.*records erase/)));
    expect(await standing()).toMatchObject({ setAside: 2, failures: 0, errorCode: null });
    expect(await reads()).toEqual([50, 53].map((id) => ({ type: 'contacts', id })));
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await passesDue()).toEqual(LOOKED_AT_AFTER_A_LOSS);
  });

  test('may not be asked for by our settings holds the journal, loudly, and is never passed over: another one would not help', async () => {
    await publish(event({ objectId: 51 }));
    await publish(event({ objectId: 52 }));
    const { readFile } = deps();
    const said: string[] = [];
    const logger = Object.assign(Object.create(silent) as typeof silent, {
      error: (message: string) => void said.push(message),
    });
    let isFirst = true;
    const elsewhere = deps({
      logger,
      readFile: (...asked) => {
        if (!isFirst) return readFile(...asked);
        isFirst = false;
        return readFile('https://elsewhere.example/x');
      },
    });
    for (let tried = 0; tried < TRIES + 2; tried += 1) {
      isFirst = true;
      expect(await follow(elsewhere)).toMatchObject({ ended: 'failed', files: 0 });
    }
    expect(await standing()).toMatchObject({ setAside: 0, errorCode: 'host' });
    expect(said).toEqual(said.map(() => expect.stringMatching(/stands still until/)));
    expect(said).toHaveLength(TRIES + 2);
    // They were no tries of the file.
    expect(await follow(deps({ readFile: cutting(51) }))).toMatchObject({ ended: 'failed' });
    expect(await follow()).toMatchObject({ ended: 'done', files: 2 });
  });

  test('is too large is passed over at its second try: it will be no smaller', async () => {
    await publish(event({ objectId: 51, propertyChanges: { about: 'x'.repeat(2000) } }));
    await publish(event({ objectId: 52 }));
    const readFile = createJournalFileReader({
      config: { HUBSPOT_API_BASE_URL: journal.url, WEBHOOKS_JOURNAL_FILE_HOSTS: '' },
      maxBytes: 1000,
    });
    expect(await follow(deps({ readFile }))).toMatchObject({ ended: 'failed', files: 0 });
    expect(await standing()).toMatchObject({ errorCode: 'too_large', setAside: 0 });
    expect(await follow(deps({ readFile }))).toMatchObject({ ended: 'done', files: 1 });
    expect(await standing()).toMatchObject({ setAside: 1 });
  });

  test('is looked behind for seconds at most, so that its tries are counted also where nothing behind it answers', async () => {
    await publish(event({ objectId: 51 }));
    for (const objectId of [52, 53, 54]) await publish(event({ objectId }));
    const { readFile } = deps();
    const cut = cutting(51);
    const given = deps({ readFile: cut, lookMs: 100 });
    for (let tried = 1; tried < TRIES; tried += 1) await follow(given);
    const { rows: before } = await database.admin.query('SELECT file_tries AS n FROM webhook_journal');
    let looked = 0;
    const slow: JournalDependencies['readFile'] = async (url, { deadlineMs = 60_000 } = {}) => {
      const read = await cut(url);
      if (read.kind !== 'read' || read.text.length === 10) return read;
      looked += 1;
      await new Promise((resolve) => setTimeout(resolve, deadlineMs));
      return { kind: 'failed', code: 'timeout', message: 'It was not there in time' };
    };
    expect(await follow({ ...given, readFile: slow })).toMatchObject({ ended: 'failed' });
    expect(looked).toBe(1);
    expect([before, await rows('SELECT file_tries AS n FROM webhook_journal')]).toEqual([
      [{ n: TRIES - 1 }],
      [{ n: TRIES }],
    ]);
    expect(await follow({ ...given, readFile })).toMatchObject({ ended: 'done', files: 4 });
  });

  test('is audited of types that were searched by themselves meanwhile, for it stood still, and are told of again', async () => {
    await subscribe();
    await subscribe();
    await publish(event({ objectId: 50 }));
    await follow();
    await publish(event({ objectId: 51 }));
    await publish(event({ objectId: 52 }));
    const given = deps({ readFile: cutting(51) });
    for (let tried = 1; tried < TRIES; tried += 1) await follow(given);
    await database.admin.query("UPDATE webhook_journal SET asked_at = now() - interval '2 minutes'");
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await passesDue()).toEqual([]);
    expect(await follow(given)).toMatchObject({ ended: 'done', files: 1 });
    await subscribe();
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await passesDue()).toEqual(LOOKED_AT_AFTER_A_LOSS);
    // Once for each loss: what stands still later is searched, and no more than that.
    await database.admin.query("UPDATE sync_passes SET due_at = now() + interval '1 day'");
    await subscribe();
    await database.admin.query("UPDATE webhook_journal SET asked_at = now() - interval '2 minutes'");
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await distrustJournal(database.pool, 10)).toBe(0);
    expect(await passesDue()).toEqual([]);
  });

  test('is audited of types, too, that HubSpot is asked to tell no more of before anybody has looked', async () => {
    await subscribe();
    await subscribe();
    await publish(event({ objectId: 51 }));
    await publish(event({ objectId: 52 }));
    const given = deps({ readFile: cutting(51) });
    for (let tried = 1; tried <= TRIES; tried += 1) await follow(given);
    expect(await standing()).toMatchObject({ setAside: 1 });
    await database.admin.query('UPDATE sync_states SET paused_at = now()');
    await subscribe();
    expect(await rows('SELECT FROM sync_states WHERE told_since IS NOT NULL')).toEqual([]);
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await distrustJournal(database.pool, 10)).toBe(0);
    expect(await passesDue()).toEqual(LOOKED_AT_AFTER_A_LOSS);
  });

  test('is passed over where the database never takes what it tells of portals that are not connected', async () => {
    await publish(event({ portalId: STRANGER, objectId: 54 }));
    await publish(event({ objectId: 55 }));
    await database.admin.query('ALTER TABLE webhook_strays ADD CONSTRAINT not_54 CHECK (record_id <> 54)');
    try {
      for (let tried = 1; tried < TRIES; tried += 1) await follow();
      expect(await standing()).toMatchObject({ offset: null, errorCode: 'refused_file' });
      expect(await follow()).toMatchObject({ ended: 'done', files: 1 });
    } finally {
      await database.admin.query('ALTER TABLE webhook_strays DROP CONSTRAINT not_54');
    }
    expect(await standing()).toMatchObject({ setAside: 1, failures: 0 });
    expect(await reads()).toEqual([{ type: 'contacts', id: 55 }]);
  });

  test('is not to blame while none behind it can be read either, and holds up none where it is the last', async () => {
    await publish(event({ objectId: 51 }));
    const given = deps({ readFile: cutting(51, 52) });
    for (let tried = 0; tried < TRIES + 2; tried += 1)
      expect(await follow(given)).toMatchObject({ ended: 'failed' });
    await publish(event({ objectId: 52 }));
    expect(await follow(given)).toMatchObject({ ended: 'failed' });
    expect(await standing()).toMatchObject({ offset: null, setAside: 0 });
    expect(await follow()).toMatchObject({ ended: 'done', files: 2 });
    expect(await standing()).toMatchObject({ setAside: 0, failures: 0 });
    expect(await reads()).toEqual([51, 52].map((id) => ({ type: 'contacts', id })));
  });
});

describe('an offset that HubSpot does not know any more', () => {
  test('lets an audit that is under way come to its end, and has another one follow it', async () => {
    await mirror('deals');
    await database.admin.query(
      `INSERT INTO webhook_journal (id, lost_at) VALUES (1, now());
       UPDATE sync_states SET told_since = now() - interval '1 hour' WHERE object_type = 'deals';
       UPDATE sync_passes SET cursor = '{"version": 1}', began_at = now() - interval '1 hour'
        WHERE object_type = 'deals' AND pass = 'audit'`,
    );
    expect(await distrustJournal(database.pool, 10)).toBe(1);
    const deals = { workspaceId, portalId: PORTAL, objectType: 'deals' };
    /** One round of the audit, or its end; whether another one is due at once. */
    const audit = async () => {
      const { reader, cursor, dueAt } = (await claimPass(database.pool, deals, 'audit'))!;
      await leavePass(database.pool, reader, { isThrough: false, dueInMs: 0, dueAt });
      const again = (await claimPass(database.pool, deals, 'audit'))!;
      await leavePass(database.pool, again.reader, {
        ...{ isThrough: true, dueInMs: 3_600_000, dueAt: again.dueAt, cursor: null },
      });
      const [left] = await rows<{ due: boolean }>(
        `SELECT due_at <= now() AS due FROM sync_passes WHERE object_type = 'deals' AND pass = 'audit'`,
      );
      return { cursor, ...left };
    };
    expect(await audit()).toEqual({ cursor: { version: 1 }, due: true });
    expect(await audit()).toEqual({ cursor: null, due: false });
  });

  test('has the journal read from its beginning, and what it told of searched and audited, once, and loudly', async () => {
    await subscribe();
    await subscribe();
    await publish(event());
    await follow();
    expect(await rows('SELECT FROM sync_states WHERE told_since IS NOT NULL')).toHaveLength(2);
    const before = await standing();
    await journal.control('POST', '/journal/lose', {});
    await publish(event({ objectId: 77 }));
    const said: string[] = [];
    const logger = Object.assign(Object.create(silent) as typeof silent, {
      error: (message: string) => void said.push(message),
    });
    expect(await follow(deps({ logger }))).toMatchObject({ ended: 'done', files: 1 });
    expect(said).toEqual([expect.stringMatching(/does not know our place.*records erase/)]);
    expect(await standing()).toMatchObject({ losses: 1, lostFrom: before.readUntil });
    expect(await reads()).toContainEqual({ type: 'contacts', id: 77 });
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await distrustJournal(database.pool, 10)).toBe(0);
    expect(
      await rows(
        "SELECT DISTINCT object_type AS type FROM sync_states WHERE due_at < now() + interval '2 minutes'",
      ),
    ).toHaveLength(2);
    expect(await passesDue()).toEqual(LOOKED_AT_AFTER_A_LOSS);
    // Of contacts HubSpot tells erasures, too.
    expect(
      await rows(
        `SELECT object_type AS type, erasures_unsure_from AS since, erasures_unsure_until > now() + interval '29 days' AS long
           FROM sync_states WHERE erasures_unsure_until IS NOT NULL`,
      ),
    ).toEqual([{ type: 'contacts', since: before.readUntil, long: true }]);
  });
});

describe('types that the webhooks journal tells of', () => {
  const told = () =>
    rows('SELECT object_type AS type FROM sync_states WHERE told_since IS NOT NULL ORDER BY 1');
  const tells = async () => (await standing()).tells;

  test('are those that are mirrored: what is missing is subscribed to, what is too much is not any more', async () => {
    expect(await subscribe()).toMatchObject({ made: 2 + 2 + 1 + 2, told: 0 });
    expect(await subscribe()).toMatchObject({ made: 0, ended: 0, told: 2, polled: 0 });
    expect(await told()).toEqual([{ type: 'companies' }, { type: 'contacts' }]);
    await database.admin.query("UPDATE sync_states SET paused_at = now() WHERE object_type = 'companies'");
    expect(await subscribe()).toMatchObject({ ended: 2, told: 1 });
    expect(await told()).toEqual([{ type: 'contacts' }]);
    const { subscriptions } = await journal.shown();
    expect(subscriptions.map((one: { subscriptionType: string }) => one.subscriptionType).sort()).toEqual([
      ...['APP_LIFECYCLE_EVENT', 'APP_LIFECYCLE_EVENT', 'ASSOCIATION', 'GDPR_PRIVACY_DELETION', 'OBJECT'],
    ]);
  });

  test('leave alone what somebody else has subscribed the app to, and end where the app may have no more: the others are polled', async () => {
    await journal.subscribe({ objectTypeId: '0-3', actions: ['CREATE'] });
    expect(await subscribe(4)).toMatchObject({ made: 3, polled: 2 });
    expect(await subscribe(4)).toMatchObject({ made: 0, ended: 0, told: 1, polled: 1 });
    expect(await told()).toEqual([{ type: 'contacts' }]);
    expect(await standing()).toMatchObject({
      ...{ told: 1, polled: 1, others: 1 },
      refused: 'The app may have no more than 4 subscriptions: 1 types are searched',
    });
  });

  test('are fewer where HubSpot refuses a subscription: that is said, tried again later, and holds up none of the others', async () => {
    await addPortal(STRANGER);
    await mirror('deals', 'tickets', '2-77');
    await database.admin.query(
      `UPDATE sync_states SET portal_id = $1, started_at = now() - interval '1 day' WHERE object_type NOT IN ('contacts', 'companies')`,
      [STRANGER],
    );
    // HubSpot refuses all of the portal in which the app is not: none of it stands before the others.
    expect(await subscribe()).toMatchObject({ made: 7, refused: 6 });
    expect((await standing()).refused).toMatch(/forbidden \(403\)/);
    expect(await subscribe()).toMatchObject({ made: 0, refused: 0, told: 2 });
    now += 1001;
    expect(await subscribe()).toMatchObject({ made: 0, refused: 6 });
  });

  test('are subscribed to for so long at a time, since nothing is read meanwhile: the rest has the next round', async () => {
    const slow = deps();
    const client: JournalDependencies['client'] = {
      ...slow.client,
      async subscribe(body) {
        const answer = await slow.client.subscribe(body);
        await new Promise((resolve) => setTimeout(resolve, 60));
        return answer;
      },
    };
    const round = () =>
      subscribeJournal(
        { ...slow, client, refusals },
        { most: 50, signal: new AbortController().signal, roundMs: 150 },
      );
    const made: number[] = [];
    for (let n = 0; n < 10 && made.reduce((sum, one) => sum + one, 0) < 7; n += 1)
      made.push((await round())?.made ?? 0);
    expect(made.reduce((sum, one) => sum + one, 0)).toBe(7);
    expect(Math.max(...made)).toBeLessThan(4);
  });

  test('are searched each quarter of an hour, and each minute where it does not tell of them, or told of them a moment ago', async () => {
    await subscribe();
    await subscribe();
    await publish(event());
    await follow();
    const dueAfter = async (objectType: string) => {
      await database.admin.query('UPDATE sync_states SET due_at = now() WHERE object_type = $1', [
        objectType,
      ]);
      const claim = await claimSync(database.pool, { workspaceId, portalId: PORTAL, objectType });
      await leaveSync(database.pool, claim!.reader, { dueInMs: 60_000, toldDueInMs: 900_000 });
      const [due] = await rows<{ s: number }>(
        `SELECT round(extract(epoch FROM due_at - clock_timestamp()) / 60)::int AS s FROM sync_states WHERE object_type = '${objectType}'`,
      );
      return due!.s;
    };
    expect(await dueAfter('contacts')).toBe(1);
    await database.admin.query("UPDATE sync_states SET told_since = now() - interval '6 minutes'");
    expect(await dueAfter('contacts')).toBe(15);
    await database.admin.query("UPDATE sync_states SET told_since = NULL WHERE object_type = 'companies'");
    expect(await dueAfter('companies')).toBe(1);
    await database.admin.query("UPDATE webhook_journal SET read_until = now() - interval '6 minutes'");
    expect(await dueAfter('contacts')).toBe(1);
  });

  test('are searched by themselves again as soon as it stands still, and it is trusted only when it has told of values', async () => {
    await subscribe();
    await subscribe();
    await publish(event({ action: 'CREATE' }));
    await follow();
    expect(await tells()).toBe(false);
    await publish(event());
    await follow();
    expect(await tells()).toBe(true);
    expect(await distrustJournal(database.pool, 10)).toBe(0);
    await database.admin.query("UPDATE webhook_journal SET asked_at = now() - interval '2 minutes'");
    expect(await tells()).toBe(false);
    expect(await distrustJournal(database.pool, 10)).toBe(2);
    expect(await told()).toEqual([]);
    expect(await rows("SELECT FROM sync_states WHERE due_at < now() + interval '1 minute'")).toHaveLength(2);
  });
});

describe('the token of the app', () => {
  test('is asked for once for as long as it lasts, and anew when HubSpot refuses it', async () => {
    const given = deps();
    await follow(given);
    await follow(given);
    const issued = async () => (await journal.shown()).tokens as number;
    const before = await issued();
    await publish(event());
    await journal.control('POST', '/journal/revoke', {});
    expect(await follow(given)).toMatchObject({ ended: 'done', files: 1 });
    expect([before, await issued()]).toEqual([2, 1]);
  });

  test('that is refused is a failure that says so, and nothing else', async () => {
    await journal.settings({ clientCredentialsEnabled: false });
    expect(await follow()).toMatchObject({ ended: 'failed' });
    expect(await standing()).toMatchObject({
      errorCode: 'token',
      lastError: /BAD_GRANT_TYPE|unavailable/ as never,
    });
  });
});

describe('an uninstall that the webhooks journal tells of', () => {
  const HOUR_MS = 3_600_000;
  let asked: [number, { ifVersion: number }][];
  let told: number[];
  let counted: string[];
  const uninstalls = (refusal?: AppError) =>
    createUninstalls({
      ...{ pool: database.pool, portals: createPortalResolver(database.pool), logger: silent },
      tokens: {
        renew(portalId, options) {
          asked.push([portalId, options]);
          return refusal ? Promise.reject(refusal) : Promise.resolve();
        },
      },
      notify: (portalId) => Promise.resolve(void told.push(portalId)),
      metrics: { uninstalled: (result) => void counted.push(result) },
    });
  beforeEach(() => {
    [asked, told, counted] = [[], [], []];
  });
  const gone = new AppError('conflict', 'HubSpot refused the refresh token');

  test('is followed before its file is done with, and again where that has died: it does no harm', async () => {
    const seen: number[] = [];
    await publish(event({ type: 'app_lifecycle_event', action: 'APP_UNINSTALL', objectTypeId: undefined }));
    await follow(deps({ uninstalled: ({ portalId }) => Promise.resolve(void seen.push(portalId)) }));
    expect(seen).toEqual([PORTAL]);
    expect(await rows('SELECT subscription_type AS type, reads::int FROM webhook_events')).toEqual([
      { type: 'journal.APP_UNINSTALL', reads: 0 },
    ]);
  });

  test('that HubSpot does not answer for in time holds up neither those beside it nor its file', async () => {
    const seen: number[] = [];
    const portals = [PORTAL, STRANGER, STRANGER + 1, STRANGER + 2, STRANGER + 3, STRANGER + 4];
    await publish(
      ...portals.map((portalId) =>
        event({ type: 'app_lifecycle_event', action: 'APP_UNINSTALL', objectTypeId: undefined, portalId }),
      ),
      event(),
    );
    const uninstalled = ({ portalId }: { portalId: number }) => {
      seen.push(portalId);
      return portalId === PORTAL ? new Promise<void>(() => undefined) : Promise.resolve();
    };
    expect(await follow(deps({ uninstalled, uninstallsMs: 200 }))).toMatchObject({ ended: 'done', files: 1 });
    expect(seen.sort()).toEqual(portals);
    expect(await reads()).toEqual([{ type: 'contacts', id: 51 }]);
  });

  test('has the token refreshed at once, and the refusal is what stops the portal', async () => {
    await uninstalls(gone)({ portalId: PORTAL, occurredAtMs: Date.now() });
    expect([asked, told, counted]).toEqual([[[PORTAL, { ifVersion: 0 }]], [PORTAL], ['believed']]);
  });

  test('changes nothing when it is older than the install that there is, or comes again after one: HubSpot is not even asked', async () => {
    await uninstalls(gone)({ portalId: PORTAL, occurredAtMs: Date.now() - HOUR_MS });
    await database.admin.query("UPDATE portals SET state = 'reauth_required'");
    await uninstalls(gone)({ portalId: PORTAL, occurredAtMs: Date.now() });
    await uninstalls(gone)({ portalId: STRANGER, occurredAtMs: Date.now() });
    await database.admin.query("UPDATE portals SET state = 'active', auth = 'private_app'");
    await uninstalls(gone)({ portalId: PORTAL, occurredAtMs: null });
    expect([asked, told, counted]).toEqual([[], [], Array.from({ length: 4 }, () => 'stale')]);
  });

  test('is not believed where HubSpot refreshes the token, or cannot be asked just now', async () => {
    await uninstalls()({ portalId: PORTAL, occurredAtMs: Date.now() });
    await uninstalls(new AppError('unavailable', 'later'))({ portalId: PORTAL, occurredAtMs: Date.now() });
    expect([told, counted]).toEqual([[], ['stale', 'undecided']]);
  });
});
