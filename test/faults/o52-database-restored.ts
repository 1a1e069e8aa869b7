import { until } from '../support/stack.js';
import { copyDatabase, keepForJudges, migrateRestored, sayRestored } from './copies.js';
import type { Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

/** Drivers of yesterday, of today, and of after the restore: each has five events. */
const DRIVERS = 10;

export const outboxRestored: Fault = {
  id: 'O52',
  title: 'a dump of yesterday is loaded: events are numbered like others that were delivered since',
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
    await stop();
    const yesterday = await copyDatabase(stack);
    await start();
    await deliver();
    await stop();
    const today = await keepForJudges(stack);
    await yesterday.putBack();
    await migrateRestored(stack);
    // An application goes on before any process of ours runs: its events get numbers that others had.
    await play.capture(DRIVERS);
    // It looks like a copy that runs beside its original: a worker refuses to touch anything until somebody says so.
    const [worker] = stack.workers;
    worker!.start();
    await until('the worker has ended', () => !worker!.alive, 60_000);
    const end = await worker!.exited;
    const refused = worker!.logs().includes('npx sluice installation restored');
    const problems = refused
      ? []
      : [`A worker on the loaded dump ended with ${end}, and did not say what to do`];
    await sayRestored(stack);
    await start();
    await untilDelivered(play, 120_000);
    await today.putBack();
    const { rows: ids } = await stack.pool.query<{ id: string }>(
      'SELECT id FROM installations ORDER BY from_event_id',
    );
    say(`installations: ${ids.map(({ id }) => id).join(', ')}`);
    if (ids.length !== 2) problems.push(`${ids.length} installations, where 2 were expected`);
    return judgeOutbox(play, {}, { problems });
  },
};
