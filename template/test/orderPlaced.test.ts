import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderPlaced } from '../events/orderPlaced.js';

const context = { eventId: '1', portalId: '1', occurredAt: '2027-01-01T00:00:00.000Z' };

test('an order writes its number to the contact who has placed it', () => {
  const order = orderPlaced.schema.parse({ number: 'A-7', email: 'ada@example.com' });
  assert.deepEqual(orderPlaced.effects(order, context), [
    {
      kind: 'upsertContact',
      by: { property: 'email', value: 'ada@example.com' },
      properties: { jobtitle: 'Order A-7' },
    },
  ]);
});

test('orders of one contact take effect in their order', () => {
  const order = { number: 'A-7', email: 'ada@example.com' };
  assert.equal(orderPlaced.orderingKey(order, context), 'ada@example.com');
});

test('what is no order is refused', () => {
  assert.equal(orderPlaced.schema.safeParse({ number: '', email: 'nobody' }).success, false);
});
