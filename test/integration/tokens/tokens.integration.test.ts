import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Config } from '../../../src/platform/config/config.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import {
  plainTokens,
  startTokens,
  storeInstall,
  tokenConfig,
  type TokenProcess,
} from '../../support/tokens.js';
import { until } from '../../support/until.js';
import { startHarness, type Harness } from '../sandbox/harness.js';

const WORKSPACE = '00000000-0000-4000-8000-000000000001';

let db: TestDatabase;
let hubspot: Harness;
let config: Config;
let processes: TokenProcess[];
let portalId = 500;
beforeAll(async () => {
  db = await createTestDatabase();
  hubspot = await startHarness();
  await db.admin.query(`INSERT INTO workspaces (id, name) VALUES ($1, 'ours')`, [WORKSPACE]);
});
afterAll(async () => {
  await hubspot.close();
  await db.drop();
});
beforeEach(async () => {
  portalId += 1;
  processes = [];
  config = tokenConfig(db.url, hubspot.url);
  await hubspot.control('DELETE', '/faults');
  await hubspot.control('PATCH', '/settings', { rotateRefreshTokens: false, tokenLifetimeSeconds: 1800 });
});
afterEach(async () => {
  await Promise.all(processes.map((one) => one.stop()));
});

function start(count = 1): TokenProcess[] {
  const started = Array.from({ length: count }, () => startTokens(config));
  processes.push(...started);
  return started;
}
const one = () => start()[0]!;

/** The app is installed, and its access token has so long to live. */
async function install(expiresInMs: number | null, process = processes[0] ?? one()) {
  await hubspot.control('POST', '/portals', { portalId });
  const { body } = await hubspot.control('POST', `/portals/${portalId}/install`, {});
  const { accessToken, refreshToken } = body as { accessToken: string; refreshToken: string };
  await storeInstall(process.pool, process.sealing, {
    workspaceId: WORKSPACE,
    portalId,
    accessToken,
    refreshToken,
    expiresInMs,
  });
  return { accessToken, refreshToken };
}

const row = async () =>
  (await db.admin.query('SELECT * FROM portals WHERE portal_id = $1', [portalId])).rows[0];
const fault = (plan: object) => hubspot.control('POST', '/faults', { target: 'oauth', portalId, ...plan });
const refreshes = async (): Promise<Record<string, number>> => {
  const { body } = await hubspot.control('GET', '/oauth/report');
  const mine = body.tokenCalls.perPortal[portalId] ?? {};
  return { calls: mine.refresh_token ?? 0, overlapping: mine.overlappingRefreshes ?? 0 };
};
/** Whether HubSpot takes it. */
const works = async (token: string): Promise<boolean> =>
  (
    await hubspot.ask(
      'POST',
      '/automation/actions/callbacks/2026-03/complete',
      { inputs: [] },
      { authorization: `Bearer ${token}` },
    )
  ).status === 204;

describe('a token that is fresh', () => {
  it('is read once for many callers, and used from memory', async () => {
    const [process] = [one()];
    const { accessToken } = await install(1_800_000);
    const got = await Promise.all(Array.from({ length: 20 }, () => process.tokens.accessToken(portalId)));
    expect(new Set(got.map(({ secret }) => secret.reveal()))).toEqual(new Set([accessToken]));
    // What is in memory is used although the row is another by now.
    await db.admin.query(`UPDATE portals SET access_token = 'v9' WHERE portal_id = $1`, [portalId]);
    expect((await process.tokens.accessToken(portalId)).secret.reveal()).toBe(accessToken);
    process.tokens.forget(portalId);
    await expect(process.tokens.accessToken(portalId)).rejects.toThrow(
      /form that this version does not know/,
    );
    expect((await refreshes()).calls).toBe(0);
  });

  it('is refreshed shortly before its end by whoever uses it, who does not wait', async () => {
    const process = one();
    const { accessToken } = await install(50_000);
    expect((await process.tokens.accessToken(portalId)).secret.reveal()).toBe(accessToken);
    const fresh = await until(
      'it is refreshed',
      async () => {
        const token = await process.tokens.accessToken(portalId);
        return token.version === 2 && token.secret.reveal();
      },
      5000,
    );
    expect(await works(fresh)).toBe(true);
    expect(await refreshes()).toEqual({ calls: 1, overlapping: 0 });
  });

  it('is used on while a refresh fails, until its end is there', async () => {
    const process = one();
    await fault({ kind: 'status', status: 503 });
    const { accessToken } = await install(50_000);
    for (let n = 0; n < 20; n += 1)
      expect((await process.tokens.accessToken(portalId)).secret.reveal()).toBe(accessToken);
    await until('the failure is noted', async () => (await row()).refresh_failures === 1, 5000);
    expect(await row()).toMatchObject({ refresh_error: 'transient: status 503', state: 'active' });
    expect((await process.tokens.accessToken(portalId)).secret.reveal()).toBe(accessToken);
  });
});

