import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runCli } from '../../../src/cli/program.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import { endLaneLocally } from '../../../src/db/throttle/portalLanes.js';
import { finishDisconnect } from '../../../src/db/portals/disconnectPortal.js';
import { releasePortal } from '../../../src/db/portals/takeOverPortal.js';
import { callsFor, LIMITS, seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE, startApi } from '../http/harness.js';
import { Browser, PORTAL, startInstalls, textOf, type Installs } from './harness.js';

const OTHER_PORTAL = 777;

let hub: Installs;
beforeEach(async () => {
  hub = await startInstalls({ PORTALS_PER_WORKSPACE: '2' });
  await hub.control('POST', '/portals', { portalId: OTHER_PORTAL, name: 'Other' });
});
afterEach(() => hub.close());

const tokenOf = async (portalId: number) =>
  (await hub.control<{ accessToken: string }>('POST', `/portals/${portalId}/install`, {})).accessToken;
const portals = () =>
  hub.rows(
    'SELECT portal_id, workspace_id, state, verified_at IS NOT NULL AS verified FROM portals ORDER BY 1',
  );
const connect = (portalId: number, accessToken: string, client = hub.api.api) =>
  client.post<{ detail?: string; errors?: { path: string }[] }>('/api/portals', { portalId, accessToken });

describe('a token', () => {
  it("is stored when HubSpot says that it is this portal's, with the account's time zone", async () => {
    await hub.control('POST', '/portals', { portalId: PORTAL, timeZone: 'Europe/Dublin' });
    const answer = await connect(PORTAL, await tokenOf(PORTAL));
    expect(answer).toMatchObject({ status: 201, body: { timeZone: 'Europe/Dublin' } });
    expect(await portals()).toEqual([
      { portal_id: String(PORTAL), workspace_id: WORKSPACE, state: 'active', verified: true },
    ]);
    const shown = await hub.api.api.get<{ verifiedAt: string }>(`/api/portals/${PORTAL}`);
    expect(shown.body.verifiedAt).toMatch(/^2/);
  });

  it.each([
    [
      'of another portal',
      () => tokenOf(OTHER_PORTAL),
      `This token is of account ${OTHER_PORTAL}, not of ${PORTAL}`,
    ],
    ['that was invented', () => Promise.resolve('bogus-token-1234'), 'HubSpot refuses this token (401)'],
  ])('%s is refused, and nothing is stored', async (_, token, reason) => {
    const answer = await connect(PORTAL, await token());
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'accessToken' }] } });
    expect(answer.body.detail).toContain(reason);
    expect(answer.body.detail).toContain('Nothing was stored');
    expect(await portals()).toEqual([]);
  });

  it('is not taken, and nothing is stored, while HubSpot cannot be asked', async () => {
    const broken = createServer((_, response) => void response.writeHead(502).end('<html>'));
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
    const away = await startApi(
      {},
      { HUBSPOT_API_BASE_URL: `http://127.0.0.1:${(broken.address() as AddressInfo).port}` },
    );
    try {
      for (const ask of ['answers with an error', 'does not answer at all']) {
        const answer = await away.api.post('/api/portals', { portalId: 1, accessToken: 'token-token' });
        expect([ask, answer.status]).toEqual([ask, 503]);
        broken.closeAllConnections();
        broken.close();
      }
      expect((await away.database.admin.query('SELECT 1 FROM portals')).rows).toEqual([]);
    } finally {
      await away.close();
    }
  });

  it('is asked about once more by the install that follows: one of another account pauses its portal', async () => {
    const { settleVerification } = await import('../../../src/db/portals/settleVerification.js');
    await connect(PORTAL, await tokenOf(PORTAL));
    await hub.rows('UPDATE portals SET verified_at = NULL');
    const portal = { workspaceId: WORKSPACE, portalId: PORTAL };
    await settleVerification(hub.api.database.pool, { ...portal, account: PORTAL });
    expect(await portals()).toMatchObject([{ state: 'active', verified: true }]);
    await settleVerification(hub.api.database.pool, { ...portal, account: OTHER_PORTAL });
    expect(await portals()).toMatchObject([{ state: 'reauth_required', verified: false }]);
    expect(await hub.rows(`SELECT kind, detail FROM notices WHERE kind = 'portal.reauth_required'`)).toEqual([
      { kind: 'portal.reauth_required', detail: { reason: 'other_account' } },
    ]);
  });
});

