import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createPortalWorkspaces } from '../../../src/hubspot/budget/portalWorkspaces.js';
import { createRequestLog } from '../../../src/hubspot/gateway/requestLog.js';
import { createLogger } from '../../../src/platform/logger.js';
import { WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
beforeEach(async () => {
  harness = await startApi();
});
afterEach(() => harness.close());

const SILENT = { LOG_LEVEL: 'silent', LOG_FORMAT: 'json' } as const;
const TOKEN = 'pat-eu1-canary-0123456789-42';

describe('POST /api/portals', () => {
  it('stores a portal with its token sealed: neither the table nor any answer shows it', async () => {
    const answer = await harness.api.post('/api/portals', {
      portalId: 42,
      accessToken: TOKEN,
      name: 'Acme',
      timeZone: 'Europe/Dublin',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { portalId: 42, name: 'Acme', timeZone: 'Europe/Dublin', state: 'active', tokenExpiresAt: null },
    });
    const { rows } = await harness.database.admin.query<{ row: string }>(
      'SELECT p::text AS row FROM portals p',
    );
    const listed = await harness.api.get('/api/portals');
    for (const text of [JSON.stringify(answer.body), JSON.stringify(listed.body), rows[0]?.row])
      expect(text).not.toContain('canary');
    expect(rows[0]?.row).toMatch(/,v2\.[\w-]+\./);
    expect(listed.body).toMatchObject({ items: [{ portalId: 42 }], next: null });
  });

  it('takes a new token of a portal that is there, and keeps its name', async () => {
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN, name: 'Acme' });
    const again = await harness.api.post('/api/portals', { portalId: '42', accessToken: `${TOKEN}0-42` });
    expect(again).toMatchObject({ status: 201, body: { portalId: 42, name: 'Acme' } });
    const { rows } = await harness.database.admin.query('SELECT token_version FROM portals');
    expect(rows).toEqual([{ token_version: 2 }]);
  });

  it('notifies the workspace of it as an install does, each time; there is no link, and scopes are not known', async () => {
    for (const accessToken of [TOKEN, `${TOKEN}0-42`])
      await harness.api.post('/api/portals', { portalId: 42, accessToken });
    const { rows } = await harness.database.admin.query(
      'SELECT kind, portal_id::int AS portal, detail FROM notices ORDER BY id',
    );
    const notice = { kind: 'portal.connected', portal: 42, detail: { linkId: null, scopes: null } };
    expect(rows).toEqual([notice, notice]);
  });

  it('refuses a portal that another workspace holds, without saying that it is known, and notifies nobody', async () => {
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN });
    const theirs = await harness.client({ workspaceId: OTHER_WORKSPACE });
    const answer = await theirs.post('/api/portals', { portalId: 42, accessToken: TOKEN });
    expect(answer).toMatchObject({ status: 409, body: { type: 'urn:sluice:conflict' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/42|ours|workspace|exist|already/i);
    const { rows } = await harness.database.admin.query('SELECT workspace_id FROM notices');
    expect(rows).toEqual([{ workspace_id: WORKSPACE }]);
  });

  it.each([
    [{ portalId: 1.5 }, 'portalId'],
    [{ accessToken: '' }, 'accessToken'],
    [{ accessToken: 'two words here' }, 'accessToken'],
    [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ name: ' ' }, 'name'],
    [{ refreshToken: 'x' }, 'refreshToken'],
  ])('refuses %j with the path %s, without repeating a token', async (wrong, path) => {
    const answer = await harness.api.post<{ errors: { path: string }[] }>('/api/portals', {
      portalId: 1,
      accessToken: TOKEN,
      ...wrong,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((error) => error.path)).toEqual([path]);
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });
});

describe('GET /api/portals', () => {
  it('tells how portals stand, page by page, and of one by its number; never a secret', async () => {
    for (const portalId of [42, 43, 44])
      await harness.api.post('/api/portals', {
        portalId,
        accessToken: `${TOKEN}-${portalId}`,
        name: `Acme ${portalId}`,
      });
    await harness.database.admin.query(
      `UPDATE portals SET state = 'reauth_required', state_reason = 'the token was revoked', scopes = '{oauth,automation}',
              refreshed_at = now() - interval '1 minute', refresh_failures = 2, refresh_error = 'BAD_REFRESH_TOKEN' WHERE portal_id = 43`,
    );
    const first = await harness.api.get<{ items: unknown[]; next: string | null }>('/api/portals?limit=2');
    expect(first.body).toMatchObject({ items: [{ portalId: 42 }, { portalId: 43 }], next: '43' });
    const second = await harness.api.get('/api/portals?limit=2&after=43');
    expect(second.body).toMatchObject({ items: [{ portalId: 44 }], next: null });
    const shown = await harness.api.get<{ token: { ageMs: number } }>('/api/portals/43');
    expect(shown.body).toMatchObject({
      portalId: 43,
      state: 'reauth_required',
      stateReason: 'the token was revoked',
      scopes: ['oauth', 'automation'],
      token: { refreshFailures: 2, refreshError: 'BAD_REFRESH_TOKEN' },
    });
    expect(shown.body.token.ageMs).toBeGreaterThanOrEqual(60_000);
    for (const body of [first.body, shown.body]) {
      expect(JSON.stringify(body)).not.toContain('canary');
      expect(JSON.stringify(body)).not.toMatch(/v[12]\.dev\./);
    }
  });
});