describe('a token that has ended', () => {
  it('is refreshed once for all callers of all processes', async () => {
    const all = start(5);
    await install(0);
    await fault({ kind: 'latency', latencyMs: 500 });
    const got = await Promise.all(
      all.flatMap((process) => Array.from({ length: 10 }, () => process.tokens.accessToken(portalId))),
    );
    expect(new Set(got.map(({ version }) => version))).toEqual(new Set([2]));
    expect(new Set(got.map(({ secret }) => secret.reveal())).size).toBe(1);
    expect(await refreshes()).toEqual({ calls: 1, overlapping: 0 });
  });

  it("ends by the database's clock, less what the call took", async () => {
    const process = one();
    await install(0);
    await fault({ kind: 'latency', latencyMs: 1500 });
    await process.tokens.accessToken(portalId);
    const { rows } = await db.admin.query(
      `SELECT extract(epoch FROM token_expires_at - refreshed_at)::float8 AS s FROM portals WHERE portal_id = $1`,
      [portalId],
    );
    expect(rows[0].s).toBeGreaterThan(1790);
    expect(rows[0].s).toBeLessThan(1798.6);
  });

  it('is told to be on its way when its refresh takes longer than the caller has', async () => {
    const process = one();
    await install(0);
    await fault({ kind: 'latency', latencyMs: 1200 });
    await expect(process.tokens.accessToken(portalId, { waitMs: 100 })).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterMs: 1000 },
    });
    expect((await process.tokens.accessToken(portalId)).version).toBe(2);
    expect((await refreshes()).calls).toBe(1);
  });

  it('is tried again with the same refresh token when the answer was lost', async () => {
    const process = one();
    await install(0);
    await fault({ kind: 'answerLost', count: 1 });
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({
      code: 'unavailable',
      details: { retryAfterMs: expect.any(Number) },
    });
    expect(await row()).toMatchObject({
      refresh_failures: 1,
      refresh_error: 'unknown: no_answer',
      token_version: 1,
    });
    await until(
      'it is refreshed',
      async () => (await process.tokens.accessToken(portalId)).version === 2,
      5000,
    );
    expect(await row()).toMatchObject({ refresh_failures: 0, refresh_error: null, refresh_not_before: null });
    expect((await refreshes()).calls).toBe(2);
  });

  it('is left alone for a while after a failure, by every process', async () => {
    const [first, second] = start(2);
    await install(0);
    await fault({ kind: 'status', status: 500 });
    await expect(first!.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'unavailable' });
    await db.admin.query(
      `UPDATE portals SET refresh_not_before = now() + interval '40 s' WHERE portal_id = $1`,
      [portalId],
    );
    for (const process of [first!, second!, second!]) {
      process.tokens.forget(portalId);
      const error = await process.tokens.accessToken(portalId).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'unavailable' });
      expect((error as { details: { retryAfterMs: number } }).details.retryAfterMs).toBeGreaterThan(30_000);
    }
    expect((await refreshes()).calls).toBe(1);
  });

  it('brings the new refresh token where HubSpot rotates it', async () => {
    await hubspot.control('PATCH', '/settings', {
      rotateRefreshTokens: true,
      rotationInvalidatesOldAfterMs: 0,
    });
    const process = one();
    await install(0);
    for (const version of [2, 3, 4]) {
      expect((await process.tokens.accessToken(portalId)).version).toBe(version);
      await db.admin.query('UPDATE portals SET token_expires_at = now() WHERE portal_id = $1', [portalId]);
      process.tokens.forget(portalId);
    }
    expect(await row()).toMatchObject({ state: 'active' });
  });
});

describe('a refresh token that was granted', () => {
  it.each([
    ['25006', 'the pool is still with a primary that is none any more'],
    ['53100', 'the disk is full'],
    ['53200', 'there is no memory'],
    ['53400', 'a limit is reached'],
    ['58030', 'a disk does not answer'],
    ['57P05', 'the session was idle'],
    ['25P03', 'the transaction was idle'],
    ['08P01', 'a pooler gave up'],
    ['XX000', 'nobody knows why'],
    ['42P05', 'a pooler shares sessions'],
    ['42501', 'a right was taken away'],
  ])('is kept until it is stored, though the database says %s: %s', async (code) => {
    await hubspot.control('PATCH', '/settings', {
      rotateRefreshTokens: true,
      rotationInvalidatesOldAfterMs: 0,
    });
    let refusals = 0;
    const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
    logger.warn = (message: unknown) => {
      if (String(message).startsWith('A new token could not be stored')) refusals += 1;
      return logger;
    };
    const process = startTokens(config, logger);
    processes.push(process);
    await install(0, process);
    await db.admin.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${code}'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE OF refresh_token ON portals FOR EACH ROW EXECUTE FUNCTION refuse()`,
    );
    try {
      const asked = process.tokens.accessToken(portalId);
      await until('it was refused twice', () => refusals >= 2, 10_000);
      await db.admin.query('DROP FUNCTION refuse CASCADE');
      expect((await asked).version).toBe(2);
    } finally {
      await db.admin.query('DROP FUNCTION IF EXISTS refuse CASCADE');
    }
    // The next one is asked for with what was stored.
    await db.admin.query('UPDATE portals SET token_expires_at = now() WHERE portal_id = $1', [portalId]);
    process.tokens.forget(portalId);
    expect((await process.tokens.accessToken(portalId)).version).toBe(3);
    expect(await row()).toMatchObject({ state: 'active' });
  });
});

