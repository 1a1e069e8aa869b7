import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { targetKey } from '../../../src/domain/outbox/operations.js';
import { planRounds } from '../../../src/domain/outbox/plan.js';
import type { PlannableEvent, Round } from '../../../src/domain/outbox/plan.js';
import { capabilities } from './support.js';

const contact = (
  who: string,
  properties: Record<string, string | null>,
  counters?: Record<string, number>,
): Effect => ({
  kind: 'upsertContact',
  by: { property: 'email', value: `${who}@example.com` },
  properties,
  ...(counters && { counters }),
});
const customEvent = (who: string): Effect => ({
  kind: 'customEvent',
  name: 'seen',
  on: { objectType: 'contacts', by: { property: 'email', value: `${who}@example.com` } },
  properties: {},
  timestamp: '2026-10-01T00:00:00Z',
});

const who = fc.constantFrom('a', 'b', 'c', 'd', 'B');
const anyEffect = fc.oneof(
  fc
    .record({
      to: who,
      name: fc.constantFrom('p', 'q', 'lifecyclestage'),
      value: fc.option(fc.constantFrom('1', '2')),
    })
    .map(({ to, name, value }) => contact(to, { [name]: value })),
  fc
    .record({ to: who, by: fc.integer({ min: 0, max: 9 }) })
    .map(({ to, by }) => contact(to, {}, { points: by })),
  who.map(customEvent),
  who.map((to): Effect => ({
    kind: 'note',
    on: { objectType: 'contacts', by: { property: 'email', value: `${to}@example.com` } },
    body: 'x',
    timestamp: '2026-10-01T00:00:00Z',
  })),
);
const anyEvents = fc
  .array(
    fc.record({
      orderingKey: fc.option(fc.constantFrom('k1', 'k2', 'k3')),
      effects: fc.array(anyEffect, { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 25 },
  )
  .map((events) => events.map((event, n): PlannableEvent => ({ id: String(n), ...event })));
const anySize = fc.integer({ min: 1, max: 7 });

const rowsOf = (round: Round) => round.batches.flatMap(({ rows }) => rows);

/** The record as it ends, when these effects come in this order; `lifecyclestage` moves forward only, as in HubSpot. */
function play(
  operations: readonly {
    operation: { op: string; properties?: object; counters?: object; target?: unknown };
  }[],
) {
  const records = new Map<string, Record<string, unknown>>();
  for (const { operation } of operations) {
    if (operation.op !== 'record' || !operation.target) continue;
    const key = targetKey(operation.target as never);
    const record = records.get(key) ?? {};
    for (const [name, value] of Object.entries(operation.properties ?? {})) {
      if (name === 'lifecyclestage' && Number(value ?? 0) < Number(record[name] ?? 0)) continue;
      record[name] = value;
    }
    for (const [name, delta] of Object.entries(operation.counters ?? {})) {
      record[name] = Number(record[name] ?? 0) + Number(delta);
    }
    records.set(key, record);
  }
  return Object.fromEntries(records);
}

describe('planRounds', () => {
  it('plans each effect exactly once', () => {
    fc.assert(
      fc.property(anyEvents, anySize, fc.boolean(), (events, batchSize, merge) => {
        const keys = planRounds(events, capabilities(), { batchSize, merge })
          .flatMap(rowsOf)
          .flatMap(({ parts }) => parts.map(({ key }) => key));
        const expected = events.flatMap(({ id, effects }) => effects.map((_, n) => `${id}/${n}`));
        expect([...keys].sort()).toEqual([...expected].sort());
      }),
    );
  });

  it('keeps the order of each ordering key across rounds, and never has two of a key in one', () => {
    fc.assert(
      fc.property(anyEvents, anySize, fc.boolean(), (events, batchSize, merge) => {
        const place = new Map<string, number>();
        planRounds(events, capabilities(), { batchSize, merge }).forEach((round, at) => {
          const orders = rowsOf(round).map(({ order }) => order);
          expect(new Set(orders).size).toBe(orders.length);
          for (const row of rowsOf(round)) row.parts.forEach(({ key }, n) => place.set(key, at * 1000 + n));
        });
        const byOrder = new Map<string, string[]>();
        for (const { id, orderingKey, effects } of events) {
          const order = orderingKey ?? `event ${id}`;
          byOrder.set(order, [...(byOrder.get(order) ?? []), ...effects.map((_, n) => `${id}/${n}`)]);
        }
        for (const keys of byOrder.values()) {
          const places = keys.map((key) => place.get(key) ?? -1);
          expect(places).toEqual([...places].sort((a, b) => a - b));
          expect(new Set(places).size).toBe(places.length);
        }
      }),
    );
  });

  it('writes no record twice in a round and puts at most the batch size into a call', () => {
    fc.assert(
      fc.property(anyEvents, anySize, (events, batchSize) => {
        for (const round of planRounds(events, capabilities(), { batchSize })) {
          const records = rowsOf(round).flatMap(({ operation }) =>
            operation.op === 'record' && operation.target ? [targetKey(operation.target)] : [],
          );
          expect(new Set(records).size).toBe(records.length);
          for (const { rows } of round.batches) expect(rows.length).toBeLessThanOrEqual(batchSize);
        }
      }),
    );
  });

  it('ends every record the same whether writes are merged or not', () => {
    fc.assert(
      fc.property(
        // One key, so that the order of the writes is one order.
        anyEvents.map((events) => events.map((event) => ({ ...event, orderingKey: 'k' }))),
        (events) => {
          const merged = planRounds(events, capabilities(), { batchSize: 100 }).flatMap(rowsOf);
          const apart = planRounds(events, capabilities(), { batchSize: 100, merge: false }).flatMap(rowsOf);
          expect(play(merged)).toEqual(play(apart));
          expect(merged.length).toBeLessThanOrEqual(apart.length);
        },
      ),
    );
  });

  it('sends 500 contacts of 500 keys in 5 batches, and the events of the same in 5 more', () => {
    const events = Array.from({ length: 500 }, (_, n): PlannableEvent => ({
      id: String(n),
      orderingKey: `k${n}`,
      effects: [contact(`c${n}`, { p: '1' }), customEvent(`c${n}`)],
    }));
    const rounds = planRounds(events, capabilities(), { batchSize: 100 });
    expect(rounds.map(({ batches }) => batches.map(({ rows }) => rows.length))).toEqual([
      [100, 100, 100, 100, 100],
      [100, 100, 100, 100, 100],
    ]);
  });

  it('makes one input of five direct writes of a contact', () => {
    const events = [1, 2, 3, 4, 5].map((n): PlannableEvent => ({
      id: String(n),
      orderingKey: 'd',
      effects: [contact('a', { p: String(n) }, { points: n })],
    }));
    const rows = planRounds(events, capabilities(), { batchSize: 100 }).flatMap(rowsOf);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.operation).toMatchObject({ properties: { p: '5' }, counters: { points: 15 } });
    expect(rows[0]?.parts.map(({ key }) => key)).toEqual(['1/0', '2/0', '3/0', '4/0', '5/0']);
  });

  it('plans only the effects of an event that are still to do', () => {
    const event: PlannableEvent = {
      id: '7',
      orderingKey: null,
      effects: [contact('a', { p: '1' }), customEvent('a')],
      pending: [1],
    };
    const rows = planRounds([event], capabilities(), { batchSize: 100 }).flatMap(rowsOf);
    expect(rows.map(({ parts }) => parts[0].key)).toEqual(['7/1']);
  });

  it('knows that two spellings of a mail address are one contact', () => {
    const events = ['A', 'a'].map((name, n): PlannableEvent => ({
      id: String(n),
      orderingKey: name,
      effects: [contact(name, { p: name })],
    }));
    expect(planRounds(events, capabilities(), { batchSize: 100 })).toHaveLength(2);
  });
});
