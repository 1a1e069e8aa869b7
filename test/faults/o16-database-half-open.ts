import { createServer, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { seconds, type Fault } from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

/** A statement of ours waits 8 s at most, and its connection is given up a second later; then a new one is made. */
const MAX_RECOVERY_MS = 15_000;

export const databaseHalfOpen: Fault = {
  id: 'O16',
  covers: ['F16'],
  title: "the network swallows what runs over the worker's database connections, without ending them",
  async run({ stack: createStack, onEnd, say }) {
    const play = await outboxPlay(createStack, { workers: 1 });
    const { stack } = play;
    const database = new URL(stack.env.DATABASE_URL ?? '');
    const network = await startNetwork(database.hostname, Number(database.port));
    onEnd(() => network.stop());
    const [direct] = stack.workers;
    await direct!.kill('SIGKILL');
    const through = new URL(database);
    through.port = String(network.port);
    const worker = stack.startWorker({ DATABASE_URL: through.href });
    await worker.waitReady();
    await play.capture(40);
    await untilDelivered(play, 120_000);

    await play.capture(40);
    const swallowed = network.swallow();
    const from = performance.now();
    await play.capture(10);
    await untilDelivered(play, 180_000);
    const recoveredMs = performance.now() - from;
    say(`${swallowed} connections were cut without a word; all was delivered ${seconds(recoveredMs)} later`);
    const problems = recoveredMs <= MAX_RECOVERY_MS ? [] : [`It took ${seconds(recoveredMs)}`];
    return judgeOutbox(play, {}, { problems, figures: [['recover', seconds(recoveredMs)]] });
  },
};

/**
 * A way to the database on which connections can be made to go nowhere: nothing arrives, nothing ends. New ones work.
 */
async function startNetwork(host: string, port: number) {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(port, host);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const socket of pair) socket.on('error', () => undefined);
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => {
      far.destroy();
      pairs.delete(pair);
    });
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow(): number {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.on('data', () => undefined);
        far.on('data', () => undefined);
      }
      return pairs.size;
    },
    async stop() {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