describe('a refresh token that HubSpot refuses', () => {
  it('pauses the portal with the reason, tells its workspace, and is asked no more', async () => {
    const process = one();
    await install(0);
    await hubspot.control('POST', `/portals/${portalId}/uninstall`, {});
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('in need of a new authorisation: HubSpot refused the refresh token'),
    });
    expect(await row()).toMatchObject({ state: 'reauth_required', token_version: 1 });
    const { rows: notices } = await db.admin.query('SELECT kind, detail FROM notices WHERE portal_id = $1', [
      portalId,
    ]);
    expect(notices).toEqual([
      { kind: 'portal.reauth_required', detail: { reason: expect.stringMatching(/^BAD_/) } },
    ]);
    const { rows: audited } = await db.admin.query(
      'SELECT operation, actor FROM audit_entries WHERE portal_id = $1',
      [portalId],
    );
    expect(audited).toEqual([{ operation: 'portal.reauth_required', actor: 'hubspot' }]);
    expect(process.keeper).toContain(`notifyChanged ${portalId}`);
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'conflict' });
    expect((await refreshes()).calls).toBe(1);
  });

  it('goes on by itself once the app is installed anew', async () => {
    const [first, second] = start(2);
    await install(0);
    await hubspot.control('POST', `/portals/${portalId}/uninstall`, {});
    await expect(first!.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'conflict' });
    const { accessToken } = await install(1_800_000, second);
    for (const process of [first!, second!])
      expect((await process.tokens.accessToken(portalId)).secret.reveal()).toBe(accessToken);
  });

  it('is what a database that was restored from yesterday holds, where HubSpot rotates: the portal says what it needs', async () => {
    await hubspot.control('PATCH', '/settings', {
      rotateRefreshTokens: true,
      rotationInvalidatesOldAfterMs: 0,
    });
    const process = one();
    await install(0);
    const yesterday = await row();
    expect((await process.tokens.accessToken(portalId)).version).toBe(2);
    await db.admin.query(
      `UPDATE portals SET access_token = $2, refresh_token = $3, token_version = $4, token_expires_at = now() WHERE portal_id = $1`,
      [portalId, yesterday.access_token, yesterday.refresh_token, yesterday.token_version],
    );
    process.tokens.forget(portalId);
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'conflict' });
    expect(await row()).toMatchObject({ state: 'reauth_required' });
    expect((await refreshes()).calls).toBe(2);
  });

  it('does not pause a portal that was installed anew meanwhile', async () => {
    const [first, second] = start(2);
    await install(0);
    await fault({ kind: 'latency', latencyMs: 800 });
    await hubspot.control('POST', `/portals/${portalId}/uninstall`, {});
    const asked = first!.tokens.accessToken(portalId);
    await until('the refresh is out', async () => (await refreshes()).calls === 1, 5000, 10);
    const { accessToken } = await install(1_800_000, second);
    expect((await asked).secret.reveal()).toBe(accessToken);
    expect(await row()).toMatchObject({ state: 'active', token_version: 2, epoch: 2 });
  });

  it('never overwrites with what an older one gave', async () => {
    const [first, second] = start(2);
    await install(0);
    await fault({ kind: 'latency', latencyMs: 800 });
    const asked = first!.tokens.accessToken(portalId);
    await until('the refresh is out', async () => (await refreshes()).calls === 1, 5000, 10);
    const { accessToken } = await install(1_800_000, second);
    expect((await asked).secret.reveal()).toBe(accessToken);
    expect(first!.results).toEqual(['overtaken']);
    expect(await row()).toMatchObject({ token_version: 2, epoch: 2 });
  });

  it('because it is that of another app pauses no portal: whoever starts with the settings of another app loses none', async () => {
    const ours = one();
    await install(0);
    expect((await ours.tokens.accessToken(portalId)).version).toBe(2);
    await db.admin.query('UPDATE portals SET token_expires_at = now() WHERE portal_id = $1', [portalId]);
    const others = startTokens(tokenConfig(db.url, hubspot.url, { HUBSPOT_CLIENT_ID: 'another-app' }));
    processes.push(others);
    await fault({ kind: 'status', refusal: 'BAD_REFRESH_TOKEN', count: 1 });
    await expect(others.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await row()).toMatchObject({ state: 'active', refresh_error: 'configuration: OTHER_APP' });
    // It asks no more for a while, and makes nobody else wait: the portal's own processes go on at once.
    const { calls } = await refreshes();
    await expect(others.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await refreshes()).calls).toBe(calls);
    ours.tokens.forget(portalId);
    expect((await ours.tokens.accessToken(portalId)).version).toBe(3);
    expect(await row()).toMatchObject({ refresh_error: null, refresh_failures: 0 });
    // What the app itself is told is believed.
    await db.admin.query('UPDATE portals SET token_expires_at = now() WHERE portal_id = $1', [portalId]);
    await hubspot.control('POST', `/portals/${portalId}/uninstall`, {});
    ours.tokens.forget(portalId);
    await expect(ours.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'conflict' });
    expect(await row()).toMatchObject({ state: 'reauth_required' });
  });

  it('that is our own mistake alarms, and disconnects nobody', async () => {
    const process = one();
    await install(0);
    await fault({ kind: 'status', refusal: 'BAD_CLIENT_ID' });
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await row()).toMatchObject({ state: 'active', refresh_error: 'configuration: BAD_CLIENT_ID' });
  });
});