describe('GET /api/portals/:id/budget', () => {
  it('tells what of each limit is used, by whom, and what holds the portal up', async () => {
    const { admin } = harness.database;
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN, timeZone: 'UTC' });
    await admin.query(
      `INSERT INTO budget_slots (portal_id, ring, n, workspace_id, free_at, priority, holder)
       SELECT 42, 'ten_secondly', n, workspace_id, now() + (n - 3.5) * interval '1 hour',
              CASE WHEN n < 6 THEN 'sync' WHEN n < 10 THEN 'completion' END, CASE n WHEN 10 THEN 'others' WHEN 9 THEN 'a worker' END
         FROM portals, generate_series(1, 10) n`,
    );
    await admin.query(
      `INSERT INTO budget_rings (portal_id, ring, workspace_id, blocked_until, blocked_reason, breaker_opens)
       SELECT 42, u.ring, workspace_id, now() + interval '1 minute', u.reason, u.opens
         FROM portals, (VALUES ('portal', 'breaker', 3), ('search', 'SECONDLY', 0)) AS u (ring, reason, opens)`,
    );
    await admin.query(
      `INSERT INTO call_counts (portal_id, day, workspace_id, calls, errors)
       SELECT 42, (now() AT TIME ZONE 'UTC')::date, workspace_id, 1000, 42 FROM portals`,
    );
    const { body } = await harness.api.get('/api/portals/42/budget');
    expect(body).toMatchObject({
      portalId: 42,
      blockedReason: 'breaker',
      breaker: { state: 'open', opens: 3 },
      errors: { calls: 1000, errors: 42, share: 0.042, mostShare: 0.05, waiting: ['backfill', 'sync'] },
      rings: [
        {
          ring: 'ten_secondly',
          limit: 110,
          intervalMs: 10_000,
          used: 7,
          free: 103,
          leased: 1,
          others: 1,
          byPriority: { completion: 4, interactive: 0, outbox: 0, sync: 2, backfill: 0 },
          blockedUntil: null,
        },
        { ring: 'search', limit: 4, used: 0, blockedReason: 'SECONDLY' },
        { ring: 'associations', limit: 100 },
        { ring: 'oauth' },
      ],
    });
    for (const id of ['43', 'abc', '0'])
      expect((await harness.api.get(`/api/portals/${id}/budget`)).status).toBe(404);
  });
});

describe('GET /api/portals/:id/requests', () => {
  it('lists what was sent, newest first, by outcome, status and time', async () => {
    await harness.api.post('/api/portals', { portalId: 42, accessToken: TOKEN });
    const workspaces = createPortalWorkspaces(createPortalResolver(harness.database.pool));
    const { pool } = harness.database;
    const log = createRequestLog({ pool, workspaces, logger: createLogger(SILENT, 'test') });
    const base = {
      portalId: 42,
      method: 'POST',
      path: '/crm/objects/2026-03/{objectType}',
      ms: 12.4,
      priority: 'sync',
      bucket: 'ten_secondly',
      budgetUsed: 7,
    };
    const statuses = [200, 404, 200, 500, undefined];
    statuses.forEach((status, n) =>
      log.write({
        ...base,
        status,
        outcome: status === 200 ? 'ok' : status === 404 ? 'notFound' : 'unknown',
        correlationId: `c-${n}`,
      }),
    );
    await log.stop();
    interface Page {
      items: { id: string; at: string; status: number | null; correlationId: string }[];
      next: string | null;
    }
    const list = async (query: string) =>
      (await harness.api.get<Page>(`/api/portals/42/requests${query}`)).body;
    const statusesOf = async (query: string) => (await list(query)).items.map(({ status }) => status);
    expect((await list('')).items[0]).toMatchObject({
      method: 'POST',
      path: '/crm/objects/2026-03/{objectType}',
      status: null,
      ms: 12,
      budgetUsed: 7,
      correlationId: 'c-4',
    });
    expect(await statusesOf('')).toEqual([null, 500, 200, 404, 200]);
    expect(await statusesOf('?outcome=ok')).toEqual([200, 200]);
    expect(await statusesOf('?status=4xx')).toEqual([404]);
    expect(await statusesOf(`?since=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual([]);
    const first = await list('?limit=3');
    expect((await list(`?limit=3&after=${first.next}`)).items.map((one) => one.correlationId)).toEqual([
      'c-1',
      'c-0',
    ]);
    for (const query of ['?outcome=fine', '?status=404', '?since=yesterday', '?body=1'])
      expect((await harness.api.get(`/api/portals/42/requests${query}`)).status).toBe(400);
  });
});

describe('a change of a portal whose commit fails', () => {
  it.each([
    ['POST', '/api/portals', { portalId: 42, accessToken: TOKEN }],
    ['POST', '/api/integrations/hubspot/disconnect', { portalId: 42 }],
    ['PUT', '/api/integrations/hubspot/config?portalId=42', { sync: true }],
  ])('leaves no line of the audit in the log: %s %s', async (method, path, body) => {
    const lines: string[] = [];
    const logger = createLogger({ LOG_LEVEL: 'info', LOG_FORMAT: 'json' }, 'test');
    for (const transport of logger.transports) transport.silent = true;
    logger.on('data', (line: { message: string }) => void lines.push(line.message));
    const logged = await startApi({}, {}, logger);
    try {
      await logged.api.must('POST', '/api/portals', { portalId: 42, accessToken: TOKEN });
      expect(lines.filter((line) => line.startsWith('Audit: portal.'))).toEqual(['Audit: portal.connect']);
      await logged.database.admin.query(`
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'The disk is full'; END $$;
        CREATE CONSTRAINT TRIGGER fail AFTER UPDATE ON portals DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()`);
      const answer = await (method === 'PUT' ? logged.api.put(path, body) : logged.api.post(path, body));
      expect(answer.status).toBe(500);
      expect(lines.filter((line) => line.startsWith('Audit: portal.'))).toEqual(['Audit: portal.connect']);
    } finally {
      await logged.close();
    }
  });
});
