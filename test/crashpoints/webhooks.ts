import { asked } from './ask.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { bringEvents, foundBy } from './sync.js';

/** Three records that the mirror has lost, and events that name them: whoever died, they are read. */
const taken: Load['prepare'] = async (stack) => {
  const play = await foundBy(stack, 'webhooks');
  const events = asked(() => bringEvents(stack, play.portalId, play.lost), {
    async stands() {
      const { rowCount } = await stack.pool.query('SELECT FROM webhook_events WHERE portal_id = $1', [
        play.portalId,
      ]);
      return rowCount === play.lost.length;
    },
    isDone: () => play.ended(),
  });
  return {
    ...play,
    async begin() {
      await play.begin();
      await events.begin();
    },
    ended: events.ended,
  };
};

export const webhooks: CrashRoom = {
  name: 'webhooks',
  loads: [
    {
      name: 'events of webhooks',
      process: 'api',
      reaches: ['webhooks.intake.committed'],
      prepare: taken,
    },
  ],
};
