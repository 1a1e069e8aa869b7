import type { Flow } from '../support/stack.js';
import { copyTemporal } from './copies.js';
import { longestGap, timelineOf } from './oracle.js';
import {
  completedOf,
  oneLane,
  pausedLane,
  seconds,
  untilCompleted,
  untilWaiting,
  verdictOf,
  type Fault,
} from './fault.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';

const RATE = { limit: 50, intervalMs: 2000 };
/** At the time of the backup, after it, and while no worker runs. */
const BEFORE = 300;
const AFTER = 300;
const DARK = 200;
const PAUSED = 100;
const DRIVERS = 10;
/** A workflow is taken for lost a minute after its time (docs/operations.md). */
const DEADLINE_MS = 240_000;

export const temporalRestored: Fault = {
  id: 'F24',
  title:
    "a backup of Temporal's database is put back: workflows that it has have ended since, those that began since are not in it",
  async run({ stack: createStack, say }) {
    const play = await outboxPlay(createStack, { workers: 2, keyed: true });
    const { stack } = play;
    const flowing = await oneLane(stack, RATE);
    const { flow: held, laneId } = await pausedLane(stack, RATE);
    const enrol = ({ portalId, workflowId }: Flow, count: number) =>
      stack.sandbox.enrol(portalId, workflowId, { count, ratePerSecond: 100 });
    await enrol(held, PAUSED);
    await enrol(flowing, BEFORE);
    await play.capture(DRIVERS);
    await untilCompleted(stack, flowing, 50, 30_000); // in the middle of it
    const backup = await copyTemporal(stack);
    for (const worker of stack.workers) if (!worker.alive) await worker.restart(); // as a supervisor would

    // What the backup holds as running ends, and what it knows nothing of begins.
    const begun = await oneLane(stack, RATE);
    await enrol(flowing, AFTER);
    await enrol(begun, AFTER);
    await play.capture(DRIVERS);
    await untilCompleted(stack, flowing, BEFORE, 120_000);
    await untilDelivered(play, 120_000);
    await Promise.all(stack.workers.map((worker) => worker.stop()));
    const dark = await oneLane(stack, RATE);
    await enrol(dark, DARK);
    await play.capture(DRIVERS);
    const ended = (await completedOf(stack, flowing)) + (await completedOf(stack, begun));
    await untilWaiting(stack, BEFORE + 2 * AFTER - ended + PAUSED + DARK, 30_000);

    await backup.putBack();
    await Promise.all(stack.workers.map((worker) => worker.restart()));
    const backAt = performance.now();
    await stack.api.changeLane(laneId, { paused: false });
    await untilDelivered(play, DEADLINE_MS);
    await untilCompleted(stack, flowing, BEFORE + AFTER, DEADLINE_MS);
    await untilCompleted(stack, begun, AFTER, DEADLINE_MS);
    await untilCompleted(stack, dark, DARK, DEADLINE_MS);
    await untilCompleted(stack, held, PAUSED + 1, DEADLINE_MS);
    const recoveredMs = performance.now() - backAt;
    say(`all that waited went on; done ${seconds(recoveredMs)} after the workers were back`);
    const events = await judgeOutbox(play);
    return verdictOf(
      stack,
      {
        windows: [flowing, begun, dark, held].map((flow) => ({ flow, ...RATE })),
        quietMs: 120_000,
      },
      {
        problems: events.problems,
        figures: [
          ['standstill', seconds(longestGap(await timelineOf(stack, flowing)))],
          ['recover', seconds(recoveredMs)],
          ...events.figures.map(([name, value]) => [`outbox_${name}`, value] as const),
        ],
      },
    );
  },
};
