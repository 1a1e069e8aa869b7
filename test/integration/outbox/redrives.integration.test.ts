import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createRedriveActivities,
  type RedriveActivities,
} from '../../../src/activities/outbox/redriveActivities.js';
import { runCli } from '../../../src/cli/program.js';
import { claimEvents, settleEvents } from '../../../src/db/outbox/claims.js';
import { enqueueEvents, type NewEvent } from '../../../src/db/outbox/enqueue.js';
import { createPortalResolver } from '../../../src/db/portals/portalResolver.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { createWorkspaceSettingsCache } from '../../../src/services/outbox/workspaceSettings.js';
import { newEvent } from '../../support/outboxEvents.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_200_001;
const portal = { workspaceId: WORKSPACE, portalId: PORTAL };

interface Redrive {
  id: string;
  state: string;
  total: number;
  moved: number;
  stillInvalid: number;
}

let harness: ApiHarness;
let activities: RedriveActivities;
let woken: number[];
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of [
    'pending',
    'dead',
    'history',
    'keys',
    'claims',
    'mappings',
    'redrives',
    'redriven',
    'attempts',
    'portals',
  ])
    await harness.database.admin.query(`DELETE FROM outbox_${table}`);
  woken = [];
  const { pool } = harness.database;
  activities = createRedriveActivities({
    ...{ pool, portalResolver: createPortalResolver(pool), settings: createWorkspaceSettingsCache(pool) },
    ...{ registry: createRegistry(SHIPPED), options: {}, config: { HUBSPOT_PORTAL_ID: undefined } },
    wakeDeliveries: async (events) => void woken.push(...events.map(({ portalId }) => portalId ?? 0)),
  });
});

const earned = (n: number, more: Partial<NewEvent> = {}) =>
  newEvent(portal, n, {
    payload: JSON.stringify({ driverId: `d-${n}`, email: `d${n}@example.com`, amount: n }),
    ...more,
  });

/** These end as dead letters of this class. */
async function kill(events: readonly NewEvent[], errorClass = 'permanent'): Promise<string[]> {
  const ids = (await enqueueEvents(harness.database.pool, events)).map(({ eventId }) => eventId);
  for (;;) {
    const claim = await claimEvents(harness.database.pool, {
      ...portal,
      owner: 'x',
      max: 100,
      leaseMs: 1000,
    });
    if (!claim) return ids;
    await settleEvents(harness.database.pool, {
      ...{ ...portal, ...claim, mode: 'live', done: [] },
      others: claim.events.map(({ eventId }) => ({
        ...{ id: eventId, to: 'dead', class: errorClass, error: 'HubSpot refused it' },
      })),
    });
  }
}
const redrive = (body: unknown) => harness.api.must<Redrive>('POST', '/api/outbox/redrives', body);
const show = (id: string) => harness.api.must<Redrive>('GET', `/api/outbox/redrives/${id}`);
const input = (id: string) => ({ workspaceId: WORKSPACE, redriveId: id });
async function sluice(...args: string[]) {
  const seen = { out: '', err: '' };
  const code = await runCli([...args, '--wide'], {
    out: (text) => void (seen.out += text),
    err: (text) => void (seen.err += text),
    env: { SLUICE_API_URL: harness.url, SLUICE_API_KEY: await harness.key() },
    cwd: '/',
  });
  return { code, ...seen };
}
async function run(id: string) {
  const pages = [];
  for (;;) {
    const page = await activities.redrivePage(input(id));
    pages.push(page);
    if (page.over) return pages;
  }
}
const claimed = async () => {
  const claim = await claimEvents(harness.database.pool, {
    ...portal,
    owner: 'y',
    max: 300,
    leaseMs: 10_000,
  });
  return (claim?.events ?? []).map(({ eventId, attempts }) => `${eventId}/${attempts}`);
};

