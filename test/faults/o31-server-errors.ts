import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/stack.js';
import { seconds, type Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

const AWAY_MS = 20_000;

export const serverErrorsToDeliveries: Fault = {
  id: 'O31',
  title:
    'HubSpot answers 500 to 504 to everything of a portal for 20 s; its circuit opens, another portal goes on',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, {
      keyed: true,
      env: { OUTBOX_CIRCUIT_FAILURES: '3', OUTBOX_CIRCUIT_COOL_DOWN_MS: '3000' },
    });
    const { stack, portalId } = play;
    await play.capture(5);
    await untilDelivered(play, 60_000);
    const faults = [];
    for (const [status, share] of [
      [500, 0.3],
      [502, 0.5],
      [503, 0.5],
      [504, 1],
    ] as const)
      faults.push(await stack.sandbox.fault({ target: 'any', portalId, kind: 'status', status, share }));
    const before = (await stack.sandbox.health()).requests;
    await play.capture(40);
    await delay(AWAY_MS); // so long is the fault
    const { items } = await stack.sandbox.requests({ portalId, after: before - 1, limit: 1000 });
    for (const { id } of faults) await stack.sandbox.endFault(id);
    const from = performance.now();
    await untilDelivered(play, 180_000);
    const told = await until(
      'the workspace is told that it is over',
      async () => {
        const { rows } = await stack.pool.query<{ kind: string }>(
          'SELECT kind FROM notices WHERE portal_id = $1 ORDER BY id',
          [portalId],
        );
        const kinds = rows.map(({ kind }) => kind);
        return kinds.includes('outbox.recovered') && kinds;
      },
      30_000,
    );
    say(`${items.length} calls while HubSpot was away; told ${told.join(', ')}`);
    const problems = items.length <= 60 ? [] : [`${items.length} calls were made while HubSpot was away`];
    return judgeOutbox(
      play,
      {},
      {
        problems,
        figures: [
          ['calls_while_away', items.length],
          ['recover', seconds(performance.now() - from)],
        ],
      },
    );
  },
};
