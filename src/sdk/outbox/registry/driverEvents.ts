import { z } from 'zod';
import { isAddress } from '../../../domain/outbox/address.js';
import type { Effect, Properties, RecordRef, UniqueValue } from '../../../domain/outbox/effects.js';
import { defineEvent } from './eventType.js';
import type { EventContext } from './eventType.js';
import { fromFormerPayload } from './formerPayloads.js';
import { DRIVER_KEY } from './ownProperties.js';

/*
 * The event types that come with Sluice: a driver, who signs up, installs a pass in a phone's wallet, earns Nova
 * (points) and redeems them. In HubSpot a driver is a contact. All have the driver as ordering key, so that what
 * happened to one driver happens in its order in HubSpot too, and counters of a contact are never added to by two at
 * once.
 */

const id = z.string().trim().min(1).max(100);
/** Empty says nothing, and what it says something of stays as it is; null clears it. */
const text = z.string().trim().max(500).nullish();
const email = z.string().trim().refine(isAddress, 'is not an e-mail address');
const amount = z.number().int().min(0).max(1_000_000_000);
const balance = z.number().int().min(-1_000_000_000).max(1_000_000_000);

const driver = {
  driverId: id,
  email: email.optional(),
  /** Events of this driver may have no e-mail: its contact gets a key of ours, by which they find it. */
  keyed: z.boolean().optional(),
  /** When it happened, where the event itself was not given it. */
  occurredAt: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
    .optional(),
};

type Driver = z.output<z.ZodObject<typeof driver>>;

function driverPayload<const Shape extends z.ZodRawShape>(shape: Shape) {
  const message = 'is needed, unless keyed is true: then the contact is found by a key of its own';
  const isNamed = ({ email, keyed }: Driver) => email !== undefined || keyed === true;
  return z.object({ ...driver, ...shape }).refine((payload) => isNamed(payload as Driver), {
    path: ['email'],
    message,
  });
}

/**
 * The contact of a driver: by the application's own id where the portal has a property for it, else by e-mail, and
 * without one by the key that an event with one has left.
 */
function keyOf({ driverId, email }: Driver, { contactKeyProperty }: EventContext): UniqueValue {
  if (contactKeyProperty !== undefined) return { property: contactKeyProperty, value: driverId };
  return email === undefined
    ? { property: DRIVER_KEY.name, value: driverId }
    : { property: 'email', value: email };
}

function timeOf({ occurredAt }: Driver, context: EventContext): string {
  return occurredAt === undefined ? context.occurredAt : new Date(occurredAt).toISOString();
}

function contactOf(who: Driver, context: EventContext): RecordRef {
  return { objectType: 'contacts', by: keyOf(who, context) };
}

/** Finds or makes the contact and sets what is given; what the event does not carry stays as it is. */
function upsert(
  who: Driver,
  context: EventContext,
  properties: Readonly<Record<string, string | null | undefined>>,
  counters?: Readonly<Record<string, number>>,
): Effect {
  const by = keyOf(who, context);
  const others = {
    email: by.property === 'email' ? undefined : who.email,
    [DRIVER_KEY.name]: by.property === 'email' && who.keyed ? who.driverId : undefined,
  };
  return {
    kind: 'upsertContact',
    by,
    properties: given({ ...others, ...properties }),
    ...(counters && { counters }),
  };
}

