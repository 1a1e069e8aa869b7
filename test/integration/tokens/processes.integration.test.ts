import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTokenLocks, type TokenLocks } from '../../../src/db/tokens/tokenLocks.js';
import { createLogger } from '../../../src/platform/logger.js';
import { Secret } from '../../../src/platform/secret.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { createProcess, type ProcessHandle } from '../../support/process.js';
import { testKey } from '../../support/sealing.js';
import { startTokens, storeInstall, tokenConfig } from '../../support/tokens.js';
import { until } from '../../support/until.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const WORKSPACE = '00000000-0000-4000-8000-000000000001';
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
  await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours')`, [WORKSPACE]);
});
afterAll(() => db.drop());

const sessions = async (): Promise<number> =>
  (
    await db.admin.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'sluice-token-locks' AND datname = current_database()`,
    )
  ).rows[0].n as number;

describe('several processes', () => {
  let hubspot: Harness;
  let processes: ProcessHandle[];
  beforeEach(async () => {
    hubspot = await startHarness();
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-tokens-'));
    processes = [1, 2, 3].map((n) =>
      createProcess({
        name: `tokens ${n}`,
        script: 'test/support/tokenProcess.ts',
        env: {
          NODE_ENV: 'test',
          DATABASE_URL: db.url.reveal(),
          HUBSPOT_APP_ID: '77',
          HUBSPOT_CLIENT_ID: 'sandbox-client-id',
          HUBSPOT_CLIENT_SECRET: 'a-secret-of-the-app',
          HUBSPOT_API_BASE_URL: hubspot.url,
          ENCRYPTION_KEYS: `test:${testKey('test').key.reveal()}`,
        },
        log: path.join(folder, `${n}.log`),
      }),
    );
    for (const one of processes) one.start();
    await Promise.all(processes.map((one) => one.waitReady()));
  }, 60_000);
  afterEach(async () => {
    await Promise.all(processes.map((one) => one.kill()));
    await hubspot.close();
  });

  async function install(portalId: number) {
    const own = startTokens(tokenConfig(db.url, hubspot.url));
    await hubspot.control('POST', '/portals', { portalId });
    const { body } = await hubspot.control('POST', `/portals/${portalId}/install`, {});
    await storeInstall(own.pool, own.sealing, {
      workspaceId: WORKSPACE,
      portalId,
      accessToken: body.accessToken as string,
      refreshToken: body.refreshToken as string,
      expiresInMs: 0,
    });
    await own.stop();
  }
  const ask = async (one: ProcessHandle, portal: number, callers: number) =>
    (await (await fetch(`${one.url}/ask?portal=${portal}&callers=${callers}`)).json()) as string[];
  const report = async (portal: number) =>
    (await hubspot.control('GET', '/oauth/report')).body.tokenCalls.perPortal[portal] as
      Record<string, number> | undefined;

  it('with 50 callers refresh a token once', async () => {
    await install(1);
    await hubspot.control('POST', '/faults', { target: 'oauth', kind: 'latency', latencyMs: 700 });
    const got = await Promise.all([17, 17, 16].map((callers, n) => ask(processes[n]!, 1, callers)));
    expect(new Set(got.flat())).toEqual(new Set(['version 2']));
    expect(await report(1)).toMatchObject({ refresh_token: 1, overlappingRefreshes: 0 });
  }, 60_000);

  it('take over from one that was killed while its refresh was out', async () => {
    await install(2);
    await hubspot.control('POST', '/faults', {
      target: 'oauth',
      kind: 'latency',
      latencyMs: 60_000,
      count: 1,
    });
    const lost = ask(processes[0]!, 2, 1).catch(() => ['killed']);
    await until('its refresh is out', async () => (await report(2))?.refresh_token === 1, 10_000);
    const waiting = ask(processes[1]!, 2, 5);
    await processes[0]!.kill();
    expect(await lost).toEqual(['killed']);
    expect(new Set(await waiting)).toEqual(new Set(['version 2']));
    expect(await report(2)).toMatchObject({ refresh_token: 2 });
  }, 60_000);

  it('wait for one that is slow, and do not begin a second refresh', async () => {
    await install(3);
    await hubspot.control('POST', '/faults', { target: 'oauth', kind: 'latency', latencyMs: 6000, count: 1 });
    const first = ask(processes[0]!, 3, 1);
    await until('its refresh is out', async () => (await report(3))?.refresh_token === 1, 10_000);
    const others = await Promise.all([first, ask(processes[1]!, 3, 5), ask(processes[2]!, 3, 5)]);
    expect(new Set(others.flat())).toEqual(new Set(['version 2']));
    expect(await report(3)).toMatchObject({ refresh_token: 1, overlappingRefreshes: 0 });
    // All of them on one connection each, however many portals.
    expect(await sessions()).toBeLessThanOrEqual(3);
  }, 60_000);
});

describe('the locks', () => {
  let locks: TokenLocks[];
  beforeEach(async () => {
    locks = [1, 2].map(() => createTokenLocks({ DATABASE_URL: db.url }, logger));
    await db.admin.query('DELETE FROM portals');
    await db.admin.query(
      `INSERT INTO portals (portal_id, workspace_id, token_version) SELECT n, $1, 1 FROM generate_series(1, 1200) n`,
      [WORKSPACE],
    );
  });
  afterEach(() => Promise.all(locks.map((one) => one.stop())));

  it('of more than a thousand portals are held by one connection', async () => {
    const [mine] = locks;
    const claims = await Promise.all(Array.from({ length: 1200 }, (_, n) => mine!.claim(n + 1, 1)));
    expect(new Set(claims)).toEqual(new Set(['claimed']));
    expect(await sessions()).toBe(1);
    expect(mine!.holds(1200)).toBe(true);
  });

  it('go to the next one when they are let go, and to nobody when the version has changed', async () => {
    const [mine, theirs] = locks;
    expect(await mine!.claim(1, 1)).toBe('claimed');
    let settled: string | undefined;
    const waiting = theirs!.claim(1, 1).then((result) => (settled = result));
    const changed = theirs!.claim(2, 0);
    expect(await changed).toBe('changed');
    expect([settled, theirs!.holds(1)]).toEqual([undefined, false]);
    mine!.release(1);
    expect(await waiting).toBe('claimed');
    expect([mine!.holds(1), theirs!.holds(1)]).toEqual([false, true]);
  });

  it('are told of a version that changed while they waited', async () => {
    const [mine, theirs] = locks;
    await mine!.claim(1, 1);
    const waiting = theirs!.claim(1, 1);
    await db.admin.query('UPDATE portals SET token_version = 2 WHERE portal_id = 1');
    expect(await waiting).toBe('changed');
    expect(mine!.holds(1)).toBe(true);
  });

  it('are lost with their connection, which is noticed, and can be had again', async () => {
    const [mine, theirs] = locks;
    await mine!.claim(1, 1);
    const waiting = theirs!.claim(1, 1);
    await db.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database
        WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid() AND datname = current_database()`,
    );
    await until('it is noticed', () => !mine!.holds(1), 5000);
    expect(await waiting).toBe('claimed');
    theirs!.release(1);
    expect(await mine!.claim(1, 1)).toBe('claimed');
  });

  it('are waited for no longer than the caller wants, and then left to others', async () => {
    const [mine, theirs] = locks;
    await mine!.claim(1, 1);
    const late = new AbortController();
    const waiting = theirs!.claim(1, 1, late.signal);
    late.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    mine!.release(1);
    expect(await mine!.claim(1, 1)).toBe('claimed');
  });

  it('cannot be had while the database is away, which is said at once', async () => {
    const [mine] = locks;
    await mine!.stop();
    await expect(mine!.claim(1, 1)).rejects.toMatchObject({ code: 'unavailable' });
    const nobody = createTokenLocks({ DATABASE_URL: new Secret('postgresql://x:y@127.0.0.1:1/z') }, logger);
    await expect(nobody.claim(1, 1)).rejects.toMatchObject({ code: 'unavailable' });
    await nobody.stop();
  });

  it('outlive any time-out while their process lives, and end when it stands still', async () => {
    const start = (heartbeatMs: number) =>
      createTokenLocks({ DATABASE_URL: db.url }, logger, { heartbeatMs, sessionTimeoutMs: 400, sureMs: 200 });
    const [alive, still] = [start(50), start(3_600_000)];
    locks.push(alive, still);
    await Promise.all([alive.claim(1, 1), still.claim(2, 1)]);
    const [first, second] = [locks[0]!.claim(1, 1), locks[0]!.claim(2, 1)];
    // Postgres ends the session that says nothing, and its lock is the next one's.
    expect(await second).toBe('claimed');
    expect(still.holds(2)).toBe(false);
    expect(alive.holds(1)).toBe(true);
    alive.release(1);
    expect(await first).toBe('claimed');
  });

  it('are not relied on any more before Postgres may have ended them', async () => {
    const quiet = createTokenLocks({ DATABASE_URL: db.url }, logger, {
      heartbeatMs: 3_600_000,
      sessionTimeoutMs: 60_000,
      sureMs: 150,
    });
    locks.push(quiet);
    await quiet.claim(1, 1);
    expect(quiet.holds(1)).toBe(true);
    await until('it is not sure any more', () => !quiet.holds(1), 2000, 10);
    expect(await sessions()).toBe(1); // although it has the lock still
  });
});
