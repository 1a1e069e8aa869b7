import { describe, expect, it } from '@jest/globals';
import { lostRows } from '../../../src/activities/register/lostRows.js';
import { sendRows } from '../../../src/activities/register/sendRows.js';
import type { Row } from '../../../src/domain/outbox/plan.js';
import type { Outcome } from '../../../src/hubspot/wire/outcomes.js';
import type { OutboxRequest } from '../../../src/services/outbox/delivery/outboxRequest.js';
import { recordRows } from '../../../src/services/register/stepRows.js';

const NOW = Date.parse('2027-01-01T12:00:00Z');
const DEALS = [{ properties: { dealname: 'Boat' } }, { properties: { dealname: 'Car' } }];
const PLAN = { contact: { properties: { email: 'a@example.com' } }, deals: DEALS, tickets: [] };
const OF = { registrationId: '7', request: 'a1b2' };
const rowsWith = (request: boolean) => recordRows('deals', PLAN, OF, { request, external: false });
const ok = (body: unknown): Outcome => ({ kind: 'ok', status: 200, body });
const record = (id: string, dealname: string, agoMs: number) => ({
  ...{ id, properties: { dealname } },
  createdAt: new Date(NOW - agoMs).toISOString(),
});

const nobody = () => Promise.reject(new Error('Nobody is to ask'));

describe('records that HubSpot cannot tell from a repeat', () => {
  it('are noted before they are sent, each by itself; one whose answer is lost is in doubt, and the other is not', async () => {
    const sent: string[] = [];
    const rows = rowsWith(false);
    const outcomes = await sendRows(rows, {
      upsert: nobody,
      note: (making: readonly Row[]) => {
        sent.push(`note ${making.map(({ parts: [{ n }] }) => n).join()}`);
        return Promise.resolve(true);
      },
      ask: ({ resource, body }: OutboxRequest) => {
        const { inputs } = body as unknown as { inputs: { properties: Record<string, string> }[] };
        const name = inputs[0]?.properties['dealname'] ?? '';
        sent.push(`${resource} ${name}`);
        if (name === 'Car')
          return Promise.resolve<Outcome>({ kind: 'unknown', reason: 'timeout', message: 'no answer' });
        return Promise.resolve(ok({ status: 'COMPLETE', results: [record('11', 'Boat', 0)] }));
      },
    });
    expect(sent).toEqual(['note 0', 'createObjects Boat', 'note 1', 'createObjects Car']);
    expect(rows.map((row) => outcomes.get(row))).toMatchObject([
      { state: 'done', id: '11', isNew: true },
      { state: 'failed', isUnsure: true },
    ]);
  });

  it('are not sent by who was overtaken', async () => {
    const sent: string[] = [];
    const outcomes = await sendRows(rowsWith(false), {
      note: () => Promise.resolve(false),
      upsert: nobody,
      ask: ({ resource }) => {
        sent.push(resource);
        return Promise.resolve(ok({ results: [] }));
      },
    });
    expect([sent, outcomes.size]).toEqual([[], 0]);
  });

  it.each<[string, number, Outcome, object]>([
    ['found', 60_000, ok({ total: 1, results: [record('12', 'Car', 50_000)] }), { state: 'found', id: '12' }],
    ['an older one', 300_000, ok({ total: 1, results: [record('9', 'Car', 9e6)] }), { state: 'absent' }],
    [
      'not shown yet',
      50_000,
      ok({ total: 0, results: [] }),
      { state: 'unsure', failure: { retryAfterMs: 70_000 } },
    ],
    ['not shown for long', 200_000, ok({ total: 0, results: [] }), { state: 'absent' }],
    [
      'not to be asked now',
      60_000,
      { kind: 'throttled', policy: 'SECONDLY', retryAfterMs: 1000, message: '' },
      { state: 'unsure', failure: { class: 'rate' } },
    ],
  ])('are looked for before they are made again: %s', async (_, sentMsAgo, answer, expected) => {
    const lost = await lostRows({
      ask: () => Promise.resolve(answer),
      rows: rowsWith(false),
      inHand: { recordIds: ['11', null], sentMsAgo: [null, sentMsAgo], nowMs: NOW },
    });
    expect([...lost.keys()]).toEqual([1]);
    expect(lost.get(1)).toMatchObject(expected);
  });
});

describe('records with a key of ours', () => {
  it('go together with those of others, by a key that names the request and the row', async () => {
    const sent: unknown[] = [];
    const record = { id: '21', properties: {}, createdAt: undefined, modifiedAt: undefined };
    const rows = rowsWith(true);
    const outcomes = await sendRows(rows, {
      note: nobody,
      ask: nobody,
      upsert: (objectType, writes, keys) => {
        sent.push({ objectType, keys, by: writes.map((write) => 'by' in write && write.by?.value) });
        const failure = { class: 'permanent' as const, message: 'no' };
        return Promise.resolve([
          { state: 'done', outcome: 'created', record, answeredMs: 0 },
          { state: 'failed', failure },
        ]);
      },
    });
    expect(sent).toEqual([
      {
        objectType: 'deals',
        keys: ['a1b2/deals/0', 'a1b2/deals/1'],
        by: ['a1b2/deals/0', 'a1b2/deals/1'],
      },
    ]);
    expect(rows.map((row) => outcomes.get(row))).toMatchObject([
      { state: 'done', id: '21' },
      { state: 'failed', failure: { class: 'permanent' } },
    ]);
  });

  it('wait for another try where too many wait already', async () => {
    const rows = rowsWith(true);
    const outcomes = await sendRows(rows, { note: nobody, ask: nobody, upsert: () => undefined });
    expect(outcomes.get(rows[0]!)).toMatchObject({ state: 'failed', failure: { class: 'rate' } });
  });
});

describe('deals of a registration', () => {
  const keysOf = (of: typeof OF) =>
    recordRows('deals', PLAN, of, { request: true, external: false }).map(({ operation }) =>
      operation.op === 'record' && operation.target && 'by' in operation.target
        ? operation.target.by.value
        : undefined,
    );

  it('are known at HubSpot by its request: a database that went back and gives its number again leads to none of them, and one that gives the request another number leads to them', () => {
    const [keys, others] = [keysOf(OF), keysOf({ ...OF, request: 'c3d4' })];
    expect(new Set([...keys, ...others]).size).toBe(4);
    expect(keysOf({ ...OF, registrationId: '8' })).toEqual(keys);
  });
});
