import { seconds, type Fault } from './fault.js';
import { workerThroughNetwork } from './cutOff.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

/** Silence is noticed within some three seconds; to deliver what waits takes the rest. */
const MAX_RECOVERY_MS = 15_000;

export const databaseHalfOpen: Fault = {
  id: 'O16',
  covers: ['F16'],
  title: "the network swallows what runs over the worker's database connections, without ending them",
  async run({ stack: createStack, onEnd, say }) {
    const play = await outboxPlay(createStack, { workers: 1 });
    const { stack } = play;
    const { network } = await workerThroughNetwork(stack, onEnd);
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
