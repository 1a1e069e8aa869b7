import { startNetwork, type Network } from '../support/network.js';
import type { ProcessHandle, Stack } from '../support/stack.js';
import type { Scene } from './fault.js';

/** One worker in place of the stack's first, with the database behind a network that can be cut. */
export async function workerThroughNetwork(
  stack: Stack,
  onEnd: Scene['onEnd'],
): Promise<{ readonly network: Network; readonly worker: ProcessHandle }> {
  const database = new URL(stack.env.DATABASE_URL ?? '');
  const network = await startNetwork(database.hostname, Number(database.port));
  onEnd(() => network.stop());
  const [direct] = stack.workers;
  await direct!.kill('SIGKILL');
  const through = new URL(database);
  through.port = String(network.port);
  const worker = stack.startWorker({ DATABASE_URL: through.href });
  await worker.waitReady();
  return { network, worker };
}
