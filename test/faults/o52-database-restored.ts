import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

/** Drivers of yesterday, of today, and of after the restore: each has five events. */
const DRIVERS = 10;

export const outboxRestored: Fault = {
  id: 'O52',
  title: 'the database is restored: events are numbered like others that were delivered since',
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, { keyed: true });
    const { stack } = play;
    const processes = [...stack.workers, ...stack.apis];
    const stop = () => Promise.all(processes.map((one) => one.kill('SIGTERM')));
    const start = async () => {
      for (const one of processes) await one.restart();
    };
    const deliver = async () => {
      await play.capture(DRIVERS);
      await untilDelivered(play, 120_000);
    };

    await deliver();
    const { rows } = await stack.pool.query<{ last: string }>(
      'SELECT last_value AS last FROM outbox_event_ids',
    );
    const yesterday = rows[0]!.last;
    await deliver();
    await stop();
    await stack.pool.query(
      `CREATE TABLE today AS SELECT * FROM outbox_history WHERE id > ${yesterday};
       DELETE FROM outbox_history WHERE id > ${yesterday};
       DELETE FROM outbox_keys WHERE event_id > ${yesterday};
       DELETE FROM outbox_ledger WHERE event_id > ${yesterday};
       SELECT setval('outbox_event_ids', ${yesterday});
       UPDATE installations SET place = left(place, -8) || '000000FF'`, // another timeline
    );
    // An application goes on before any process of ours runs: its events get numbers that others had.
    await play.capture(DRIVERS);
    await start();
    await untilDelivered(play, 120_000);
    // What the restore lost is HubSpot's still, and counts for the judge.
    await stack.pool.query('INSERT INTO outbox_history SELECT * FROM today; DROP TABLE today');
    const { rows: ids } = await stack.pool.query<{ id: string }>(
      'SELECT id FROM installations ORDER BY from_event_id',
    );
    say(`installations: ${ids.map(({ id }) => id).join(', ')}`);
    const problems = ids.length === 2 ? [] : [`${ids.length} installations, where 2 were expected`];
    return judgeOutbox(play, {}, { problems });
  },
};
