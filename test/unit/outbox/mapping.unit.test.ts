import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { applyMapping, orderingKeyOf } from '../../../src/domain/outbox/mapping/applyMapping.js';
import type { Expression, Mapping } from '../../../src/domain/outbox/mapping/mappingSchema.js';
import { parseMapping } from '../../../src/sdk/outbox/registry/generic.js';

const context = { eventId: '42', portalId: '4711', occurredAt: '2026-10-01T00:00:00.000Z' };
const invoice = {
  name: 'invoice_paid',
  orderingKey: '/customer/id',
  effects: [
    {
      kind: 'upsertContact',
      by: { property: 'email', value: { path: '/customer/email', as: 'lower' } },
      properties: {
        firstname: '/customer/first',
        plan: { path: '/plan', default: 'free' },
        old: { const: null },
      },
      counters: { invoices: { const: 1 }, paid_total: '/amount' },
    },
    {
      kind: 'upsertRecord',
      objectType: 'deals',
      by: { property: 'invoice_no', value: '/number' },
      properties: {
        dealname: { template: 'Invoice {/number} {{paid}} {@occurredAt}' },
        closedate: { path: '/at', as: 'date' },
      },
      associations: [{ to: { effect: 0 } }],
    },
    { kind: 'note', when: { path: '/comment', exists: true }, on: { effect: 0 }, body: '/comment' },
    {
      kind: 'associate',
      from: { effect: 1 },
      to: { objectType: 'companies', id: '/company' },
      when: { path: '/b2b', equals: true },
    },
  ],
};
const payload = {
  number: 'A-1',
  amount: 12,
  customer: { id: 'c9', email: 'Ann@Example.com', first: 'Ann' },
  at: '2026-09-30T22:00:00Z',
  company: 77,
  b2b: true,
};

function parsed(document: unknown): Mapping {
  const result = parseMapping(document);
  if (!result.ok) throw new Error(result.reason);
  return result.mapping;
}
const value = (expression: Expression, data: unknown) =>
  applyMapping(
    {
      name: 'm',
      effects: [
        {
          kind: 'upsertContact',
          by: { property: 'email', value: { const: 'x' } },
          properties: { v: expression },
        },
      ],
    },
    data,
    context,
  );

describe('applyMapping', () => {
  it('makes the effects of a payload, and numbers references anew where an effect does not take place', () => {
    expect(applyMapping(parsed(invoice), payload, context)).toEqual({
      ok: true,
      effects: [
        {
          kind: 'upsertContact',
          by: { property: 'email', value: 'ann@example.com' },
          properties: { firstname: 'Ann', plan: 'free', old: null },
          counters: { invoices: 1, paid_total: 12 },
        },
        {
          kind: 'upsertRecord',
          objectType: 'deals',
          by: { property: 'invoice_no', value: 'A-1' },
          properties: { dealname: 'Invoice A-1 {paid} 2026-10-01T00:00:00.000Z', closedate: '2026-09-30' },
          associations: [{ to: { effect: 0 } }],
        },
        { kind: 'associate', from: { effect: 1 }, to: { objectType: 'companies', id: '77' } },
      ],
    });
    expect(orderingKeyOf(parsed(invoice), payload, context)).toBe('c9');
    expect(orderingKeyOf(parsed(invoice), {}, context)).toBeNull();
  });

  it('names every place where the payload lacks what is needed, without a value', () => {
    const result = applyMapping(
      parsed(invoice),
      { ...payload, customer: {}, amount: 'SECRET', at: 'SECRET' },
      context,
    );
    expect(result).toEqual({
      ok: false,
      problems: [
        'effects.0.by email: the payload has no /customer/email',
        'effects.0.counters.paid_total: /amount is not a whole number from 0',
        'effects.1.properties.closedate: the value is not a time: write ISO 8601 (2024-01-15, 2024-01-15T23:30:00Z) or milliseconds since 1970, or name the format in the mapping',
      ],
    });
  });

  it('leaves a property alone that the payload does not have, and clears one that is null', () => {
    expect(value('/a', {})).toMatchObject({ ok: true, effects: [{ properties: {} }] });
    expect(value('/a', { a: null })).toMatchObject({ ok: true, effects: [{ properties: { v: null } }] });
  });

  it('reads lists as HubSpot writes several choices, escapes of JSON pointers, and nothing that JavaScript adds', () => {
    expect(value('/a', { a: ['x', 'y'] })).toMatchObject({ effects: [{ properties: { v: 'x;y' } }] });
    expect(value('/a~1b/c~0d/1', { 'a/b': { 'c~d': ['x', 'y'] } })).toMatchObject({
      effects: [{ properties: { v: 'y' } }],
    });
    for (const path of ['/constructor', '/__proto__', '/toString/name', '/a/length']) {
      expect(value(path, { a: 'text' })).toMatchObject({ ok: true, effects: [{ properties: {} }] });
    }
    expect(value('/a', { a: { b: 1 } })).toMatchObject({ ok: false });
  });

  it.each([
    '+1868658690',
    '007',
    '1e5',
    '0x1F',
    '12345678901234567890',
    '1,5',
    '.5',
    'Infinity',
    'true',
    '١٢',
  ])('leaves the text %j as it is: that it looks like a number makes it none', (text) => {
    expect(value('/a', { a: text })).toMatchObject({ ok: true, effects: [{ properties: { v: text } }] });
    expect(value({ template: '{/a}' }, { a: text })).toMatchObject({
      effects: [{ properties: { v: text } }],
    });
  });

  it('never throws, whatever the payload', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const result = applyMapping(parsed(invoice), data, context);
        expect(typeof result.ok).toBe('boolean');
      }),
    );
  });
});

describe('parseMapping', () => {
  it.each([
    [{ ...invoice, name: 'Bad Name' }, 'name: a mapping is called by'],
    [{ ...invoice, effects: [] }, 'effects:'],
    [{ ...invoice, effects: [{ kind: 'drop' }] }, 'effects.0.kind'],
    [
      { ...invoice, orderingKey: 'customer.id' },
      'orderingKey: "customer.id" is not a path: begin it with "/"',
    ],
    [{ ...invoice, orderingKey: '@secret' }, 'is not one of @eventId'],
    [{ ...invoice, effects: [{ ...invoice.effects[0], extra: 1 }] }, 'effects.0: has no field "extra"'],
    [
      { ...invoice, effects: [{ kind: 'note', on: { effect: 0 }, body: '/x' }] },
      'effects.0: it refers to effect 0, which does not come before it',
    ],
    [
      { ...invoice, effects: [{ kind: 'upsertContact', by: { property: 'E-Mail', value: '/x' } }] },
      'effects.0.by.property',
    ],
    [
      {
        ...invoice,
        effects: [{ kind: 'upsertContact', by: { property: 'email', value: { template: 'a {/b' } } }],
      },
      'effects.0.by.value',
    ],
  ])('says where a document is wrong: %#', (document, expected) => {
    const result = parseMapping(document);
    expect(result.ok ? 'it is taken' : result.reason).toContain(expected);
  });

  it('takes what it gave', () => {
    expect(parsed(JSON.parse(JSON.stringify(parsed(invoice))))).toEqual(parsed(invoice));
  });
});