describe('a redrive', () => {
  it('puts dead letters back in their places, no faster than its pace, and wakes the delivery', async () => {
    const ids = await kill([1, 2, 3, 4, 5].map((n) => earned(n)));
    const { id, total } = await redrive({ perSecond: 1 });
    expect(total).toBe(5);
    expect(harness.controlCalls).toContain(`redrive ${id}`);
    const pages = await run(id);
    expect(pages.map(({ moved, waitMs }) => [moved, waitMs])).toEqual([
      [2, 2000],
      [2, 2000],
      [1, 1000],
    ]);
    expect(await claimed()).toEqual(ids.map((one) => `${one}/0`));
    expect(await show(id)).toMatchObject({ state: 'done', moved: 5, stillInvalid: 0 });
    expect(woken).toHaveLength(5);
  });

  it('takes only those that match: by id, type, class or time of death', async () => {
    const [first] = await kill([earned(1), earned(2)], 'permanent');
    await kill([earned(3)], 'poison');
    const moved = async (filter: object) => {
      const { id } = await redrive({ filter });
      await run(id);
      return (await show(id)).moved;
    };
    expect(await moved({ type: 'nova_redeemed' })).toBe(0);
    expect(await moved({ since: '2099-01-01T00:00:00Z' })).toBe(0);
    expect(await moved({ ids: [first] })).toBe(1);
    expect(await moved({ errorClass: 'poison' })).toBe(1);
    expect(await moved({ state: 'dead' })).toBe(1);
  });

  it('validates again: what was mended goes, what was not keeps its place with the new reason', async () => {
    const generic = {
      type: 'generic',
      payload: JSON.stringify({ name: 'paid', data: { email: 'a@example.com' } }),
    };
    await enqueueEvents(harness.database.pool, [
      earned(1, { ...generic, invalid: 'there is no mapping' }),
      earned(2, { payload: '{}', invalid: 'payload of nova_earned: email' }),
      earned(3, { portalId: null, invalid: 'It names no portal' }),
      earned(4, { invalid: 'the payload is larger than 64 KiB; what was short of its first level was kept' }),
    ]);
    await harness.api.must('PUT', '/api/outbox/mappings/paid', {
      effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' } }],
    });
    const { id } = await redrive({ filter: { state: 'invalid' } });
    await run(id);
    expect(await show(id)).toMatchObject({ state: 'done', moved: 1, stillInvalid: 3 });
    expect(await claimed()).toHaveLength(1);
    const { items } = await harness.api.must<{ items: { reason: string }[] }>(
      'GET',
      '/api/outbox/dead-letters',
    );
    expect(items.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('larger than 64 KiB'),
      expect.stringContaining('names no portal'),
      expect.stringContaining('payload of nova_earned'),
    ]);
  });

  it('takes the mapping of today, unless an effect of the event has taken place or may have', async () => {
    const put = (property: string) =>
      harness.api.must('PUT', '/api/outbox/mappings/paid', {
        effects: [
          {
            kind: 'upsertContact',
            by: { property: 'email', value: '/email' },
            properties: { [property]: '/email' },
          },
        ],
      });
    await put('old_name');
    const payload = JSON.stringify({ name: 'paid', data: { email: 'a@example.com' } });
    const [failed = '', half = '', sent = ''] = await kill(
      [1, 2, 3].map((n) => earned(n, { type: 'generic', payload, version: 1 })),
    );
    await harness.database.admin.query(
      `UPDATE outbox_dead SET effects = CASE id WHEN $2 THEN '{"0": {"state": "done"}}' ELSE '{"0": {"state": "failed"}}' END::jsonb WHERE id = ANY ($1)`,
      [[failed, half], half],
    );
    await harness.database.admin.query(
      `INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, sent_at) VALUES ($1, 0, $2, $3, 'create', 'ambiguous', 'notes', now())`,
      [sent, WORKSPACE, PORTAL],
    );
    await put('new_name');
    const { id } = await redrive({});
    await run(id);
    const { rows } = await harness.database.admin.query<{ version: number }>(
      'SELECT version FROM outbox_pending ORDER BY id',
    );
    expect(rows.map(({ version }) => version)).toEqual([2, 1, 1]);
    await harness.database.admin.query('DELETE FROM outbox_ledger');
  });

  it('moves none twice when a page is repeated, and none after it was cancelled', async () => {
    await kill([1, 2, 3, 4, 5, 6].map((n) => earned(n)));
    const { id } = await redrive({ perSecond: 1 });
    await Promise.all([activities.redrivePage(input(id)), activities.redrivePage(input(id))]);
    expect((await show(id)).moved).toBe(4);
    expect((await harness.api.post(`/api/outbox/redrives/${id}/cancel`)).status).toBe(202);
    expect(await activities.redrivePage(input(id))).toMatchObject({ moved: 0, over: true });
    expect(await show(id)).toMatchObject({ state: 'cancelled', moved: 4 });
    expect(await claimed()).toHaveLength(4);
    expect((await harness.api.post(`/api/outbox/redrives/${id}/cancel`)).status).toBe(409);
  });

  it.each([5e-324, 0, 1001])('is refused at a pace that is none: %s a second', async (perSecond) => {
    for (const kind of ['redrives', 'replays']) {
      const filter = { since: '2026-01-01T00:00:00Z' };
      const answer = await harness.api.post(`/api/outbox/${kind}`, { filter, perSecond });
      expect(answer.status).toBe(400);
    }
  });

  it('is previewed with the calls it makes and the time it takes, and changes nothing then', async () => {
    await kill(Array.from({ length: 150 }, (_, n) => earned(n)));
    await enqueueEvents(harness.database.pool, [earned(200, { payload: '{}', invalid: 'payload' })]);
    const preview = await redrive({ preview: true, perSecond: 50 });
    expect(preview).toMatchObject({ total: 151, durationMs: 3020, stillInvalid: 1, sampled: 151 });
    expect(preview).toMatchObject({
      calls: expect.any(Number),
      reasons: [expect.stringContaining('payload')],
    });
    expect((preview as unknown as { calls: number }).calls).toBeLessThan(20);
    expect(await claimed()).toEqual([]);
  });

  it('finds one whose workflow was never started', async () => {
    await kill([earned(1)]);
    const { id } = await redrive({});
    const stray = async () => {
      const { rows } = await harness.database.pool.query(
        'SELECT redrive_id AS id FROM outbox_redrives_to_start()',
      );
      return rows as { id: string }[];
    };
    expect(await stray()).toEqual([]);
    await harness.database.admin.query(
      `UPDATE outbox_redrives SET created_at = now() - interval '10 seconds'`,
    );
    expect(await stray()).toEqual([{ id }]);
    await run(id);
    expect(await stray()).toEqual([]);
  });

  it('goes on where it was when Temporal lost its workflow, and moves each once', async () => {
    await kill([earned(1), earned(2), earned(3), earned(4), earned(5)]);
    const { id } = await redrive({ perSecond: 1 });
    expect(await activities.redrivePage(input(id))).toMatchObject({ moved: 2, over: false });
    await harness.database.admin.query(
      `UPDATE outbox_redrives SET created_at = now() - interval '10 seconds'`,
    );
    const { rows } = await harness.database.pool.query(
      'SELECT redrive_id AS id FROM outbox_redrives_to_start()',
    );
    expect(rows).toEqual([{ id }]);
    await run(id);
    expect(await show(id)).toMatchObject({ state: 'done', moved: 5 });
  });
});

