import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Mapping } from '../../../src/domain/outbox/mapping/mappingSchema.js';
import { defineEvent } from '../../../src/sdk/outbox/registry/eventType.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';
import { interpret } from '../../../src/services/outbox/interpret.js';

interface Driver {
  readonly driverId: string;
  readonly email: string;
  readonly city?: string | null;
}

/** The same event as a type of an application's own, which checks nothing itself. */
const own = defineEvent({
  name: 'own_signed_up',
  version: 1,
  description: 'A driver made an account.',
  schema: z.object({ driverId: z.string(), email: z.string(), city: z.string().nullish() }),
  example: { driverId: 'd', email: 'd@example.com' },
  orderingKey: ({ driverId }) => driverId,
  effects: ({ email, city }) => [
    {
      kind: 'upsertContact',
      by: { property: 'email', value: email },
      properties: city === undefined ? {} : { city },
    },
  ],
});
/** And by a mapping. */
const mapping: Mapping = {
  name: 'signed_up',
  orderingKey: '/driverId',
  effects: [
    { kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties: { city: '/city' } },
  ],
};
const registry = createRegistry([...SHIPPED, own]);

const FORMS: [string, (driver: Driver) => { type: string; payload: unknown }][] = [
  ['a shipped type', (payload) => ({ type: 'driver_signed_up', payload })],
  ["a type of one's own", (payload) => ({ type: 'own_signed_up', payload })],
  ['a mapping', (data) => ({ type: 'generic', payload: { name: 'signed_up', data } })],
];
const context = { eventId: '1', portalId: '1', occurredAt: '2026-10-01T00:00:00.000Z' };

describe.each(FORMS)('an event of %s', (_, eventOf) => {
  function meaning(driver: Driver) {
    const settings = { mapping: () => ({ version: 1, mapping }) };
    const made = interpret({ ...eventOf(driver), version: null }, context, registry, settings);
    if (!made.ok) return made.reason;
    const [effect] = made.effects;
    if (effect?.kind !== 'upsertContact') throw new Error('Another effect was expected');
    const { city } = effect.properties;
    return { by: effect.by, city, orderingKey: made.orderingKey };
  }

  it('has no spaces around its keys and values, and addresses in small letters', () => {
    expect(meaning({ driverId: ' d-1 ', email: '\tAnn@Example.com ', city: ' Bern ' })).toEqual({
      ...{ by: { property: 'email', value: 'ann@example.com' }, city: 'Bern', orderingKey: 'd-1' },
    });
  });

  it('leaves a property as it is for a text that says nothing, and clears it for null', () => {
    const driver = { driverId: 'd-1', email: 'ann@example.com' };
    expect(meaning({ ...driver, city: '  ' })).toMatchObject({ city: undefined });
    expect(meaning({ ...driver, city: null })).toMatchObject({ city: null });
  });

  it.each(['ann', 'ann@', '@example.com', 'ann@example', 'ann@exam ple.com', 'ann@@example.com', 'a@b..com'])(
    'is refused for %j, which is no address',
    (email) => {
      expect(meaning({ driverId: 'd-1', email })).toContain('is not an e-mail address');
    },
  );

  it.each(['ünsal@müller.example', "o'neill+tag@sub.example.co.uk", 'ann@xn--bcher-kva.example'])(
    'is taken for %j, of which HubSpot has the last word',
    (email) => {
      expect(meaning({ driverId: 'd-1', email })).toMatchObject({ by: { value: email } });
    },
  );
});
