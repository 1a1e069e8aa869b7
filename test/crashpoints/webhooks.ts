import { asked } from './ask.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { bringEvents, foundBy } from './sync.js';
import { until } from '../support/until.js';

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

/** The same, named by the webhooks journal. `how`: HubSpot has forgotten where it was read, or fails at first. */
const journaled =
  (how?: 'lost' | 'failing'): Load['prepare'] =>
  async (stack) => {
    const play = await foundBy(stack, 'webhooks');
    const { portalId, lost } = play;
    await stack.sandbox.settings({ clientCredentialsEnabled: true });
    const changed = (id: string, n: number) => ({
      ...{ type: 'crmObject', portalId, action: 'UPDATE', objectTypeId: '0-1', objectId: Number(id) },
      ...{ occurredAt: new Date(Date.now() - n).toISOString(), propertyChanges: { city: 'Bern' } },
    });
    const place = async () => {
      const { rows } = await stack.pool.query<{ place: string | null }>(
        'SELECT journal_offset AS place FROM webhook_journal',
      );
      return rows[0]?.place ?? null;
    };
    if (how === 'lost') {
      await stack.sandbox.publish([changed(lost[0]!, 99)]);
      await until('the journal has a place', async () => (await place()) !== null, 60_000);
    }
    return {
      ...play,
      async begin() {
        await play.begin();
        if (how === 'lost') await stack.sandbox.loseJournal({ keepEvents: true });
        if (how === 'failing')
          await stack.sandbox.fault({ target: 'journal', kind: 'status', status: 500, count: 3 });
        await stack.sandbox.publish(lost.map(changed));
      },
    };
  };

export const webhooks: CrashRoom = {
  name: 'webhooks',
  env: { WEBHOOKS_JOURNAL: 'true', WEBHOOKS_JOURNAL_POLL_MS: '250' },
  loads: [
    {
      name: 'events of webhooks',
      process: 'api',
      reaches: ['webhooks.intake.committed'],
      prepare: taken,
    },
    {
      name: 'files of the webhooks journal',
      process: 'worker',
      reaches: [
        'webhooks.journal.claimed',
        'webhooks.journal.asked',
        'webhooks.journal.downloaded',
        'webhooks.journal.uninstalls-followed',
        'webhooks.journal.moved',
        'webhooks.journal.events-stored',
        'webhooks.journal.committed',
        'webhooks.journal.step-ended',
      ],
      prepare: journaled(),
    },
    {
      name: 'a turn of the webhooks journal that fails',
      process: 'worker',
      reaches: ['webhooks.journal.failed'],
      prepare: journaled('failing'),
    },
    {
      name: 'a place in the webhooks journal that is lost',
      process: 'worker',
      reaches: ['webhooks.journal.lost'],
      prepare: journaled('lost'),
    },
  ],
};
