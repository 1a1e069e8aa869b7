import pg from 'pg';
import PgBoss from 'pg-boss';

/**
 * pg-boss as its documentation shows it for many small jobs: `insert` of a batch, then `fetch` and `complete` of
 * batches by several takers at once. Asked `{ jobs, takers, batch, payload }`, answers how long fetching and
 * completing took.
 */
const boss = new PgBoss({
  connectionString: process.env.PEER_DATABASE_URL,
  max: 8,
  supervise: false,
  schedule: false,
});
boss.on('error', (error) => {
  throw error;
});

async function run({ jobs, takers, batch, payload }) {
  const name = `bench-${Date.now()}`;
  await boss.createQueue(name);
  for (let n = 0; n < jobs; n += 1000) {
    const some = Math.min(1000, jobs - n);
    await boss.insert(Array.from({ length: some }, (_, i) => ({ name, data: { ...payload, n: n + i } })));
  }
  await prepare();
  let done = 0;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: takers }, async () => {
      for (;;) {
        const taken = await boss.fetch(name, { batchSize: batch });
        if (taken.length === 0) return;
        await boss.complete(
          name,
          taken.map(({ id }) => id),
        );
        done += taken.length;
      }
    }),
  );
  const ms = performance.now() - from;
  if (done !== jobs) throw new Error(`pg-boss completed ${done} of ${jobs} jobs`);
  return ms;
}

/** What ours gets, too: statistics of the rows that are there, and nothing left for vacuum. */
async function prepare() {
  const client = new pg.Client({ connectionString: process.env.PEER_DATABASE_URL });
  await client.connect();
  await client.query('VACUUM (ANALYZE)');
  await client.end();
}

process.on('disconnect', () => process.exit()); // who started it is gone
await boss.start();
process.on('message', (order) => void run(order).then((ms) => process.send({ ms })));
process.send({ ready: true });
