import { installApp } from '../support/installApp.js';
import { until } from '../support/stack.js';
import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

const MAX_DEAD_CALLS = 12;

export const uninstalledUnderDeliveries: Fault = {
  id: 'O42',
  title: 'the app is uninstalled while events are delivered; they wait, and go on after a new install',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, {
      keyed: true,
      env: { HUBSPOT_OPTIONAL_SCOPES: 'analytics.behavioral_events.send' },
    });
    const { stack, portalId } = play;
    await installApp(stack, portalId, ['throttle', 'sync']);
    // A token that was granted seconds ago is not replaced at once (F42 has that case).
    await stack.pool.query(
      `UPDATE portals SET refreshed_at = refreshed_at - interval '10 minutes' WHERE portal_id = $1`,
      [portalId],
    );
    await play.capture(100);
    await until('some are processed', async () => (await play.waiting()) < 450, 60_000, 20);
    await stack.sandbox.uninstall(portalId);
    const before = (await stack.sandbox.health()).requests;
    await until(
      'the portal needs a new authorisation',
      async () => {
        const { rows } = await stack.pool.query<{ state: string }>(
          'SELECT state FROM portals WHERE portal_id = $1',
          [portalId],
        );
        return rows[0]?.state === 'reauth_required';
      },
      60_000,
    );
    await play.capture(20);
    const waiting = await until(
      'those that came late wait, too',
      async () => {
        const { rows } = await stack.pool.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM outbox_pending WHERE portal_id = $1 AND payload ->> 'driverId' = 'd-119'`,
          [portalId],
        );
        return (rows[0]?.n ?? 0) > 0 && (await play.waiting());
      },
      30_000,
    );
    const { items } = await stack.sandbox.requests({ portalId, after: before - 1, limit: 1000 });
    const dead = items.filter(({ status }) => status === 401).length;
    say(`${dead} calls with the token of an app that was uninstalled; ${waiting} events wait`);
    const problems = dead <= MAX_DEAD_CALLS ? [] : [`${dead} calls were made with a dead token`];

    await installApp(stack, portalId, ['throttle', 'sync']);
    await untilDelivered(play, 180_000);
    return judgeOutbox(play, {}, { problems, figures: [['dead', dead]] });
  },
};