function given(properties: Readonly<Record<string, string | null | undefined>>): Properties {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export const driverSignedUp = defineEvent({
  name: 'driver_signed_up',
  version: 1,
  upgrade: fromFormerPayload('driver_signed_up'),
  description: 'A driver made an account: the contact exists, with name, phone and the time of signing up.',
  schema: driverPayload({
    firstName: text,
    lastName: text,
    phone: z.string().trim().max(40).nullish(),
    city: text,
    source: text,
  }),
  example: { driverId: 'd-1001', email: 'dana@example.com', firstName: 'Dana', source: 'app' },
  orderingKey: ({ driverId }) => driverId,
  effects: (payload, context) => [
    upsert(payload, context, {
      firstname: payload.firstName,
      lastname: payload.lastName,
      phone: payload.phone,
      city: payload.city,
      sluice_driver_id: payload.driverId,
      sluice_signed_up_at: timeOf(payload, context),
      sluice_signup_source: payload.source,
    }),
  ],
});

export const walletPassInstalled = defineEvent({
  name: 'wallet_pass_installed',
  version: 1,
  upgrade: fromFormerPayload('wallet_pass_installed'),
  description:
    'A driver put the pass into the wallet of a phone: platform and time on the contact, and an event on its timeline.',
  schema: driverPayload({
    platform: z.enum(['apple', 'google']),
    passId: z.string().trim().max(100).nullish(),
  }),
  example: { driverId: 'd-1001', email: 'dana@example.com', platform: 'apple' },
  orderingKey: ({ driverId }) => driverId,
  fallbacks: {
    wallet_pass_installed: {
      lastAt: 'sluice_wallet_installed_at',
      count: 'sluice_wallet_passes',
      fields: { platform: 'sluice_wallet_platform', pass_id: 'sluice_wallet_last_pass' },
    },
  },
  effects: (payload, context) => [
    upsert(payload, context, {
      sluice_driver_id: payload.driverId,
      sluice_wallet_platform: payload.platform,
      sluice_wallet_installed_at: timeOf(payload, context),
    }),
    {
      kind: 'customEvent',
      name: 'wallet_pass_installed',
      on: contactOf(payload, context),
      properties: given({ platform: payload.platform, pass_id: payload.passId }),
      timestamp: timeOf(payload, context),
    },
  ],
});

export const novaEarned = defineEvent({
  name: 'nova_earned',
  version: 1,
  upgrade: fromFormerPayload('nova_earned'),
  description: 'A driver earned Nova: the total on the contact grows by the amount.',
  schema: driverPayload({
    amount,
    reason: text,
    sessionId: id.optional(),
    balance: balance.optional(),
  }),
  example: { driverId: 'd-1001', email: 'dana@example.com', amount: 150, reason: 'charging' },
  orderingKey: ({ driverId }) => driverId,
  effects: (payload, context) => [
    upsert(
      payload,
      context,
      {
        sluice_driver_id: payload.driverId,
        sluice_nova_last_earned_at: timeOf(payload, context),
        sluice_nova_last_reason: payload.reason,
        sluice_nova_last_session: payload.sessionId,
        sluice_nova_balance: payload.balance?.toString(),
      },
      { sluice_nova_earned: payload.amount },
    ),
  ],
});

export const novaRedeemed = defineEvent({
  name: 'nova_redeemed',
  version: 1,
  upgrade: fromFormerPayload('nova_redeemed'),
  description:
    'A driver spent Nova: amount and number of redemptions on the contact grow, and an event on its timeline says for what.',
  schema: driverPayload({
    amount,
    redemptionId: id,
    reward: text,
    merchant: text,
    balance: balance.optional(),
  }),
  example: {
    driverId: 'd-1001',
    email: 'dana@example.com',
    amount: 100,
    redemptionId: 'r-77',
    reward: 'Coffee',
  },
  orderingKey: ({ driverId }) => driverId,
  fallbacks: {
    nova_redeemed: {
      lastAt: 'sluice_nova_last_redeemed_at',
      count: 'sluice_nova_redeemed_events',
      fields: {
        amount: 'sluice_nova_last_redeemed',
        redemption_id: 'sluice_nova_last_redemption',
        reward: 'sluice_nova_last_reward',
        merchant: 'sluice_nova_last_merchant',
      },
    },
  },
  effects: (payload, context) => [
    upsert(
      payload,
      context,
      { sluice_driver_id: payload.driverId, sluice_nova_last_redeemed_at: timeOf(payload, context) },
      { sluice_nova_redeemed: payload.amount, sluice_redemptions: 1 },
    ),
    {
      kind: 'customEvent',
      name: 'nova_redeemed',
      on: contactOf(payload, context),
      properties: given({
        amount: String(payload.amount),
        redemption_id: payload.redemptionId,
        reward: payload.reward,
        merchant: payload.merchant,
      }),
      timestamp: timeOf(payload, context),
    },
  ],
});

export const firstRedemptionCompleted = defineEvent({
  name: 'first_redemption_completed',
  version: 1,
  upgrade: fromFormerPayload('first_redemption_completed'),
  description:
    'A driver redeemed for the first time: the contact becomes a customer, and a note says what it was.',
  schema: driverPayload({
    redemptionId: id,
    reward: text,
    merchant: text,
    amount: amount.optional(),
  }),
  example: {
    driverId: 'd-1001',
    email: 'dana@example.com',
    redemptionId: 'r-77',
    reward: 'Coffee',
    merchant: 'Corner Café',
  },
  orderingKey: ({ driverId }) => driverId,
  effects: (payload, context) => [
    upsert(payload, context, {
      sluice_driver_id: payload.driverId,
      sluice_first_redemption_at: timeOf(payload, context),
      lifecyclestage: 'customer',
    }),
    {
      kind: 'note',
      on: contactOf(payload, context),
      body: escapeHtml(
        [
          'First redemption',
          payload.reward,
          payload.merchant && `at ${payload.merchant}`,
          `(${payload.redemptionId})`,
        ]
          .filter(Boolean)
          .join(' '),
      ),
      timestamp: timeOf(payload, context),
    },
  ],
});

/** HubSpot shows the body of a note as HTML. */
function escapeHtml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