describe('what happened to an event', () => {
  const timeline = async (id: string) => {
    const { timeline: entries } = await harness.api.must<{ timeline: { what: string; detail?: string }[] }>(
      'GET',
      `/api/events/${id}`,
    );
    return entries.map(({ what, detail }) => [what, detail]);
  };
  const me = expect.stringMatching(/^by key:[0-9a-f-]{36}, redrive /);

  it('has each redrive of it: who, when, and the tries after it', async () => {
    const [id] = await kill([earned(1)]);
    const first = await redrive({ filter: { ids: [id] } });
    await run(first.id);
    expect(await timeline(id!)).toEqual([
      ['captured', undefined],
      ['failed', 'try 1, permanent: HubSpot refused it'],
      ['redriven', expect.stringContaining(`, redrive ${first.id}`)],
    ]);
    expect((await timeline(id!))[2]).toEqual(['redriven', me]);
    await kill([]);
    await run((await redrive({ filter: { ids: [id] } })).id);
    await kill([]);
    expect(await timeline(id!)).toEqual([
      ['captured', undefined],
      ['failed', 'try 1, permanent: HubSpot refused it'],
      ['redriven', me],
      ['failed', 'try 2, permanent: HubSpot refused it'],
      ['redriven', me],
      ['failed', 'try 3, permanent: HubSpot refused it'],
    ]);
    expect((await sluice('outbox', 'show', id!)).out).toMatch(
      /try 1, permanent[^]*redriven +by key:[0-9a-f-]{36}, redrive [^]*try 2, permanent/,
    );
  });

  it('says so of one that was still invalid, and has a replay of what ran dry', async () => {
    const [invalid] = (
      await enqueueEvents(harness.database.pool, [earned(1, { payload: '{}', invalid: 'it has no driver' })])
    ).map(({ eventId }) => eventId);
    await run((await redrive({ filter: { ids: [invalid] } })).id);
    expect((await timeline(invalid!)).at(-1)).toEqual([
      'redriven',
      expect.stringMatching(/: it is still invalid, and stays a dead letter$/),
    ]);
    const [dry] = (await enqueueEvents(harness.database.pool, [earned(2)])).map(({ eventId }) => eventId);
    const claim = await claimEvents(harness.database.pool, {
      ...portal,
      owner: 'x',
      max: 100,
      leaseMs: 1000,
    });
    await settleEvents(harness.database.pool, {
      ...{ ...portal, ...claim!, mode: 'dry', done: [dry!], others: [] },
    });
    const replay = await harness.api.must<Redrive>('POST', '/api/outbox/replays', {
      filter: { since: '2020-01-01T00:00:00Z' },
    });
    await run(replay.id);
    expect((await timeline(dry!)).at(-1)).toEqual(['replayed', me]);
  });
});

