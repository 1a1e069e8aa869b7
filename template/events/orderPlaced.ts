import { defineEvent, z } from 'sluice';

/** An order: its number goes to the contact who has placed it, whom HubSpot makes where there is none. */
export const orderPlaced = defineEvent({
  name: 'order_placed',
  version: 1,
  description: 'An order was placed.',
  schema: z.object({ number: z.string().min(1), email: z.email() }),
  example: { number: 'A-1', email: 'dana@example.com' },
  orderingKey: ({ email }) => email,
  effects: ({ number, email }) => [
    {
      kind: 'upsertContact',
      by: { property: 'email', value: email },
      properties: { jobtitle: `Order ${number}` },
    },
  ],
});