describe('401', () => {
  it('forces one refresh, of the token that was refused', async () => {
    const [first, second] = start(2);
    await install(1_800_000);
    await db.admin.query(`UPDATE portals SET refreshed_at = now() - interval '5 min' WHERE portal_id = $1`, [
      portalId,
    ]);
    const got = await Promise.all(
      [first!, first!, second!, second!].map((process) =>
        process.tokens.refreshNow(portalId, { ifVersion: 1 }),
      ),
    );
    expect(got.map(({ version }) => version)).toEqual([2, 2, 2, 2]);
    // Another one that was refused the old token finds the new one.
    expect((await second!.tokens.refreshNow(portalId, { ifVersion: 1 })).version).toBe(2);
    expect(await refreshes()).toEqual({ calls: 1, overlapping: 0 });
  });

  it('of a token that is new is no reason to get another one', async () => {
    const process = one();
    await install(1_800_000);
    await expect(process.tokens.refreshNow(portalId, { ifVersion: 1 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/granted \d+ s ago/),
    });
    expect((await refreshes()).calls).toBe(0);
  });
});

describe('a portal in use', () => {
  it('is noted now and then, and has a keeper', async () => {
    const process = one();
    await install(1_800_000);
    for (let n = 0; n < 10; n += 1) await process.tokens.accessToken(portalId);
    await until('its keeper was asked for', () => process.keeper.length > 0, 5000);
    expect(process.keeper).toEqual([`ensureRunning ${portalId}`]);
    const { used_at: usedAt } = await row();
    expect(usedAt).toBeInstanceOf(Date);
    await process.tokens.accessToken(portalId);
    expect((await row()).used_at).toEqual(usedAt);
  });
});

describe('a portal', () => {
  it.each([
    ['disconnected', 'conflict', /is disconnected/],
    ['reauth_required', 'conflict', /in need of a new authorisation: revoked/],
  ])('that is %s has no token', async (state, code, message) => {
    const process = one();
    await install(1_800_000);
    await db.admin.query(`UPDATE portals SET state = $2, state_reason = 'revoked' WHERE portal_id = $1`, [
      portalId,
      state,
    ]);
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('that is being disconnected can still tell HubSpot so, and refreshes for it', async () => {
    const process = one();
    await install(0);
    await db.admin.query(`UPDATE portals SET state = 'disconnecting' WHERE portal_id = $1`, [portalId]);
    expect((await process.tokens.accessToken(portalId)).version).toBe(2);
  });

  it("that nobody knows has none, and with a private app's token its own only", async () => {
    await expect(one().tokens.accessToken(404)).rejects.toMatchObject({ code: 'not_found' });
    const own = plainTokens(db.pool, { token: 'pat-1', portalId: 41 });
    expect((await own.accessToken(41)).secret.reveal()).toBe('pat-1');
    await expect(own.accessToken(42)).rejects.toMatchObject({ code: 'not_found' });
    await expect(own.refreshNow(41, { ifVersion: 0 })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('of a private app whose token has an end is not refreshed', async () => {
    const process = one();
    await storeInstall(process.pool, process.sealing, {
      workspaceId: WORKSPACE,
      portalId,
      accessToken: 't',
      refreshToken: null,
      expiresInMs: 0,
    });
    await expect(process.tokens.accessToken(portalId)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('has expired'),
    });
  });
});
