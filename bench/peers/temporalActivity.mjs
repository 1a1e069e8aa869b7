import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

/**
 * A workflow and an activity for each call, as Temporal's documentation has it: the activity waits as the handler of
 * Sluice's benchmark does. Nothing is taken by HTTP, kept elsewhere or told to anybody. The worker has the settings of
 * Sluice's queue of actions. Asked `{ calls, concurrency }`, answers how long they took.
 */
const address = process.env.TEMPORAL_ADDRESS;
const namespace = process.env.TEMPORAL_NAMESPACE;
const taskQueue = 'bench-one-activity';
const HANDLER_MS = 20;

Runtime.install({ logger: new DefaultLogger('WARN') });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  workflowsPath: new URL('temporalWorkflows.mjs', import.meta.url).pathname,
  activities: {
    async greet(name) {
      await delay(HANDLER_MS);
      return { greeting: `Hello, ${name}` };
    },
  },
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxCachedWorkflows: 500,
});
worker.run().catch((error) => {
  console.error(error);
  process.exit(1);
});
const client = new Client({ connection: await Connection.connect({ address }), namespace });

let numbered = 0;
async function run(calls, concurrency) {
  let started = 0;
  const lane = async () => {
    while (started < calls) {
      started += 1;
      const workflowId = `one-activity-${(numbered += 1)}`;
      await client.workflow.execute('oneActivity', { taskQueue, workflowId, args: ['Ada'] });
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: concurrency }, lane));
  return performance.now() - from;
}

process.on('disconnect', () => process.exit()); // who started it is gone
await run(50, 10); // warm: compiled code, open connections
process.on('message', ({ calls, concurrency }) => {
  run(calls, concurrency).then((ms) => process.send({ ms }));
});
process.send({ ready: true });
