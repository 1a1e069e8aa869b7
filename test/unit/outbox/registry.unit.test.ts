import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { neededProperties } from '../../../src/activities/outbox/neededProperties.js';
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

describe('payloads of an earlier outbox', () => {
  const former = {
    driver_signed_up: {
      user_id: '17',
      email: 'ann@example.com',
      auth_provider: 'otp',
      created_at: '2025-03-20T13:54:31.045Z',
    },
    wallet_pass_installed: { user_id: 17, pass_type: 'apple', installed_at: '2025-03-21T08:00:00' },
    nova_earned: {
      ...{ user_id: '17', amount_cents: 250, session_id: 's-1', new_balance_cents: 750 },
      earned_at: '2025-03-22 08:00:00.123456',
    },
    nova_redeemed: {
      ...{
        user_id: '17',
        amount_cents: 100,
        merchant_id: 'm-9',
        redemption_id: 'r-3',
        new_balance_cents: 650,
      },
      redeemed_at: '2025-03-23T08:00:00Z',
    },
    first_redemption_completed: {
      ...{ user_id: '17', redemption_id: 'r-3', merchant_id: 'm-9', amount_cents: 100 },
      completed_at: '2025-03-23T08:00:00Z',
    },
  };
  const effectsOf = (type: string, payload: unknown, at: EventContext = context) => {
    const found = registry.check(type, undefined, payload);
    if (!found.ok) throw new Error(found.reason);
    const effects = found.type.effects(found.payload, at);
    expect(problemsOfEffects(effects)).toEqual([]);
    expect(found.type.orderingKey(found.payload, at)).toBe('17');
    return effects;
  };

  it('are understood under their own names, with their own times', () => {
    expect(effectsOf('driver_signed_up', former.driver_signed_up)).toMatchObject([
      {
        by: { property: 'email', value: 'ann@example.com' },
        properties: {
          sluice_driver_id: '17',
          sluice_signup_source: 'otp',
          sluice_signed_up_at: '2025-03-20T13:54:31.045Z',
        },
      },
    ]);
    expect(effectsOf('nova_earned', former.nova_earned)).toMatchObject([
      {
        counters: { sluice_nova_earned: 250 },
        properties: {
          sluice_nova_last_session: 's-1',
          sluice_nova_balance: '750',
          sluice_nova_last_earned_at: '2025-03-22T08:00:00.123Z',
        },
      },
    ]);
    expect(effectsOf('nova_redeemed', former.nova_redeemed)[1]).toMatchObject({
      properties: { amount: '100', redemption_id: 'r-3', merchant: 'm-9' },
      timestamp: '2025-03-23T08:00:00.000Z',
    });
    expect(effectsOf('first_redemption_completed', former.first_redemption_completed)[1]).toMatchObject({
      body: 'First redemption at m-9 (r-3)',
    });
  });

  it('find the contact without an e-mail by the key that the first event has left on it', () => {
    const key = { property: 'sluice_driver_key', value: '17' };
    expect(effectsOf('driver_signed_up', former.driver_signed_up)).toMatchObject([
      { properties: { [key.property]: key.value } },
    ]);
    expect(effectsOf('wallet_pass_installed', former.wallet_pass_installed)).toMatchObject([
      { by: key, properties: { sluice_wallet_platform: 'apple' } },
      { on: { objectType: 'contacts', by: key }, timestamp: '2025-03-21T08:00:00.000Z' },
    ]);
    expect(neededProperties(effectsOf('nova_earned', former.nova_earned), NEEDS)).toContainEqual({
      objectType: 'contacts',
      property: expect.objectContaining({ name: key.property, unique: true }),
    });
    const ours = { ...context, contactKeyProperty: 'driver_no' };
    expect(effectsOf('nova_earned', former.nova_earned, ours)).toMatchObject([
      { by: { property: 'driver_no', value: '17' } },
    ]);
  });

  it('leave a payload of today as strict as it was: without an e-mail it says what is needed', () => {
    expect(registry.check('nova_earned', undefined, { driverId: '17', amount: 1 })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('email: is needed'),
    });
    expect(
      neededProperties(effectsOf('nova_earned', today), NEEDS).map(({ property }) => property.name),
    ).not.toContain('sluice_driver_key');
  });

  const NEEDS = { prefix: 'sluice_', appEvents: new Set<string>() };
  const today = { driverId: '17', email: 'ann@example.com', amount: 1 };
});
