import { DBOS } from '@dbos-inc/dbos-sdk';

/**
 * DBOS as its documentation shows it: a durable workflow of two steps that do nothing, so that what is measured is the
 * cost of durability. Asked `{ workflows, concurrency }`, answers how long they took.
 */
DBOS.setConfig({ name: 'sluice-bench', systemDatabaseUrl: process.env.DBOS_DATABASE_URL, logLevel: 'error' });

const twoSteps = DBOS.registerWorkflow(
  async (n) => {
    const first = await DBOS.runStep(async () => n + 1, { name: 'first' });
    return DBOS.runStep(async () => first + 1, { name: 'second' });
  },
  { name: 'twoSteps' },
);

async function run(workflows, concurrency) {
  let started = 0;
  const lane = async () => {
    while (started < workflows) {
      const n = (started += 1);
      const result = await twoSteps(n);
      if (result !== n + 2) throw new Error(`workflow ${n} returned ${result}`);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return performance.now() - from;
}

process.on('disconnect', () => process.exit()); // who started it is gone
await DBOS.launch();
await run(200, 64); // warm: compiled code, open connections
process.on('message', ({ workflows, concurrency }) => {
  run(workflows, concurrency).then((ms) => process.send({ ms }));
});
process.send({ ready: true });
