import { json } from '../platform/answer.js';
import { webhooksPlan } from '../webhooks/webhooksPlan.js';
import { read } from './controlError.js';
import { nothing } from './plans.js';
import { route, type ControlRoute } from './router.js';

/** Where HubSpot sends what happens to records, for all portals with the app. */
export function createWebhookRoutes(): ControlRoute[] {
  return [
    route('GET', '/webhooks', ({ world }) => json(200, world.webhooks.show())),
    route('PUT', '/webhooks', ({ world, body }) => {
      world.webhooks.set(read(webhooksPlan, body, 'body'));
      return json(200, world.webhooks.show());
    }),
    route('DELETE', '/webhooks', async ({ world, body }) => {
      read(nothing, body, 'body');
      await world.webhooks.end();
      return json(200, world.webhooks.show());
    }),
  ];
}
