import { workerThroughNetwork } from './cutOff.js';
import { seconds, type Fault } from './fault.js';
import { judgeMirror, mirrorState, pagesTwice, portalLoading, untilLoaded, untilRead } from './mirror.js';

const RECORDS = 12_000;
/** Silence is noticed within some three seconds, and the lease of the reader that was cut off is twenty. */
const MAX_STANDSTILL_MS = 35_000;
/** A page of each range, each time that a reader loses its place. */
const MOST_TWICE = 2 * 8;

export const databaseHalfOpenUnderFirstLoad: Fault = {
  id: 'M16',
  title: 'the network swallows what runs over the database connections of a worker that loads 12,000 records',
  async run({ stack: createStack, onEnd, say }) {
    const stack = await createStack();
    const { network, worker } = await workerThroughNetwork(stack, onEnd);

    const mirrored = await portalLoading(stack, { records: RECORDS, read: 2000 });
    const cut = network.swallow();
    const { loaded } = await mirrorState(stack, mirrored);
    const from = performance.now();
    // What had been sent when the network failed may have been committed: more than that is read since.
    await untilRead(stack, mirrored, loaded + 1000, 120_000);
    const standstillMs = performance.now() - from;
    await untilLoaded(stack, mirrored, 120_000);
    const twice = await pagesTwice(stack, mirrored);
    say(`${cut} connections were cut without a word; it went on ${seconds(standstillMs)} later`);
    return judgeMirror(stack, [mirrored], {
      problems: [
        ...(standstillMs > MAX_STANDSTILL_MS ? [`It stood still for ${seconds(standstillMs)}`] : []),
        ...(twice > MOST_TWICE ? [`${twice} pages were read twice`] : []),
        ...(worker.alive ? [] : ['The worker ended over it']),
      ],
      figures: [
        ['standstill', seconds(standstillMs)],
        ['read_twice', twice],
      ],
    });
  },
};
