import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { claimEvents, settleEvents } from '../../../src/db/outbox/claims.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import type { Page } from '../../support/apiClient.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_100_001;
const FOREIGN = 7_100_002;

let harness: ApiHarness;
beforeAll(async () => {
  harness = await startApi();
  await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  const foreign = { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE };
  await seedLane(harness.database.admin, { ...foreign, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  for (const table of ['pending', 'dead', 'history', 'keys', 'claims', 'mappings', 'type_settings'])
    await harness.database.admin.query(`DELETE FROM outbox_${table}`);
  await harness.database.admin.query('DELETE FROM idempotency_keys');
});

const signedUp = (n = 1) => ({
  type: 'driver_signed_up',
  payload: { driverId: `d-${n}`, email: `d${n}@example.com` },
  portalId: PORTAL,
});
interface Captured {
  id: string;
  status: string;
  reason?: string;
}

async function post(body: unknown, key?: string) {
  const response = await fetch(`${harness.url}/api/events`, {
    method: 'POST',
    headers: {
      authorization: harness.authorization,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Captured & { events: Captured[]; detail: string; errors: unknown[] },
  };
}
const count = async (table: string) => {
  const { rows } = await harness.database.admin.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM outbox_${table}`,
  );
  return rows[0]!.n;
};

describe('POST /api/events', () => {
  it('commits an event before it answers, and starts the delivery of its portal', async () => {
    const { status, body } = await post(signedUp());
    expect({ status, captured: body.status }).toEqual({ status: 202, captured: 'captured' });
    expect(await count('pending')).toBe(1);
    await until('the delivery is started', () => harness.controlCalls.includes(`deliver ${PORTAL}`), 5000);
  });

  it('captures a batch and says of each event what became of it; an invalid one is kept with its reason', async () => {
    const bad = { ...signedUp(2), payload: { driverId: 'd-2', email: 'nobody' } };
    const unknown = { ...signedUp(3), type: 'moon_landing' };
    const { status, body } = await post({ events: [signedUp(1), bad, unknown] });
    expect(status).toBe(202);
    expect(body.events.map((one) => one.status)).toEqual(['captured', 'invalid', 'invalid']);
    expect(body.events[1]!.reason).toContain('email');
    expect(body.events[2]!.reason).toContain('"moon_landing" is not a known event type');
    expect([await count('pending'), await count('dead')]).toEqual([1, 2]);
  });

  it('refuses what is invalid with the path of its field when it is strict, and captures nothing', async () => {
    const bad = { ...signedUp(2), payload: { driverId: 'd-2', email: 'nobody' } };
    const unknown = { ...signedUp(3), type: 'moon_landing' };
    const elsewhere = { ...signedUp(4), portalId: 99 };
    // By the name that its sender has for it.
    const former = { type: 'nova_earned', portalId: PORTAL, payload: { user_id: '5', amount_cents: 'many' } };
    const events = [signedUp(1), bad, unknown, elsewhere, former];
    const { status, body } = await post({ events, strict: true });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { path: 'events.1.payload.email', message: expect.stringContaining('e-mail') },
      { path: 'events.2.type', message: expect.stringContaining('not a known event type') },
      { path: 'events.3.portalId', message: expect.stringContaining('not connected here') },
      { path: 'events.4.payload.amount_cents', message: expect.stringContaining('number') },
    ]);
    expect([await count('pending'), await count('dead')]).toEqual([0, 0]);
  });

  it.each([
    [{ type: 7, payload: {} }, 'type'],
    [{ ...signedUp(), portalId: 'x' }, 'portalId'],
    [{ ...signedUp(), occurredAt: 'yesterday' }, 'occurredAt'],
    [{ ...signedUp(), colour: 'red' }, 'colour'],
    [{ events: [] }, 'events'],
    [{ events: [{ ...signedUp(), key: '' }] }, 'events.0.key'],
  ])('refuses an envelope that is wrong, with the path of the field: %j', async (body, path) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([{ path }]);
  });

  it('keeps a payload that is too large or too deep as invalid, and takes 500 events in 2 MB', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const large = {
      ...signedUp(1),
      payload: { driverId: 'd', email: 'd@example.com', source: 'x'.repeat(70_000) },
    };
    const { body } = await post(
      JSON.stringify({ events: [large, { ...signedUp(2), payload: 'deep' }] }).replace('"deep"', deep),
      'deep and large',
    );
    expect(body.events.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('larger than 64 KiB'),
      expect.stringContaining('deeper than 32 levels'),
    ]);
    const source = 'x'.repeat(3000);
    const many = await post({
      events: Array.from({ length: 500 }, (_, n) => ({
        ...signedUp(n),
        payload: { ...signedUp(n).payload, source },
      })),
    });
    expect(many.status).toBe(202);
    expect((await count('pending')) + (await count('dead'))).toBe(502);
  });

  it('answers a repeat as it did, and one with another body with 422 and nothing captured', async () => {
    const first = await post(signedUp(), 'order-17');
    const again = await post(signedUp(), 'order-17');
    expect(again.body).toEqual({ id: first.body.id, status: 'captured' });
    const other = await post(signedUp(2), 'order-17');
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ type: 'urn:sluice:idempotency_conflict' });

    const batch = await post({ events: [signedUp(3), signedUp(4)] }, 'batch-1');
    const repeat = await post({ events: [signedUp(3), signedUp(4)] }, 'batch-1');
    expect(repeat.body).toEqual(batch.body);
    expect((await post({ events: [signedUp(3), signedUp(5)] }, 'batch-1')).status).toBe(422);
    expect(await count('pending')).toBe(3);
  });

  it('compares the whole of a request: another portal, order or time under the same key is another body', async () => {
    await post(signedUp(), 'whole');
    for (const more of [{ orderingKey: 'x' }, { occurredAt: '2026-11-25T00:00:00Z' }, { version: 1 }])
      expect((await post({ ...signedUp(), ...more }, 'whole')).status).toBe(422);
    expect((await post({ events: [signedUp(2)] }, 'whole')).status).toBe(422);
    expect(await count('pending')).toBe(1);
  });

  it.each([
    ['a', 'a/0'],
    ['a/0', 'a'],
  ])(
    'does not take the key of one request for that of an event of another: %s, then %s',
    async (first, second) => {
      await post({ events: [signedUp(1), signedUp(2)] }, first);
      const { status, body } = await post({ events: [signedUp(3)] }, second);
      expect([status, body.events[0]?.status]).toEqual([202, 'captured']);
      expect(await count('pending')).toBe(3);
    },
  );

  it('captures once what many send at the same time under one key', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => post({ events: [signedUp()] }, 'one')));
    expect(new Set(answers.map(({ body }) => body.events[0]!.id)).size).toBe(1);
    expect(await count('pending')).toBe(1);
  });

  it('says of a portal of another workspace what it says of one that does not exist', async () => {
    const words = async (portalId: number) =>
      (await post({ ...signedUp(), portalId })).body.reason?.replace(String(portalId), '…');
    expect(await words(FOREIGN)).toBe(await words(9_999_999));
    expect(await words(FOREIGN)).toContain('is not connected here');
  });

  it.each([FOREIGN, 9_999_999])(
    'keeps an event of portal %d, which it does not hold, and lists it by that portal',
    async (portalId) => {
      const { body } = await post({ ...signedUp(), portalId });
      const listed = await harness.api.get(`/api/events?portalId=${portalId}`);
      expect(listed.body).toMatchObject({
        items: [{ id: body.id, portalId, state: 'invalid', errorClass: 'invalid' }],
      });
    },
  );

  it('captures nothing while the outbox is switched off, and says so', async () => {
    const off = await startApi({}, { HUBSPOT_ENABLED: 'false' });
    try {
      expect(await off.api.post('/api/events', signedUp())).toMatchObject({
        status: 200,
        body: { status: 'disabled' },
      });
      const { rows } = await off.database.admin.query(
        'SELECT 1 FROM outbox_pending UNION ALL SELECT 1 FROM outbox_dead',
      );
      expect(rows).toEqual([]);
      expect((await off.api.get('/api/outbox/stats')).body).toMatchObject({ mode: 'off' });
    } finally {
      await off.close();
    }
  });
});

describe('seeing events', () => {
  const portal = { workspaceId: WORKSPACE, portalId: PORTAL };
  const settle = async (to: 'done' | 'retry' | 'dead') => {
    const claim = (await claimEvents(harness.database.pool, {
      ...portal,
      owner: 'x',
      max: 1,
      leaseMs: 1000,
    }))!;
    const id = claim.events[0]!.eventId;
    const failure = { id, class: 'transient', error: 'HubSpot was out of reach', inMs: 60_000 } as const;
    await settleEvents(harness.database.pool, {
      ...{ ...portal, ...claim, mode: 'live' },
      done: to === 'done' ? [id] : [],
      others: to === 'done' ? [] : [{ ...failure, to }],
    });
    return id;
  };

  it('lists by state, type, class and key, page by page, and shows one with its timeline', async () => {
    await post({ events: [1, 2, 3, 4].map((n) => ({ ...signedUp(n), key: `k-${n}` })) });
    const [done, retried, dead] = [await settle('done'), await settle('retry'), await settle('dead')];
    const ids = async (query: string) =>
      (await harness.api.must<{ items: Captured[] }>('GET', `/api/events?${query}`)).items.map(
        ({ id }) => id,
      );
    expect(await ids('state=processed')).toEqual([done]);
    expect(await ids('state=retrying')).toEqual([retried]);
    expect(await ids('state=dead&errorClass=transient')).toEqual([dead]);
    expect(await ids('key=k-2')).toEqual([retried]);
    const first = await harness.api.must<{ items: Captured[]; next: string }>('GET', '/api/events?limit=3');
    expect(first.items).toHaveLength(3);
    expect(await ids(`limit=3&after=${first.next}`)).toEqual([done]);

    expect(await harness.api.must('GET', `/api/events/${retried}`)).toMatchObject({
      ...{ id: retried, state: 'retrying', attempts: 1, errorClass: 'transient', processedAt: null },
      payload: { driverId: 'd-2' },
      timeline: [{ what: 'captured' }, { what: 'failed' }, { what: 'next attempt' }],
    });
    expect(await harness.api.must('GET', `/api/events/${dead}`)).toMatchObject({
      ...{ state: 'dead', processedAt: null },
    });
    expect(await harness.api.must('GET', `/api/events/${done}`)).toMatchObject({
      ...{ state: 'processed', mode: 'live', effects: [{ n: 0, state: 'done' }] },
    });
    expect(await harness.api.must('GET', '/api/outbox/stats')).toMatchObject({
      ...{ mode: 'dry', unprocessed: 2, retrying: 1, dead: 1, processedLastMinute: 1 },
      ...{ failedByClass: { transient: 1 }, portals: [{ portalId: PORTAL }] },
    });
  });

  it('needs the scope outbox', async () => {
    const reader = await harness.client({ scopes: ['throttle:read'] });
    for (const path of [
      '/api/events',
      '/api/outbox/stats',
      '/api/outbox/dead-letters',
      '/api/outbox/mappings',
    ])
      expect((await reader.get(path)).status).toBe(403);
    expect((await reader.post('/api/events', signedUp())).status).toBe(403);
  });
});

type Listed = readonly { readonly name: string; readonly version: number }[];
async function pages(path: string, limit: number): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let after = ''; ;) {
    const page = await harness.api.must<Page<Listed[number]>>('GET', `${path}?limit=${limit}${after}`);
    found.push(page.items);
    if (page.next === null) return found;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

describe('event types', () => {
  it('are listed in pages, each type once', async () => {
    const all = (await harness.api.must<Page<Listed[number]>>('GET', '/api/outbox/types?limit=200')).items;
    const paged = await pages('/api/outbox/types', 4);
    expect(paged.length).toBe(Math.ceil(all.length / 4));
    expect(paged.flat()).toEqual(all);
    expect((await harness.api.get('/api/outbox/types?after=none')).status).toBe(400);
  });
});

describe('mappings', () => {
  const invoice = {
    effects: [
      {
        kind: 'upsertContact',
        by: { property: 'email', value: '/email' },
        properties: { plan: '/plan' },
      },
    ],
  };
  const paid = {
    type: 'generic',
    payload: { name: 'invoice_paid', data: { email: 'a@example.com', plan: 'x' } },
    portalId: PORTAL,
  };

  it('are set, read, previewed and deleted; events that wait keep the version they were captured with', async () => {
    expect((await post(paid)).body.reason).toContain('PUT /api/outbox/mappings/invoice_paid');
    expect(await harness.api.must('PUT', '/api/outbox/mappings/invoice_paid', invoice)).toMatchObject({
      version: 1,
    });
    expect(await harness.api.must('PUT', '/api/outbox/mappings/invoice_paid', invoice)).toMatchObject({
      version: 1,
    });
    const { id } = (await post(paid)).body;
    const changed = { effects: [{ ...invoice.effects[0]!, properties: { tier: '/plan' } }] };
    expect(await harness.api.must('PUT', '/api/outbox/mappings/invoice_paid', changed)).toMatchObject({
      version: 2,
    });
    expect(await harness.api.must('GET', `/api/events/${id}`)).toMatchObject({ version: 1 });
    const later = (await post(paid)).body;
    expect(await harness.api.must('GET', `/api/events/${later.id}`)).toMatchObject({ version: 2 });

    const preview = await harness.api.must('POST', '/api/outbox/mappings/invoice_paid/preview', {
      data: paid.payload.data,
    });
    expect(preview).toMatchObject({ ok: true, requests: [{ method: 'POST' }, { method: 'POST' }] });
    expect(JSON.stringify(preview)).toContain('"tier":"x"');

    expect((await harness.api.delete('/api/outbox/mappings/invoice_paid')).status).toBe(204);
    expect((await harness.api.get('/api/outbox/mappings/invoice_paid')).status).toBe(404);
    expect((await post(paid)).body.status).toBe('invalid');
  });

  it('are listed in pages by name, without those that were deleted', async () => {
    for (const name of ['c', 'a', 'b', 'gone'])
      await harness.api.must('PUT', `/api/outbox/mappings/${name}`, invoice);
    const changed = { effects: [{ ...invoice.effects[0]!, properties: { tier: '/plan' } }] };
    await harness.api.must('PUT', '/api/outbox/mappings/b', changed);
    await harness.api.delete('/api/outbox/mappings/gone');
    expect(await pages('/api/outbox/mappings', 2)).toMatchObject([
      [
        { name: 'a', version: 1 },
        { name: 'b', version: 2 },
      ],
      [{ name: 'c', version: 1 }],
    ]);
  });

  it('are not overwritten by who has seen another version, and are not sent again to who has this one', async () => {
    const at = '/api/outbox/mappings/invoice_paid';
    const put = (body: unknown, tag: string) => harness.api.request('PUT', at, body, { 'if-match': tag });
    const isGone = { status: 412, body: { type: 'urn:sluice:precondition_failed' } };
    expect(await put(invoice, '*')).toMatchObject(isGone);
    const made = await harness.api.put(at, invoice);
    const tag = made.headers.get('etag')!;
    expect((await harness.api.get(at)).headers.get('etag')).toBe(tag);
    const same = await harness.api.request('GET', at, undefined, { 'if-none-match': `W/${tag}` });
    expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, '', tag]);

    const by = (name: string) => ({ effects: [{ ...invoice.effects[0]!, properties: { [name]: '/plan' } }] });
    const both = await Promise.all([put(by('tier'), tag), put(by('level'), tag)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await harness.api.request('GET', at, undefined, { 'if-none-match': tag })).status).toBe(200);
    expect(await harness.api.request('DELETE', at, undefined, { 'if-match': tag })).toMatchObject(isGone);
    const now = (await harness.api.get(at)).headers.get('etag')!;
    expect((await harness.api.request('DELETE', at, undefined, { 'if-match': now })).status).toBe(204);
  });

  it('that cannot be applied are refused with the place of each problem', async () => {
    const { status, body } = await harness.api.put<{ errors: unknown[] }>('/api/outbox/mappings/broken', {
      effects: [{ kind: 'upsertContact', by: { property: 'E Mail', value: 'email' } }],
    });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      expect.objectContaining({ path: 'effects.0.by.property' }),
      expect.objectContaining({ path: 'effects.0.by.value' }),
    ]);
  });

  it('belong to one workspace', async () => {
    await harness.api.must('PUT', '/api/outbox/mappings/ours', invoice);
    const other = await harness.client({ workspaceId: OTHER_WORKSPACE });
    expect((await other.get('/api/outbox/mappings/ours')).status).toBe(404);
    expect(await other.must('GET', '/api/outbox/mappings')).toMatchObject({ items: [] });
  });

  it('stand beside the types that are declared in code, each with its schema and how it runs', async () => {
    await harness.api.must('PUT', '/api/outbox/types/nova_earned', { mode: 'shadow' });
    const { items } = await harness.api.must<{ items: { name: string; mode: string; schema: object }[] }>(
      'GET',
      '/api/outbox/types',
    );
    expect(items.find(({ name }) => name === 'nova_earned')).toMatchObject({
      mode: 'shadow',
      schema: { type: 'object', required: expect.arrayContaining(['driverId', 'amount']) },
    });
    expect((await harness.api.put('/api/outbox/types/moon', { mode: 'shadow' })).status).toBe(404);
  });
});
