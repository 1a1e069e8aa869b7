import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { problemsOfEffects } from '../../../src/domain/outbox/effects.js';
import { defineEvent, EffectsError } from '../../../src/sdk/outbox/registry/eventType.js';
import type { EventContext } from '../../../src/sdk/outbox/registry/eventType.js';
import { createRegistry } from '../../../src/sdk/outbox/registry/registry.js';
import { SHIPPED } from '../../../src/sdk/outbox/registry/shipped.js';

const context: EventContext = {
  eventId: '42',
  portalId: '4711',
  occurredAt: '2026-10-01T00:00:00.000Z',
  mapping: (name) => ({
    name,
    orderingKey: '/customer/email',
    effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/customer/email' } }],
  }),
};
const registry = createRegistry(SHIPPED);

describe('the event types that come with Sluice', () => {
  it.each(registry.list().map((type) => [type.name, type] as const))(
    '%s makes sound effects of its example, the same each time',
    (_, type) => {
      for (const contactKeyProperty of [undefined, 'driver_id']) {
        const found = registry.check(type.name, type.version, type.example);
        if (!found.ok) throw new Error(found.reason);
        const at = { ...context, ...(contactKeyProperty && { contactKeyProperty }) };
        const effects = type.effects(found.payload, at);
        expect(effects.length).toBeGreaterThan(0);
        expect(problemsOfEffects(effects)).toEqual([]);
        expect(type.effects(found.payload, at)).toEqual(effects);
        expect(type.orderingKey(found.payload, at)).not.toBeNull();
      }
    },
  );

  it("write contacts by the portal's own key where it has one, and set the address then", () => {
    const type = registry.find('nova_earned');
    const payload = { driverId: 'd-1', email: 'ann@example.com', amount: 5 };
    expect(type?.effects(payload, { ...context, contactKeyProperty: 'driver_id' })).toMatchObject([
      {
        by: { property: 'driver_id', value: 'd-1' },
        properties: { email: 'ann@example.com' },
        counters: { sluice_nova_earned: 5 },
      },
    ]);
    expect(type?.effects(payload, context)).toMatchObject([
      { by: { property: 'email', value: 'ann@example.com' } },
    ]);
  });

  it('do not let text of an event become HTML of a note', () => {
    const effects = registry
      .find('first_redemption_completed')
      ?.effects({ driverId: 'd', email: 'a@example.com', redemptionId: 'r', reward: '<img src=x>' }, context);
    expect(JSON.stringify(effects)).not.toContain('<img');
  });

  it('say which mapping is missing', () => {
    const { mapping: _, ...without } = context;
    expect(() => registry.find('generic')?.effects({ name: 'invoice_paid', data: {} }, without)).toThrow(
      EffectsError,
    );
  });
});

describe('a registry', () => {
  it('finds a version, or the newest', () => {
    const at = (version: number) =>
      defineEvent({
        name: 'x',
        version,
        description: '',
        schema: z.object({}),
        example: {},
        orderingKey: () => null,
        effects: () => [],
      });
    const two = createRegistry([at(1), at(2)]);
    expect(two.find('x')?.version).toBe(2);
    expect(two.find('x', 1)?.version).toBe(1);
    expect(two.check('x', 3, {})).toEqual({
      ok: false,
      reason: 'event type x has no version 3; it has 2, 1',
    });
    expect(() => createRegistry([at(1), at(1)])).toThrow('declared twice');
    expect(() => createRegistry([{ ...at(1), name: 'Bad name' }])).toThrow('cannot be the name');
  });

  it('names unknown types and fields in words, and never a value', () => {
    const unknown = registry.check('driver_sign_up', undefined, {});
    expect(unknown).toMatchObject({ ok: false, reason: expect.stringContaining('driver_signed_up') });
    const wrong = registry.check('nova_earned', undefined, {
      driverId: 'd',
      email: 'SECRET',
      amount: 'SECRET',
    });
    expect(wrong).toMatchObject({ ok: false, reason: expect.stringMatching(/email: .*; amount: /) });
    expect(JSON.stringify(wrong)).not.toContain('SECRET');
    expect(JSON.stringify(registry.check('SECRET value', undefined, {}))).not.toContain('SECRET');
  });
});