describe('a workspace', () => {
  it('has no more portals than it may have; one that it has disconnected does not count', async () => {
    await hub.control('POST', '/portals', { portalId: 778, name: 'Third' });
    for (const portalId of [PORTAL, OTHER_PORTAL])
      expect((await connect(portalId, await tokenOf(portalId))).status).toBe(201);
    const refused = await connect(778, await tokenOf(778));
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toContain('PORTALS_PER_WORKSPACE');
    const page = await hub.install(new Browser(), {}, { portalId: 778 });
    expect(textOf(page.text)).toContain('as many portals as it may have');
    // A new token for one that it has is no further portal.
    expect((await connect(PORTAL, await tokenOf(PORTAL))).status).toBe(201);
    await hub.rows(`UPDATE portals SET state = 'disconnected' WHERE portal_id = $1`, [OTHER_PORTAL]);
    expect((await connect(778, await tokenOf(778))).status).toBe(201);
  });
});

describe('an install in an account that another workspace has', () => {
  const squat = async (verified: boolean, state = 'active') => {
    const laneId = await seedLane(hub.api.database.admin, { portalId: PORTAL, limit: 5, intervalMs: 60_000 });
    await hub.rows(
      `UPDATE portals SET access_token = 'v2.bogus', verified_at = CASE WHEN $1 THEN now() END, state = $2 WHERE portal_id = $3`,
      [verified, state, PORTAL],
    );
    return laneId;
  };
  /** What the workflow of a disconnect does where there is no token. */
  const disconnectWhenAsked = async (laneId: string) => {
    const { pool } = hub.api.database;
    await until(
      'the disconnect is started',
      () => hub.api.controlCalls.some((call) => call.startsWith('disconnect')),
      10_000,
    );
    const [row] = await hub.rows('SELECT epoch, access_token FROM portals');
    expect(row?.access_token).toBeNull(); // it may be anybody's
    const portal = { workspaceId: WORKSPACE, portalId: PORTAL, epoch: row?.epoch as number };
    while ((await endLaneLocally(pool, { ...portal, laneId, reason: 'The portal was disconnected' })) > 0);
    const detail = { revoked: 'nothing', uninstalled: 'nothing', endedLocally: 1, reason: 'Disconnected' };
    await finishDisconnect(pool, portal, detail);
  };
  const install = async () => {
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    const browser = new Browser();
    const opened = await browser.begin(await hub.link({}, theirs));
    return browser.get(await hub.click(opened.location ?? ''));
  };
  const entries = () =>
    hub.rows(
      `SELECT workspace_id, operation, subject->>'step' AS step FROM audit_entries WHERE operation LIKE 'portal.take%' ORDER BY at`,
    );

  it('and never proved to hold: takes it over, after what waited there has ended, on the record of both', async () => {
    const laneId = await squat(false);
    const { pool } = hub.api.database;
    const [{ key } = {}] = await hub.rows('SELECT key FROM lanes');
    await intakeExecutions(pool, callsFor(laneId, 3, PORTAL), LIMITS);
    const [page] = await Promise.all([install(), disconnectWhenAsked(laneId)]);
    expect(textOf(page.text)).toContain('Your HubSpot account is connected');
    expect(await portals()).toEqual([
      { portal_id: String(PORTAL), workspace_id: OTHER_WORKSPACE, state: 'active', verified: true },
    ]);
    expect(await hub.rows('SELECT DISTINCT state, workspace_id FROM execution_history')).toEqual([
      { state: 'cancelled', workspace_id: WORKSPACE },
    ]);
    const both = (step: string) =>
      [
        { workspace_id: WORKSPACE, operation: 'portal.taken', step },
        { workspace_id: OTHER_WORKSPACE, operation: 'portal.take', step },
      ].sort((a, b) => (a.workspace_id < b.workspace_id ? -1 : 1));
    expect(await entries()).toEqual([...both('begun'), ...both('done')]);
    // Its workflows' calls are the new holder's from now on, in a lane of its own under the same key.
    const theirs = { portalId: PORTAL, workspaceId: OTHER_WORKSPACE, limit: 5, intervalMs: 60_000 };
    const lane = await seedLane(hub.api.database.admin, theirs);
    await hub.rows('UPDATE lanes SET key = $1 WHERE id = $2', [key, lane]);
    const calls = callsFor(lane, 3, PORTAL).map((call) => ({ ...call, workspaceId: OTHER_WORKSPACE }));
    expect(await intakeExecutions(pool, calls, LIMITS)).toMatchObject([{}, {}, {}]);
    // The former holder sees nothing of it.
    expect((await hub.api.api.get(`/api/portals/${PORTAL}`)).status).toBe(404);
  });

  it('and has disconnected: takes it over at once', async () => {
    await squat(true, 'disconnected');
    expect(textOf((await install()).text)).toContain('Your HubSpot account is connected');
    expect(await portals()).toMatchObject([{ workspace_id: OTHER_WORKSPACE, state: 'active' }]);
    expect(await entries()).toHaveLength(2);
  });

  it.each(['active', 'reauth_required'])('and has proved to hold (%s): leaves it there', async (state) => {
    await squat(true, state);
    const page = await install();
    expect(page.status).toBe(409);
    expect(textOf(page.text)).toContain('This HubSpot account cannot be connected here');
    expect(await portals()).toMatchObject([{ workspace_id: WORKSPACE, state, verified: true }]);
    expect(await entries()).toEqual([]);
  });

  it('is not helped by a token: that proves no install', async () => {
    await squat(false);
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    expect((await connect(PORTAL, await tokenOf(PORTAL), theirs)).status).toBe(409);
    expect(await portals()).toMatchObject([{ workspace_id: WORKSPACE }]);
  });

  it("cannot be forced by the application's login, nor for a workspace that its transaction does not name", async () => {
    await squat(true);
    const { pool } = hub.api.database;
    const taker = { workspaceId: OTHER_WORKSPACE, portalId: PORTAL, actor: 'test', force: true };
    expect(await releasePortal(pool, taker)).toEqual({ kind: 'held' });
    await expect(
      pool.query('SELECT release_portal($1, $2, false)', [PORTAL, OTHER_WORKSPACE]),
    ).rejects.toMatchObject({ code: '42501' });
  });

  it('can be had from the operator: sluice portals move', async () => {
    const laneId = await squat(true);
    const { database } = hub.api;
    const run = async (...args: string[]) => {
      const seen = { out: '', err: '' };
      const code = await runCli(['portals', 'move', '--yes', ...args], {
        out: (text) => void (seen.out += text),
        err: (text) => void (seen.err += text),
        env: { DATABASE_URL: database.url.reveal(), DATABASE_ADMIN_URL: database.adminUrl.reveal() },
        cwd: '/',
      });
      return { code, ...seen };
    };
    expect(await run(String(PORTAL), '--to', '00000000-0000-4000-8000-00000000000f')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no workspace'),
    });
    const before = await portals();
    expect(await run(String(PORTAL), '--to', OTHER_WORKSPACE, '--dry-run')).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        new RegExp(`^Gives portal ${PORTAL} to workspace ${OTHER_WORKSPACE} .*\\n.* in workspace `),
      ),
    });
    expect(await portals()).toEqual(before);
    const moving = run(String(PORTAL), '--to', OTHER_WORKSPACE);
    await until(
      'it is being disconnected',
      async () => (await portals())[0]?.state === 'disconnecting',
      10_000,
    );
    const [row] = await hub.rows('SELECT epoch, access_token FROM portals');
    expect(row?.access_token).toBe('v2.bogus'); // it was proved, so HubSpot can be told
    const portal = { workspaceId: WORKSPACE, portalId: PORTAL, epoch: row?.epoch as number };
    await endLaneLocally(database.pool, { ...portal, laneId, reason: 'x' });
    const detail = { revoked: 'nothing', uninstalled: 'nothing', endedLocally: 0, reason: 'Disconnected' };
    await finishDisconnect(database.pool, portal, detail);
    expect(await moving).toMatchObject({ code: 0, out: expect.stringContaining('Connect it there') });
    expect(await portals()).toMatchObject([{ workspace_id: OTHER_WORKSPACE, state: 'disconnected' }]);
  });
});
