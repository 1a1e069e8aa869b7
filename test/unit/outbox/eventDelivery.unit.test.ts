import { describe, expect, it } from '@jest/globals';
import { fallbackOf } from '../../../src/domain/outbox/customEvents.js';
import type { Effect } from '../../../src/domain/outbox/effects.js';
import { mappingSchema } from '../../../src/domain/outbox/mapping/mappingSchema.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { customEventsOf, limitedTypes } from '../../../src/services/outbox/eventDelivery.js';

const byKey = (property: string) => ({ objectType: 'contacts', by: { property, value: '/id' } });
const contact = (property: string) => ({ kind: 'upsertContact', by: { property, value: '/id' } });
const earlier = { effect: 0 };

describe('a fallback', () => {
  it.each([
    { says: 'of a contact by its key', on: byKey('email'), fallback: { count: 'visits' }, has: true },
    {
      says: 'of an earlier effect',
      on: earlier,
      first: contact('email'),
      fallback: { count: 'n' },
      has: true,
    },
    { says: 'that counts nothing', on: byKey('hs_object_id'), fallback: { lastAt: 'at' }, has: true },
    { says: "that counts by HubSpot's id", on: byKey('hs_object_id'), fallback: { count: 'n' }, has: false },
    {
      says: "that counts for an effect by HubSpot's id",
      ...{ on: earlier, first: contact('hs_object_id'), fallback: { count: 'n' }, has: false },
    },
    {
      says: 'whose counter is one of its fields',
      ...{ on: byKey('email'), fallback: { count: 'n', fields: { a: 'n' } }, has: false },
    },
    {
      says: 'whose counter is its time',
      ...{ on: byKey('email'), fallback: { count: 'n', lastAt: 'n' }, has: false },
    },
    {
      says: 'of a record that is no contact',
      ...{ on: { ...byKey('domain'), objectType: 'companies' }, fallback: { lastAt: 'at' }, has: false },
    },
    {
      says: 'of a contact by its id',
      ...{ on: { objectType: 'contacts', id: '/id' }, fallback: { lastAt: 'at' }, has: false },
    },
  ])('$says is said to be there ($has) as it can be built', ({ on, first, fallback, has }) => {
    const effects = [...(first ? [first] : []), { kind: 'customEvent', name: 'visit', on, fallback }];
    const mapping = mappingSchema.parse({ name: 'visit', effects });
    const said = limitedTypes(customEventsOf({ registry: createRegistry([]), mappings: [mapping] }), {
      scopes: [],
      refused: [],
    });
    expect(said.map(({ hasFallback }) => hasFallback)).toEqual([has]);
    const built = effects.map((effect) => ({
      properties: { a: '1' },
      timestamp: '0',
      ...effect,
    })) as Effect[];
    const event = built.at(-1) as Extract<Effect, { kind: 'customEvent' }>;
    expect(fallbackOf(event, built) !== undefined).toBe(has);
  });
});
