import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

export const answersToDeliveriesLost: Fault = {
  id: 'O33',
  title: 'answers to deliveries are lost after HubSpot has applied them, never come, are cut off, or are 5xx',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack);
    const { stack, portalId } = play;
    const common = { target: 'crm', portalId } as const;
    const faults = [
      await stack.sandbox.fault({ ...common, kind: 'answerLost', share: 0.2 }),
      await stack.sandbox.fault({ ...common, kind: 'reset', share: 0.05 }),
      await stack.sandbox.fault({ ...common, kind: 'truncated', share: 0.1 }),
      await stack.sandbox.fault({ ...common, kind: 'html', status: 502, share: 0.05 }),
      await stack.sandbox.fault({ ...common, kind: 'status', status: 503, share: 0.1 }),
    ];
    for (let n = 0; n < 6; n += 1) {
      await play.capture(10);
      await stack.sandbox.health();
    }
    const enough = async () => (await stack.sandbox.faults()).items.reduce((sum, { hits }) => sum + hits, 0);
    const from = performance.now();
    while ((await enough()) < 25 && performance.now() - from < 60_000) await play.capture(2);
    const hits = await enough();
    for (const { id } of faults) await stack.sandbox.endFault(id);
    say(`${hits} answers were spoilt`);
    await untilDelivered(play, 240_000);
    return judgeOutbox(play, {}, { figures: [['faults', hits]] });
  },
};
