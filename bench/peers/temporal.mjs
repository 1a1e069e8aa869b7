import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/**
 * Temporal as its documentation shows it: a workflow of two activities that do nothing, one worker with its usual
 * slots, on the server that Sluice uses. Asked `{ workflows, concurrency }`, answers how long they took.
 */
const address = process.env.TEMPORAL_ADDRESS;
const namespace = process.env.TEMPORAL_NAMESPACE;
const taskQueue = 'bench-two-steps';

Runtime.install({ logger: new DefaultLogger('WARN') });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  workflowsPath: new URL('temporalWorkflows.mjs', import.meta.url).pathname,
  activities: { add: async (n) => n + 1 },
});
worker.run().catch((error) => {
  console.error(error);
  process.exit(1);
});
const client = new Client({ connection: await Connection.connect({ address }), namespace });

let numbered = 0;
async function run(workflows, concurrency) {
  let started = 0;
  const lane = async () => {
    while (started < workflows) {
      const n = (started += 1);
      const workflowId = `two-steps-${(numbered += 1)}`;
      const result = await client.workflow.execute('twoSteps', { taskQueue, workflowId, args: [n] });
      if (result !== n + 2) throw new Error(`workflow ${n} returned ${result}`);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return performance.now() - from;
}

process.on('disconnect', () => process.exit()); // who started it is gone
await run(50, 10); // warm: compiled code, open connections
process.on('message', ({ workflows, concurrency }) => {
  run(workflows, concurrency).then((ms) => process.send({ ms }));
});
process.send({ ready: true });
