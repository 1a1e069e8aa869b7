import { ROOT } from '../support/process.js';
import type { Flow } from '../support/stack.js';
import { longestGap, timelineOf } from './oracle.js';
import {
  oneLane,
  pausedLane,
  seconds,
  untilCompleted,
  untilWaiting,
  verdictOf,
  type Fault,
} from './fault.js';
import { judgeMirror, mirrorState, portalWith, sandboxed, startMirror, untilTrue } from './mirror.js';
import { judgeOutbox, outboxPlay, untilDelivered } from './outbox.js';
import { versionBefore } from './versions.js';

const RATE = { limit: 50, intervalMs: 2000 };
const PER_SECOND = 15;
/** Of the lane that flows, between two steps of the deployment. */
const COUNT = 150;
const PAUSED = 100;
/** Of a portal that is mirrored while all this happens: more than are loaded before the first process is replaced. */
const RECORDS = 20_000;
/** No deletes, nor merges, whose losers are deletes: these are looked for once an hour. */
const CHANGES = { seed: 7, perSecond: 3, weights: { edit: 4, create: 1, archive: 0, merge: 0 } };
const DRIVERS = 5;

export const rollingDeployment: Fault = {
  id: 'F10',
  title:
    'a new version comes, process by process, under load and in a first load of records: old and new code run on its SQL functions, and old workflows go on in new code',
  async run({ stack: createStack, say, onEnd }) {
    const before = await versionBefore();
    onEnd(() => Promise.resolve(before.remove()));
    say(`from ${before.name}`);
    // The database is of the new version from the beginning: it is migrated first (docs/operations.md).
    const play = await outboxPlay(createStack, { workers: 2, apis: 2, keyed: true, root: before.root });
    const { stack } = play;
    const flowing = await oneLane(stack, RATE);
    const { flow: held, laneId } = await pausedLane(stack, RATE);
    await stack.sandbox.enrol(held.portalId, held.workflowId, { count: PAUSED });
    await untilWaiting(stack, PAUSED, 30_000);

    const mirrored = await portalWith(stack, RECORDS);
    const mutator = `/portals/${mirrored.portalId}/crm/mutator`;
    await startMirror(stack, mirrored);

    const steps = [...stack.workers, ...stack.apis];
    let enrolled = 0;
    const load = async (): Promise<void> => {
      await stack.sandbox.enrol(flowing.portalId, flowing.workflowId, {
        count: COUNT,
        ratePerSecond: PER_SECOND,
      });
      await play.capture(DRIVERS);
      enrolled += COUNT;
    };
    await load();
    await untilCompleted(stack, flowing, 20, 60_000); // in the middle of it
    const { isLoaded } = await mirrorState(stack, mirrored);
    await sandboxed(stack, 'POST', mutator, CHANGES);
    for (const one of steps) {
      await one.restart({ root: ROOT });
      await load();
      await untilCompleted(stack, flowing, enrolled - COUNT, 60_000);
    }
    await stack.api.changeLane(laneId, { paused: false });
    const all: readonly [Flow, number][] = [
      [flowing, enrolled],
      [held, PAUSED + 1],
    ];
    for (const [flow, count] of all) await untilCompleted(stack, flow, count, 120_000);
    await untilDelivered(play, 120_000);
    await sandboxed(stack, 'DELETE', mutator);
    await untilTrue(stack, mirrored, 180_000);
    const events = await judgeOutbox(play);
    const records = await judgeMirror(stack, [mirrored]);
    return verdictOf(
      stack,
      { windows: all.map(([flow]) => ({ flow, ...RATE })), quietMs: 90_000 },
      {
        problems: [
          ...events.problems,
          ...records.problems,
          ...(isLoaded ? ['The first load was over before the deployment'] : []),
        ],
        figures: [
          ['from', before.name],
          ['standstill', seconds(longestGap(await timelineOf(stack, flowing)))],
          ...events.figures.map(([name, value]) => [`outbox_${name}`, value] as const),
          ...records.figures.map(([name, value]) => [`mirror_${name}`, value] as const),
        ],
      },
    );
  },
};
