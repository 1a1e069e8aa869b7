import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient, Page } from '../../support/apiClient.js';
import { orderPlaced } from '../../support/ownDefinitions/events/orderPlaced.js';
import { seedLane } from '../../support/throttle.js';
import { startApi, type ApiHarness } from '../http/harness.js';

const PORTAL = 7_200_001;

describe("an event type of one's own", () => {
  let harness: ApiHarness;
  let api: ApiClient;
  beforeAll(async () => {
    const own = { events: [orderPlaced], builtIns: { driverEvents: false } };
    harness = await startApi({}, {}, undefined, undefined, undefined, own);
    api = await harness.client();
    await seedLane(harness.database.admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  });
  afterAll(() => harness.close());

  const capture = (type: string, payload: object) =>
    api.must<{ status: string; reason?: string }>('POST', '/api/events', { type, payload, portalId: PORTAL });

  it('is taken like any other, checked by its schema, and delivered', async () => {
    const payload = { number: 'A-1', email: 'dana@example.com' };
    expect(await capture('order_placed', payload)).toMatchObject({ status: 'captured' });
    expect(await capture('order_placed', { number: 'A-1', email: 'dana' })).toMatchObject({
      status: 'invalid',
      reason: 'payload of order_placed: email: must be an e-mail address',
    });
    expect(harness.controlCalls).toContain(`deliver ${PORTAL}`);
  });

  it('is listed with the schema of its payload, and those that are switched off are not', async () => {
    const { items } = await api.must<Page<{ name: string; schema: object }>>('GET', '/api/outbox/types');
    expect(items.map(({ name }) => name)).toEqual(['generic', 'order_placed']);
    expect(items[1]?.schema).toMatchObject({ required: ['number', 'email'] });
  });

  it('that is switched off is not known: its events are kept as invalid', async () => {
    const payload = { driverId: 'd-1', email: 'dana@example.com' };
    const { status, reason } = await capture('driver_signed_up', payload);
    expect({ status, reason }).toEqual({
      status: 'invalid',
      reason: expect.stringMatching(
        /^"driver_signed_up" is not a known event type; known are generic, order_placed/,
      ),
    });
  });
});
