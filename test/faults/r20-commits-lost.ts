import { until } from '../support/stack.js';
import { copyPostgres } from './copies.js';
import { seconds, type Fault } from './fault.js';
import {
  judgeMirror,
  portalWith,
  sandboxed,
  startMirror,
  untilLoaded,
  untilTrue,
  type Mirrored,
} from './mirror.js';
import { judgeRegistrations, named, registerPlay } from './registrations.js';

const RECORDS = 600;
const EACH = 12;

export const commitsLost: Fault = {
  id: 'R20',
  covers: ['F20'],
  title:
    'a database that lost its last commits takes over: registrations are numbered like others, and webhooks that were taken are forgotten; nobody gets the records of another, and no change is lost',
  async run({ stack: createStack, say }) {
    const stack = await createStack();
    const mirrored = await portalWith(stack, RECORDS);
    const registered = await stack.connectPortal();
    const play = registerPlay(stack, registered);
    await startMirror(stack, mirrored);
    await untilLoaded(stack, mirrored, 120_000);
    const targetUrl = new URL('/api/integrations/hubspot/webhooks', stack.actionUrl()).href;
    await stack.sandbox.setWebhooks({ targetUrl, shuffle: true, double: 0.1 });
    await play.register(named('before', EACH));
    const before = await copyPostgres(stack);

    // What is committed from here on is lost: HubSpot has it, and was told that it is kept.
    await edit(mirrored, 'Geneva');
    await until('the events were taken', async () => (await stack.sandbox.webhooks()).pending === 0, 60_000);
    await play.register(named('lost', EACH));
    const processes = [...stack.workers, ...stack.apis];
    for (const one of processes) await one.kill('SIGTERM');
    await before.putBack();
    for (const one of processes) await one.restart();

    const from = performance.now();
    await play.register(named('after', EACH));
    await untilTrue(stack, mirrored, 180_000);
    const trueAgainMs = performance.now() - from;
    say(`the mirror was true again after ${seconds(trueAgainMs)}`);
    const mirror = await judgeMirror(stack, [mirrored]);
    const registrations = await judgeRegistrations([play]);
    return {
      problems: [...mirror.problems, ...registrations.problems],
      figures: [
        ...registrations.figures,
        ...mirror.figures.map(([name, value]) => [`mirror_${name}`, value] as const),
        ['true_again', seconds(trueAgainMs)],
      ],
    };

    async function edit({ portalId, records }: Mirrored, city: string) {
      await sandboxed(stack, 'POST', `/portals/${portalId}/crm/contacts/bulk-edit`, {
        ...{ count: records, properties: { city } },
      });
    }
  },
};
