import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/stack.js';
import { seconds, type Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

/** Longer than the lease of a claim (30 s). */
const FROZEN_MS = 40_000;

export const deliveringWorkerFrozen: Fault = {
  id: 'O07',
  title:
    'two workers deliver for one portal; one is stopped for 40 s in the middle of it, then goes on as if nothing had been',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, { workers: 2 });
    const { stack, portalId } = play;
    await play.capture(60);
    const owners = async () => {
      const { rows } = await stack.pool.query<{ owner: string }>(
        'SELECT DISTINCT owner FROM outbox_claims WHERE portal_id = $1',
        [portalId],
      );
      return rows.map(({ owner }) => Number(owner.split(':')[1]));
    };
    const frozen = await until(
      'a worker has events in hand',
      async () => {
        const pids = await owners();
        return stack.workers.find(({ pid }) => pid !== undefined && pids.includes(pid));
      },
      30_000,
      5,
    );
    frozen.signal('SIGSTOP');
    const from = performance.now();
    await play.capture(20);
    await untilDelivered(play, 120_000);
    const takenOverMs = performance.now() - from;
    say(`everything was delivered ${seconds(takenOverMs)} after the worker had been stopped`);
    if (takenOverMs < FROZEN_MS) await delay(FROZEN_MS - takenOverMs);
    frozen.signal('SIGCONT');
    await play.capture(20);
    await untilDelivered(play, 60_000);
    const { rows } = await stack.pool.query('SELECT 1 FROM outbox_claims WHERE portal_id = $1', [portalId]);
    const problems = rows.length === 0 ? [] : [`${rows.length} claims are left`];
    return judgeOutbox(play, {}, { problems, figures: [['recover', seconds(takenOverMs)]] });
  },
};
