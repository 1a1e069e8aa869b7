import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createInstallActivities,
  type InstallActivities,
} from '../../../src/activities/portals/installActivities.js';
import { createPortalSweep } from '../../../src/activities/portals/portalSweep.js';
import { createDataKeys } from '../../../src/db/secrets/dataKeys.js';
import { createOAuth } from '../../../src/hubspot/oauth/oauth.js';
import type { Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { createSealing } from '../../../src/secrets/sealing.js';
import { createTransport } from '../../../src/hubspot/wire/transport.js';
import { createLogger } from '../../../src/platform/logger.js';
import type { PortalEpoch } from '../../../src/domain/portals/portal.js';
import { Secret } from '../../../src/platform/secret.js';
import { WORKSPACE } from '../../support/throttle.js';
import { startTokens, tokenConfig } from '../../support/tokens.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { Browser, PORTAL, startInstalls, type Installs } from './harness.js';

const API = '/api/integrations/hubspot';
const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');

let hub: Installs;
let activities: InstallActivities;
let asked: string[];
let notified: number[];
let answer: Outcome;
let closeTransport: () => Promise<void>;
beforeEach(async () => {
  hub = await startInstalls();
  await hub.install(new Browser());
  asked = [];
  notified = [];
  answer = { kind: 'ok', status: 204, body: undefined };
  const { pool } = hub.api.database;
  const transport = createTransport(hub.sandbox.url);
  closeTransport = () => transport.close();
  const keys = [{ id: 'dev', key: new Secret(Buffer.alloc(32, 7).toString('base64')) }];
  activities = createInstallActivities({
    pool,
    gateway: {
      request: ({ resource }) => {
        asked.push(resource);
        return Promise.resolve(answer);
      },
    },
    oauth: createOAuth({
      transport,
      config: {
        HUBSPOT_CLIENT_ID: 'client',
        HUBSPOT_CLIENT_SECRET: [new Secret('secret')],
        HUBSPOT_OAUTH_VERSION: '2026-03',
      },
      logger,
    }),
    sealing: createSealing(keys, createDataKeys(pool)),
    tokens: { forget: () => undefined },
    keeper: { notifyChanged: async (portalId) => void notified.push(portalId) },
    logger,
    attempt: () => 3,
  });
});
afterEach(async () => {
  await closeTransport();
  await hub.close();
});

const at = (epoch: number): PortalEpoch => ({ workspaceId: WORKSPACE, portalId: PORTAL, epoch });
const disconnect = (body: Record<string, unknown> = {}) =>
  hub.api.api.post(`${API}/disconnect`, { portalId: PORTAL, ...body });
const portal = async () => (await hub.rows('SELECT * FROM portals'))[0];
const config = async () =>
  (await hub.api.api.get<Record<string, unknown>>(`${API}/config?portalId=${PORTAL}`)).body;

describe('POST …/disconnect', () => {
  it('answers at once with the workflow that does it, and voids what was begun before', async () => {
    expect(await disconnect()).toMatchObject({
      status: 202,
      body: { portalId: PORTAL, state: 'disconnecting', workflowId: `disconnect/${PORTAL}/2` },
    });
    expect(await portal()).toMatchObject({ state: 'disconnecting', epoch: 2, uninstall_requested: false });
    expect(hub.api.controlCalls.at(-1)).toBe(`disconnect ${PORTAL}/2`);
    expect(await config()).toMatchObject({
      state: 'disconnecting',
      disconnect: { workflowId: `disconnect/${PORTAL}/2`, step: 'Begun' },
    });
  });

  it('asked twice, names the same workflow and audits once', async () => {
    await disconnect({ uninstall: true });
    const again = await disconnect();
    expect(again).toMatchObject({ status: 202, body: { workflowId: `disconnect/${PORTAL}/2` } });
    expect(await portal()).toMatchObject({ epoch: 2, uninstall_requested: true });
    const entries = await hub.rows(`SELECT subject FROM audit_entries WHERE operation = 'portal.disconnect'`);
    expect(entries).toEqual([{ subject: { uninstall: true } }]);
  });

  it("answers for another workspace's portal as for none", async () => {
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    const answers = await Promise.all(
      [PORTAL, 999].map((portalId) => theirs.post(`${API}/disconnect`, { portalId })),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    expect(await portal()).toMatchObject({ state: 'active', epoch: 1 });
  });

  it('refuses an install, and a token, until it is done', async () => {
    await disconnect();
    const page = await hub.install(new Browser());
    expect(page.status).toBe(409);
    expect(page.text).toContain('The account is being disconnected');
    const { accessToken } = await hub.control<{ accessToken: string }>(
      'POST',
      `/portals/${PORTAL}/install`,
      {},
    );
    const token = await hub.api.api.post('/api/portals', { portalId: PORTAL, accessToken });
    expect(token.status).toBe(409);
    expect(await portal()).toMatchObject({ state: 'disconnecting', epoch: 2 });
  });
});

describe('the steps of a disconnect', () => {
  it('revoke the grant at HubSpot, remove the tokens, and say how it ended', async () => {
    await disconnect();
    expect(await activities.planDisconnect(at(2))).toEqual({
      current: true,
      canTellHubSpot: true,
      uninstall: false,
    });
    expect(await activities.revokeGrant(at(2))).toBe('done');
    await activities.removeTokens(at(2));
    expect(await portal()).toMatchObject({
      access_token: null,
      refresh_token: null,
      token_expires_at: null,
      token_version: 2,
    });
    const ended = { revoked: 'done', uninstalled: 'nothing', endedLocally: 3 } as const;
    expect(await activities.finishDisconnect({ ...at(2), ...ended })).toEqual({ current: true });
    expect(await portal()).toMatchObject({ state: 'disconnected', state_reason: 'Disconnected on request' });
    expect(notified).toEqual([PORTAL]);
    expect(await hub.rows('SELECT kind, detail FROM notices ORDER BY id')).toMatchObject([
      { kind: 'portal.connected' },
      { kind: 'portal.disconnected', detail: ended },
    ]);
    expect(await disconnect()).toMatchObject({
      status: 200,
      body: { state: 'disconnected', workflowId: null },
    });
  });

  it('can each be repeated', async () => {
    await disconnect();
    for (const _ of [1, 2]) {
      await activities.noteStep({ ...at(2), step: 'Giving back' });
      await activities.revokeGrant(at(2));
      await activities.removeTokens(at(2));
      await activities.finishDisconnect({
        ...at(2),
        revoked: 'done',
        uninstalled: 'nothing',
        endedLocally: 0,
      });
    }
    expect(await hub.rows(`SELECT 1 FROM notices WHERE kind = 'portal.disconnected'`)).toHaveLength(1);
    expect(await activities.planDisconnect(at(2))).toMatchObject({ current: false });
  });

  it('change nothing once the portal was installed again', async () => {
    await disconnect();
    await activities.removeTokens(at(2));
    await activities.finishDisconnect({ ...at(2), revoked: 'done', uninstalled: 'nothing', endedLocally: 0 });
    await hub.install(new Browser());
    const before = await portal();
    expect(before).toMatchObject({ state: 'active', epoch: 3 });
    await activities.noteStep({ ...at(2), step: 'late' });
    expect(await activities.revokeGrant(at(2))).toBe('nothing');
    await activities.removeTokens(at(2));
    expect(
      await activities.finishDisconnect({
        ...at(2),
        revoked: 'done',
        uninstalled: 'nothing',
        endedLocally: 0,
      }),
    ).toEqual({ current: false });
    expect(await portal()).toEqual(before);
  });

  it('remove the app from the account when asked to', async () => {
    await disconnect({ uninstall: true });
    expect(await activities.planDisconnect(at(2))).toMatchObject({ uninstall: true });
    expect(await activities.uninstallApp(at(2))).toBe('done');
    expect(asked).toEqual(['uninstall']);
    answer = { kind: 'unauthorized', status: 401, message: 'gone' };
    expect(await activities.uninstallApp(at(2))).toBe('nothing');
    answer = { kind: 'unavailable', reason: 'server', status: 503, message: 'away', effect: 'none' };
    await expect(activities.uninstallApp(at(2))).rejects.toThrow('unavailable');
  });

  it('wait for HubSpot where it is away, and take “already gone” for done', async () => {
    await disconnect();
    await hub.control('POST', '/faults', { target: 'oauth', kind: 'status', status: 503, count: 1 });
    await expect(activities.revokeGrant(at(2))).rejects.toThrow('transient');
    await hub.control('POST', `/portals/${PORTAL}/uninstall`);
    expect(['done', 'nothing']).toContain(await activities.revokeGrant(at(2)));
  });

  it('are not undone by a refresh that was out when they began', async () => {
    const { url } = hub.api.database;
    const process = startTokens(
      tokenConfig(url, hub.sandbox.url, {
        HUBSPOT_CLIENT_ID: 'client',
        HUBSPOT_CLIENT_SECRET: 'secret',
        ENCRYPTION_KEYS: `dev:${Buffer.alloc(32, 7).toString('base64')}`,
      }),
    );
    try {
      await hub.rows(
        `UPDATE portals SET token_expires_at = now(), refreshed_at = now() - interval '30 minutes'`,
      );
      await hub.control('POST', '/faults', { target: 'oauth', kind: 'latency', latencyMs: 1500, count: 1 });
      const refreshing = process.tokens.renew(PORTAL, { ifVersion: 1 }).catch((error: unknown) => error);
      await until(
        'HubSpot is asked',
        async () => {
          const { items } = await hub.control<{ items: { hits: number }[] }>('GET', '/faults');
          return items.every(({ hits }) => hits === 1);
        },
        5000,
      );
      await disconnect();
      await activities.removeTokens(at(2));
      await activities.finishDisconnect({
        ...at(2),
        revoked: 'done',
        uninstalled: 'nothing',
        endedLocally: 0,
      });
      const before = await portal();
      await refreshing;
      expect(process.results).toEqual(['overtaken']);
      expect(await portal()).toEqual(before);
      expect(before).toMatchObject({ state: 'disconnected', access_token: null, refresh_token: null });
    } finally {
      await process.stop();
    }
  });

  it('tell HubSpot with a token that has expired as long as another can be had', async () => {
    await hub.rows(`UPDATE portals SET token_expires_at = now() - interval '1 s'`);
    await disconnect();
    expect(await activities.planDisconnect(at(2))).toMatchObject({ canTellHubSpot: true });
    await hub.rows(`UPDATE portals SET refresh_error = 'transient: status 503'`);
    expect(await activities.planDisconnect(at(2))).toMatchObject({ canTellHubSpot: true });
    await hub.rows(`UPDATE portals SET refresh_error = 'BAD_REFRESH_TOKEN'`);
    expect(await activities.planDisconnect(at(2))).toMatchObject({ canTellHubSpot: false });
  });
});

describe('what follows an install', () => {
  it("notes the account's time zone, where HubSpot names one that exists", async () => {
    answer = { kind: 'ok', status: 200, body: { timeZone: 'US/Eastern' } };
    await activities.readAccount(at(1));
    expect(await portal()).toMatchObject({ time_zone: 'US/Eastern' });
    answer = { kind: 'ok', status: 200, body: { timeZone: 'Mars/Olympus' } };
    await activities.readAccount(at(1));
    expect(await portal()).toMatchObject({ time_zone: 'US/Eastern' });
    answer = { kind: 'forbidden', status: 403, message: 'no', missingScopes: [] };
    await activities.readAccount(at(1));
    answer = { kind: 'throttled', policy: 'SECONDLY', retryAfterMs: 1000, message: 'later' };
    await expect(activities.readAccount(at(1))).rejects.toThrow('throttled');
  });
});

describe('the sweep', () => {
  it('starts what was committed and never started', async () => {
    const started: string[] = [];
    const sweep = createPortalSweep({
      pool: hub.api.database.pool,
      temporal: {
        startInstall: async ({ portalId, epoch }) => void started.push(`install ${portalId}/${epoch}`),
        startDisconnect: async ({ portalId, epoch }) => void started.push(`disconnect ${portalId}/${epoch}`),
      },
      logger,
    });
    await sweep();
    expect(started).toEqual([]); // too fresh: whoever committed it is about to start it
    const age = () => hub.rows(`UPDATE portals SET state_changed_at = now() - interval '11 s'`);
    await age();
    await sweep();
    expect(started).toEqual([`install ${PORTAL}/1`]);
    await activities.noteResumed(at(1));
    expect(notified).toEqual([PORTAL]);
    await sweep();
    expect(started).toHaveLength(1);
    await disconnect();
    await age();
    await sweep();
    expect(started.at(-1)).toBe(`disconnect ${PORTAL}/2`);
  });
});

describe('PUT …/config', () => {
  it('switches a feature, says which scopes it lacks, and a new link asks for them', async () => {
    const switched = await hub.api.api.put<Record<string, unknown>>(`${API}/config?portalId=${PORTAL}`, {
      sync: true,
    });
    expect(switched).toMatchObject({
      status: 200,
      body: {
        auth: 'oauth',
        state: 'active',
        epoch: 1,
        throttle: { enabled: true, missingScopes: [] },
        sync: {
          enabled: true,
          missingScopes: expect.arrayContaining(['crm.objects.deals.write', 'tickets']),
        },
        token: { stored: true, version: 1, refreshFailures: 0, refreshError: null },
        disconnect: null,
      },
    });
    const opened = await new Browser().begin(await hub.link({ portalId: PORTAL }));
    expect(new URL(opened.location ?? '').searchParams.get('scope')).toContain('crm.objects.deals.write');
    const entries = await hub.rows(`SELECT subject FROM audit_entries WHERE operation = 'portal.configure'`);
    expect(entries).toEqual([{ subject: { sync: true } }]);
  });

  it('shows the age of the token and when it ends', async () => {
    const { token } = (await config()) as { token: { ageMs: number; expiresInMs: number } };
    expect(token.ageMs).toBeGreaterThanOrEqual(0);
    expect(token.expiresInMs).toBeGreaterThan(29 * 60_000);
  });

  it("knows nothing of another workspace's portal", async () => {
    const theirs = await hub.api.client({ workspaceId: OTHER_WORKSPACE });
    for (const portalId of [PORTAL, 999]) {
      const path = `${API}/config?portalId=${portalId}`;
      expect((await theirs.get(path)).status).toBe(404);
      expect((await theirs.put(path, { sync: true })).status).toBe(404);
    }
    expect(await portal()).toMatchObject({ sync_enabled: false });
  });
});
