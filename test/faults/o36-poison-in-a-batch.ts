import { until } from '../support/stack.js';
import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

interface DeadLetters {
  readonly items: readonly { readonly id: string; readonly errorClass: string; readonly reason: string }[];
}

export const poisonAmongEvents: Fault = {
  id: 'O36',
  covers: ['F35'],
  title:
    'HubSpot refuses one row of a batch of 100 (400 and 207); the 99 others go on, and it can be mended and redriven',
  async run({ stack: createStack }) {
    const play = await outboxPlay(createStack);
    const { stack, portalId } = play;
    const { api } = stack;
    const mapping = (properties: object) => ({
      effects: [{ kind: 'upsertContact', by: { property: 'email', value: '/email' }, properties }],
    });
    await api.must('PUT', '/api/outbox/mappings/stage', mapping({ lifecyclestage: '/stage' }));
    const client = await stack.pool.connect();
    try {
      await client.query('BEGIN');
      for (let n = 0; n < 100; n += 1) {
        const stage = n === 50 ? 'no such stage' : 'lead';
        const data = { email: `stage${n}@example.com`, stage };
        await client.query('SELECT sluice_track_event($1, $2, NULL, NULL, $3)', [
          ...['generic', JSON.stringify({ name: 'stage', data }), portalId],
        ]);
      }
      await client.query('COMMIT');
    } finally {
      client.release();
    }
    await play.capture(10);
    await untilDelivered(play, 60_000);
    const problems: string[] = [];
    const { items } = await api.must<DeadLetters>('GET', '/api/outbox/dead-letters');
    if (items.length !== 1) problems.push(`${items.length} dead letters instead of one`);
    const [dead] = items;
    if (!dead?.reason.includes('lifecyclestage') || dead.errorClass !== 'permanent')
      problems.push(`Its reason is ${dead?.errorClass}: ${dead?.reason}`);
    const processed = async () => {
      const { rows } = await stack.pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM outbox_history WHERE type = 'generic' AND payload ->> 'name' = 'stage'`,
      );
      return rows[0]?.n ?? 0;
    };
    if ((await processed()) !== 99) problems.push(`${await processed()} of 99 others were processed`);

    await api.must('PUT', '/api/outbox/mappings/stage', mapping({}));
    await api.must('POST', '/api/outbox/redrives', { filter: { ids: [dead?.id] } });
    await until('what was mended goes', async () => (await processed()) === 100, 30_000);
    const { rows } = await stack.pool.query<{ n: number }>(
      `WITH gone AS (DELETE FROM outbox_history WHERE type = 'generic' AND payload ->> 'name' = 'stage' RETURNING 1) SELECT count(*)::int AS n FROM gone`,
    );
    return judgeOutbox(play, {}, { problems, figures: [['others', rows[0]?.n ?? 0]] });
  },
};
