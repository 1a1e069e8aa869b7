import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeEvents } from '../../../src/db/webhooks/intake.js';
import { readWebhookEvent } from '../../../src/domain/webhooks/webhookEvent.js';
import { runCli } from '../../../src/cli/program.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { take } from '../http/seed.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

let harness: ApiHarness;
let laneId: string;
beforeEach(async () => {
  harness = await startApi();
  laneId = await seedLane(harness.database.admin, { portalId: 7, limit: 5, intervalMs: 60_000 });
});
afterEach(() => harness.close());

interface Entry {
  seq: string;
  at: string;
  actor: string;
  operation: string;
  portalId: number | null;
  subject: Record<string, unknown>;
  result: string;
}

async function list(query = ''): Promise<{ items: Entry[]; next: string | null }> {
  return harness.api.must('GET', `/api/audit${query}`);
}

const rate = { portal_id: 7, action_id: '5', max_throughput: 1, time: 1, period: 'days' };

async function sluice(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli(args, {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: await harness.key({ scopes: ['audit:read'] }) },
    cwd: '/',
  });
  return { code, ...seen };
}

describe('GET /api/audit', () => {
  it('has an entry for each operation that changes something: who, what, where, and no words of a person', async () => {
    await harness.api.must('PATCH', `/api/lanes/${laneId}`, {
      paused: { reason: 'Ms Canary is ill' },
      spread: true,
    });
    await harness.api.must('POST', `/api/lanes/${laneId}/drain`, { as: 'cancelled' });
    await harness.api.must('POST', '/api/config', rate);
    await harness.api.must('DELETE', '/api/config/7/5');
    await harness.api.must('POST', '/api/portals', {
      portalId: 8,
      accessToken: 'pat-canary-8',
      name: 'Ms Canary',
    });
    const { items, next } = await list();
    expect(next).toBeNull();
    expect(items.map(({ seq, operation, portalId, result }) => [seq, operation, portalId, result])).toEqual([
      ['5', 'portal.connect', 8, 'ok'],
      ['4', 'config.delete', 7, 'ok'],
      ['3', 'config.set', 7, 'ok'],
      ['2', 'lane.drain', 7, 'ok'],
      ['1', 'lane.change', 7, 'ok'],
    ]);
    expect(items[4]?.subject).toEqual({ laneId, change: { spread: true, paused: true } });
    expect(new Set(items.map(({ actor }) => actor)).size).toBe(1);
    expect(items[0]?.actor).toMatch(/^key:[0-9a-f-]{36}$/);
    expect(JSON.stringify(items)).not.toMatch(/canary/i);
  });

  it('is committed together with what it tells of: without an entry nothing is changed', async () => {
    const { admin, pool } = harness.database;
    const [waiting] = await take(pool, laneId, 1, 7);
    await admin.query('REVOKE EXECUTE ON FUNCTION audit_append FROM sluice_app');
    const key = { name: 'x', scopes: ['crm'] };
    for (const [method, path, body] of [
      ['PATCH', `/api/lanes/${laneId}`, { spread: true }],
      ['POST', '/api/config', rate],
      ['POST', `/api/executions/${waiting}/cancel`, {}],
      ['POST', '/api/keys', key],
      ['PATCH', '/api/workspace', { name: 'x' }],
      ['POST', `/api/lanes/${laneId}/drain`, { as: 'cancelled' }],
      ['POST', '/api/integrations/hubspot/links', { portalId: 7 }],
    ] as const)
      await expect(harness.api.must(method, path, body)).rejects.toThrow(': 500 ');
    await admin.query('GRANT EXECUTE ON FUNCTION audit_append TO sluice_app');
    expect(await list()).toEqual({ items: [], next: null });
    expect(await harness.api.lane(laneId)).toMatchObject({ spread: false });
    expect((await harness.api.get('/api/config/7/5')).status).toBe(404);
    expect((await harness.api.get(`/api/executions/${waiting}`)).body).toMatchObject({ endRequested: null });
    const { rows } = await admin.query(
      `SELECT name FROM api_keys WHERE name = 'x' UNION SELECT name FROM workspaces WHERE name = 'x'
       UNION SELECT actor FROM install_links`,
    );
    expect(rows).toEqual([]);
  });

  it('tells of a replay of webhooks that has records read, and of none that asks for nothing', async () => {
    const { admin, pool } = harness.database;
    await admin.query(`INSERT INTO portals (portal_id, workspace_id) VALUES (7, $1) ON CONFLICT DO NOTHING`, [
      WORKSPACE,
    ]);
    await admin.query(
      `INSERT INTO sync_states (workspace_id, portal_id, object_type, loaded_at) VALUES ($1, 7, 'contacts', now())`,
      [WORKSPACE],
    );
    const event = readWebhookEvent({
      ...{ eventId: 1, subscriptionId: 1, portalId: 7, occurredAt: Date.now(), objectId: 51 },
      ...{ subscriptionType: 'contact.propertyChange', propertyName: 'email' },
    });
    await takeEvents(pool, [{ workspaceId: WORKSPACE, event: event! }]);
    await admin.query('TRUNCATE webhook_reads');
    const reads = async () => (await admin.query('SELECT FROM webhook_reads')).rowCount;
    const [from, to] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 3_600_000)];
    const replay = (over = {}) =>
      harness.api.must('POST', '/api/webhooks/replay', { from, to, portalId: 7, ...over });
    expect(await replay({ dryRun: true })).toMatchObject({ events: 1, records: 1 });
    expect(await replay({ to: from })).toMatchObject({ events: 0, records: 0 });
    await admin.query('REVOKE EXECUTE ON FUNCTION audit_append FROM sluice_app');
    await expect(replay()).rejects.toThrow(': 500 ');
    await admin.query('GRANT EXECUTE ON FUNCTION audit_append TO sluice_app');
    expect([await reads(), await list()]).toEqual([0, { items: [], next: null }]);
    expect(await replay()).toMatchObject({ events: 1, records: 1 });
    expect(await reads()).toBe(1);
    const span = { from: from.toISOString(), to: to.toISOString() };
    expect((await list()).items).toMatchObject([
      {
        operation: 'webhooks.replay',
        portalId: 7,
        subject: { ...span, events: 1, records: 1 },
        result: 'ok',
      },
    ]);
  });

  it('is filtered, and read page by page', async () => {
    for (let n = 0; n < 3; n += 1) await harness.api.must('POST', '/api/config', rate);
    await harness.api.must('PATCH', `/api/lanes/${laneId}`, { spread: true });
    const seqs = async (query: string) => (await list(query)).items.map(({ seq }) => seq);
    expect(await seqs('?operation=config.set')).toEqual(['3', '2', '1']);
    expect(await seqs('?portalId=7')).toEqual(['4', '3', '2', '1']);
    expect(await seqs('?portalId=7&operation=lane.drain')).toEqual([]);
    expect(await seqs('?actor=system')).toEqual([]);
    const { actor, at } = (await list()).items[0]!;
    expect(await seqs(`?actor=${actor}`)).toEqual(['4', '3', '2', '1']);
    expect(await seqs(`?since=${at}`)).toEqual(['4']);
    const first = await list('?limit=3');
    expect(first.next).toBe('2');
    expect(await list(`?limit=3&after=${first.next}`)).toMatchObject({ items: [{ seq: '1' }], next: null });
    for (const wrong of ['?since=yesterday', '?after=x', '?limit=1000', '?who=me'])
      expect((await harness.api.get(`/api/audit${wrong}`)).status).toBe(400);
  });

  it('is for keys with audit:read, and of their workspace alone', async () => {
    await harness.api.must('POST', '/api/config', rate);
    const writer = await harness.client({ scopes: ['throttle:read', 'throttle:write'] });
    for (const path of ['/api/audit', '/api/audit/verify']) expect((await writer.get(path)).status).toBe(403);
    const theirs = await harness.client({ workspaceId: OTHER_WORKSPACE, scopes: ['audit:read'] });
    expect((await theirs.get('/api/audit')).body).toEqual({ items: [], next: null });
    expect((await theirs.get('/api/audit/verify')).body).toMatchObject({
      workspaceId: OTHER_WORKSPACE,
      ok: true,
      entries: 0,
      head: null,
    });
  });
});