describe('what ran dry', () => {
  it('is sent only when it is asked for, at a pace', async () => {
    await enqueueEvents(harness.database.pool, [earned(1), earned(2)]);
    const claim = (await claimEvents(harness.database.pool, {
      ...portal,
      owner: 'x',
      max: 10,
      leaseMs: 1000,
    }))!;
    const done = claim.events.map(({ eventId }) => eventId);
    await settleEvents(harness.database.pool, { ...portal, ...claim, mode: 'dry', done, others: [] });
    expect(await claimed()).toEqual([]);
    const filter = { since: '2020-01-01T00:00:00Z' };
    expect(await harness.api.must('POST', '/api/outbox/replays', { filter, preview: true })).toMatchObject({
      total: 2,
    });
    const { id } = await harness.api.must<Redrive>('POST', '/api/outbox/replays', { filter });
    await run(id);
    expect(await show(id)).toMatchObject({ state: 'done', moved: 2 });
    expect(await claimed()).toEqual(done.map((one) => `${one}/0`));
  });
});

describe('discarding', () => {
  it('gives dead letters up with a reason; they stay to be seen and can be redriven by id', async () => {
    const [first] = await kill([earned(1), earned(2)]);
    const filter = { ids: [first] };
    expect((await harness.api.post('/api/outbox/discards', { filter })).status).toBe(400);
    expect(
      await harness.api.must('POST', '/api/outbox/discards', { filter, reason: 'a test', preview: true }),
    ).toMatchObject({ total: 1 });
    expect(await harness.api.must('POST', '/api/outbox/discards', { filter, reason: 'a test' })).toEqual({
      discarded: 1,
    });
    expect(await harness.api.must('GET', `/api/events/${first}`)).toMatchObject({ state: 'discarded' });
    const { id } = await redrive({ filter: { ...filter, state: 'discarded' } });
    await run(id);
    expect((await show(id)).moved).toBe(1);
    const { items } = await harness.api.must<{ items: { operation: string }[] }>('GET', '/api/audit');
    expect(items.map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['outbox.discard', 'outbox.redrive']),
    );
  });

  it('are listed in pages, the newest first, each once', async () => {
    await kill([earned(1)]);
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.unshift((await redrive({ filter: {} })).id);
    type Redrives = { items: readonly Redrive[]; next: string | null };
    const first = await harness.api.must<Redrives>('GET', '/api/outbox/redrives?limit=2');
    expect(first).toMatchObject({ items: [{ id: ids[0] }, { id: ids[1] }], next: ids[1] });
    const last = await harness.api.must<Redrives>('GET', `/api/outbox/redrives?limit=2&after=${first.next}`);
    expect(last).toMatchObject({ items: [{ id: ids[2] }], next: null });
  });

  it('are redriven and given up by ids that exist, and what was given up is not given up again', async () => {
    const [first] = await kill([earned(1)]);
    for (const [path, more] of [
      ['/api/outbox/redrives', {}],
      ['/api/outbox/redrives', { preview: true }],
      ['/api/outbox/discards', { reason: 'a test' }],
      ['/api/outbox/discards', { reason: 'a test', preview: true }],
    ] as const) {
      const answer = await harness.api.post(path, { filter: { ids: [first, '999', '998'] }, ...more });
      expect([path, answer.status, (answer.body as { detail: string }).detail]).toEqual([
        path,
        404,
        expect.stringMatching(/^There is no such dead letter: 998, 999\. /),
      ]);
    }
    expect(await harness.api.must('GET', '/api/outbox/redrives')).toMatchObject({ items: [] });
    await harness.api.must('POST', '/api/outbox/discards', { filter: { ids: [first] }, reason: 'a test' });
    const { items } = await harness.api.must<{ items: { reason: string }[] }>(
      'GET',
      '/api/outbox/dead-letters?state=discarded',
    );
    expect(items.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^a test; it had died: .+/)]);
    const again = { filter: { state: 'discarded' }, reason: 'a test' };
    expect((await harness.api.post('/api/outbox/discards', again)).status).toBe(400);
  });
});
