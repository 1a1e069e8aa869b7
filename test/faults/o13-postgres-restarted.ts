import { setTimeout as delay } from 'node:timers/promises';
import { seconds, type Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

const RESTARTS = 5;

export const postgresRestartedUnderDeliveries: Fault = {
  id: 'O13',
  title: 'Postgres is restarted without warning every 5 to 10 s while events are captured and delivered',
  async run({ stack: createStack, random }) {
    const play = await outboxPlay(createStack, { workers: 2, durable: true });
    for (let n = 0; n < RESTARTS; n += 1) {
      await play.capture(40);
      await delay(1000 + random() * 4000); // the rhythm is the fault itself
      const postgres = play.stack.services!.postgres!;
      postgres.child.signal('SIGQUIT', false); // what `pg_ctl -m immediate` sends
      await postgres.child.exited;
      await postgres.restart();
      await delay(4000);
    }
    const from = performance.now();
    await untilDelivered(play, 240_000);
    return judgeOutbox(
      play,
      {},
      {
        figures: [
          ['restarts', RESTARTS],
          ['drained', seconds(performance.now() - from)],
        ],
      },
    );
  },
};
