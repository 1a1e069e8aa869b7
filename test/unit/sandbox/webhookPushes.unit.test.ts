import { expect, it } from '@jest/globals';
import { systemClock } from '../../../sandbox/platform/clock.js';
import { Pushes } from '../../../sandbox/webhooks/pushes.js';
import { webhooksPlan } from '../../../sandbox/webhooks/webhooksPlan.js';

it('what webhooks have to bring takes no more than so much memory: events beyond it are not sent, and counted', async () => {
  const plan = webhooksPlan.parse({ targetUrl: 'http://127.0.0.1:1/', delayMs: 3_600_000 });
  const pushes = new Pushes(plan, { clock: systemClock, random: () => 0.5, secret: () => 's' }, 5);
  for (let n = 0; n < 8; n += 1) pushes.add({ subscriptionType: 'contact.creation', portalId: 1 });
  expect(pushes.tally.show()).toMatchObject({ produced: 8, pending: 5, overflowed: 3 });
  await pushes.end();
  expect(pushes.tally.show()).toMatchObject({ pending: 0, dropped: 5, requests: 0 });
});
