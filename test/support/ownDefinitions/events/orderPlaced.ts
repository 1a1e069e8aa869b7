import { defineEvent, EffectsError, z } from 'sluice';

/** An event type as somebody who uses Sluice defines it. */
export const orderPlaced = defineEvent({
  name: 'order_placed',
  version: 1,
  description: 'An order was placed.',
  schema: z.object({ number: z.string(), email: z.email() }),
  example: { number: 'A-1', email: 'dana@example.com' },
  orderingKey: ({ email }) => email,
  effects: ({ number, email }) => {
    if (number.startsWith('T-')) throw new EffectsError('a test order changes nothing at HubSpot');
    return [
      {
        kind: 'upsertContact',
        by: { property: 'email', value: email },
        properties: { jobtitle: `Order ${number}` },
      },
    ];
  },
});