describe('GET /api/audit/verify', () => {
  it('goes on while the chain of another workspace is being read, and refuses a second one of its own', async () => {
    const other = await harness.client({ workspaceId: OTHER_WORKSPACE });
    const holder = await harness.database.admin.connect();
    await holder.query('BEGIN; LOCK TABLE audit_chains IN ACCESS EXCLUSIVE MODE');
    const theirs = other.get('/api/audit/verify');
    const waiting = async () =>
      (
        await harness.database.admin.query(
          `SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE '%audit_chains%' AND wait_event_type = 'Lock'`,
        )
      ).rowCount;
    await until('theirs waits for the chain', async () => (await waiting()) === 1, 5000);
    expect((await other.get('/api/audit/verify')).status).toBe(429);
    const ours = harness.api.get('/api/audit/verify');
    await until('ours was let in, too', async () => (await waiting()) === 2, 5000);
    await holder.query('ROLLBACK');
    holder.release();
    expect([(await theirs).status, (await ours).status]).toEqual([200, 200]);
  });
});

describe('sluice audit', () => {
  it('lists, and verifies against the table and against what was kept', async () => {
    await harness.api.must('POST', '/api/config', rate);
    await harness.api.must('DELETE', '/api/config/7/5');
    expect((await sluice('audit', 'list', '--portal', '7', '--wide')).out).toMatch(
      /^2 +\S+Z +key:\S+ +config\.delete +7 +ok +\{"actionId":"5"\}$/m,
    );
    const some = await sluice('audit', 'list', '--limit', '1', '--since', '2020-01-01');
    expect(some.err).toBe('There are more: --after 2\n');

    const good = await sluice('audit', 'verify');
    expect([good.code, good.err]).toEqual([0, '']);
    const head = /: (2:[0-9a-f]{64}:dev:[\w-]{43})$/m.exec(good.out)?.[1];
    expect(good.out).toContain(`Workspace ${WORKSPACE}: 2 entries in order`);
    expect((await sluice('audit', 'verify', '--head', head!)).code).toBe(0);
    expect((await sluice('audit', 'verify', '--head', 'x')).err).toMatch(/^head: must be seq:hash/);

    await harness.database.admin.query(
      `DELETE FROM audit_heads; DELETE FROM audit_entries WHERE seq = 2;
       UPDATE audit_chains SET seq = e.seq, hash = e.hash FROM audit_entries e WHERE e.workspace_id = audit_chains.workspace_id`,
    );
    expect((await sluice('audit', 'verify')).code).toBe(0);
    await harness.database.admin.query('DELETE FROM audit_heads');
    const cut = await sluice('audit', 'verify', '--head', head!);
    expect(cut.code).toBe(1);
    expect(cut.out).toContain('entry 2: cut. The chain ends with entry 1, but entry 2 was kept elsewhere');
    expect(JSON.parse((await sluice('audit', 'verify', '--head', head!, '--json')).out)).toMatchObject({
      ok: false,
      problem: { seq: '2', kind: 'cut' },
      head: null,
    });
  });
});
