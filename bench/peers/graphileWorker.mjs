import { Logger, makeWorkerUtils, run as startRunner } from 'graphile-worker';
import pg from 'pg';

/**
 * graphile-worker with what its documentation advises for throughput: a local queue that fetches jobs in batches, and
 * completions in batches. Asked `{ jobs, takers, batch, payload }`, answers how long its jobs, which do nothing, took
 * from the first to the last.
 */
const pgPool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 8 });
pgPool.on('error', (error) => {
  throw error;
});
const logger = new Logger(() => () => {});
const utils = await makeWorkerUtils({ pgPool, logger });

async function run({ jobs, takers, batch, payload }) {
  for (let n = 0; n < jobs; n += 1000) {
    const some = Math.min(1000, jobs - n);
    await utils.addJobs(
      Array.from({ length: some }, (_, i) => ({ identifier: 'nothing', payload: { ...payload, n: n + i } })),
    );
  }
  await pgPool.query('VACUUM (ANALYZE)'); // what ours gets, too
  let done = 0;
  let finish;
  const all = new Promise((resolve) => (finish = resolve));
  const from = performance.now();
  const runner = await startRunner({
    pgPool,
    logger,
    noHandleSignals: true,
    taskList: {
      nothing: () => {
        done += 1;
        if (done === jobs) finish();
      },
    },
    preset: {
      worker: {
        concurrentJobs: takers * 6,
        pollInterval: 100,
        localQueue: { size: batch * takers },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  await all;
  await runner.stop(); // completions that are still on their way
  const ms = performance.now() - from;
  const { rows } = await pgPool.query('SELECT count(*)::int AS left FROM graphile_worker.jobs');
  if (rows[0].left !== 0) throw new Error(`graphile-worker left ${rows[0].left} of ${jobs} jobs`);
  return ms;
}

process.on('disconnect', () => process.exit()); // who started it is gone
await utils.migrate();
process.on('message', (order) => void run(order).then((ms) => process.send({ ms })));
process.send({ ready: true });
