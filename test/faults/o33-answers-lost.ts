import { until } from '../support/stack.js';
import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

export const answersToDeliveriesLost: Fault = {
  id: 'O33',
  title: 'answers to deliveries are lost after HubSpot has applied them, never come, are cut off, or are 5xx',
  async run({ stack: createStack, say }) {
    // More than 5 % of its calls are errors here, by the fault: the guard would hold the rest back for the day.
    const play = await outboxPlay(createStack, { env: { ERROR_SHARE_PERCENT: '0' } });
    const { stack, portalId } = play;
    const common = { target: 'crm', portalId } as const;
    const faults = [
      await stack.sandbox.fault({ ...common, kind: 'answerLost', share: 0.2 }),
      await stack.sandbox.fault({ ...common, kind: 'reset', share: 0.05 }),
      await stack.sandbox.fault({ ...common, kind: 'truncated', share: 0.1 }),
      await stack.sandbox.fault({ ...common, kind: 'html', status: 502, share: 0.05 }),
      await stack.sandbox.fault({ ...common, kind: 'status', status: 503, share: 0.1 }),
    ];
    await play.capture(60);
    const hits = await until(
      '25 answers are spoilt',
      async () => {
        await play.capture(1);
        const count = (await stack.sandbox.faults()).items.reduce((sum, one) => sum + one.hits, 0);
        return count >= 25 && count;
      },
      90_000,
      500,
    );
    for (const { id } of faults) await stack.sandbox.endFault(id);
    say(`${hits} answers were spoilt`);
    await untilDelivered(play, 240_000);
    return judgeOutbox(play, {}, { figures: [['faults', hits]] });
  },
};
