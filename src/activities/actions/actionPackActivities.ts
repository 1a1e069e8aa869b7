import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import {
  cancelRuns,
  claimFirstTries,
  runsLeftBehind,
  stillTried,
  type PackedRun,
} from '../../db/actions/packs.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { ActionPackInput, RunTried } from '../../temporal/actions/contract.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { RunDependencies } from './actionRunActivities.js';
import { createFirstTries } from './firstTries.js';
import { isPortalGone, PORTAL_IS_GONE } from './portalIsGone.js';

interface Dependencies extends RunDependencies {
  readonly temporal: Pick<ActionRunStarter, 'startRun'>;
}

export type ActionPackActivities = ReturnType<typeof createActionPackActivities>;

const ALIVE_EVERY_MS = 2000;
/** For so long an activity begins tries. With the longest time-out it stays below its own. */
const BEGINS_FOR_MS = 60_000;
/** A try that has not come back by then is looked for again: the longest time-out, and some. */
const LEASE_MS = 17 * 60_000;
const NO_PLACE_MS = { baseMs: 500, maxMs: 5000, random: Math.random };
/** Handlers that have run for so long are asked about: their runs may have been cancelled. */
const LASTS_MS = 1000;
/** Where none of its own runs ends, a place of another pack's is looked for so often. */
const LOOKS_EVERY_MS = 100;

/**
 * The first tries of the runs of a pack. Each has its own time-out, its own end and a place of its own; what is to be
 * tried again, and what HubSpot does not take, leaves for a workflow of its own.
 */
export function createActionPackActivities(deps: Dependencies) {
  const { pool, portalResolver, places, temporal, logger } = deps;
  const firstTries = createFirstTries(deps);

  /** What an activity of this pack that died had in hand goes on in workflows of their own. */
  async function rescue(pack: ActionPackInput): Promise<void> {
    const { workspaceId, portalId, action } = pack;
    const left = await runsLeftBehind(pool, pack);
    throwFirst(
      await eachAlone(left, 'run', async (run) => {
        await temporal.startRun({ workspaceId, portalId, action, ...run });
        return 1;
      }),
    );
  }

  function takePlaces(pack: ActionPackInput, most: number): (() => void)[] {
    const taken: (() => void)[] = [];
    while (taken.length < most) {
      const leave = places.take(pack.portalId, pack.action);
      if (!leave) break;
      taken.push(leave);
    }
    return taken;
  }

  async function make(pack: ActionPackInput, stop: AbortSignal): Promise<RunTried> {
    const rest = [...pack.runIds];
    const begins = performance.now() + BEGINS_FOR_MS;
    const tries = firstTries(pack, stop);
    const mayBegin = () => rest.length > 0 && !stop.aborted && performance.now() < begins;
    const signs = setInterval(() => {
      heartbeat();
      void stopCancelled(pack, tries);
    }, ALIVE_EVERY_MS);
    try {
      do {
        const leaves = mayBegin() ? takePlaces(pack, rest.length) : [];
        if (leaves.length > 0) {
          const claimed = await claim(pack, rest.splice(0, leaves.length), leaves);
          claimed.forEach(({ run, leave }) => tries.begin(run, leave));
        } else if (tries.count === 0) break;
        await tries.oneEnded(mayBegin() ? LOOKS_EVERY_MS : undefined);
      } while (tries.count > 0 || mayBegin());
    } finally {
      // Whoever comes next takes what is open for left behind: so nothing is any more.
      await tries.allEnded();
      clearInterval(signs);
    }
    tries.throwFirst();
    return rest.length === 0 ? { state: 'over' } : { state: 'again', inMs: backoffMs(3, NO_PLACE_MS) };
  }

  /** Each with its place; those that nothing is left to do for give theirs back. */
  async function claim(pack: ActionPackInput, runIds: readonly string[], leaves: readonly (() => void)[]) {
    let claimed: PackedRun[] = [];
    try {
      claimed = await claimFirstTries(pool, pack, runIds, LEASE_MS);
    } finally {
      for (const leave of leaves.slice(claimed.length)) leave();
    }
    crashPoint('actions.run.claimed');
    return leaves.flatMap((leave, n) => {
      const run = claimed[n];
      return run ? [{ run, leave }] : [];
    });
  }

  /** A try whose run was cancelled is told so. */
  async function stopCancelled(
    { workspaceId, portalId }: ActionPackInput,
    tries: ReturnType<typeof firstTries>,
  ): Promise<void> {
    const lasting = tries.lasting(LASTS_MS);
    if (lasting.length === 0) return;
    try {
      const still = await stillTried(pool, workspaceId, lasting);
      for (const runId of lasting) if (!still.has(runId)) tries.stop(runId);
    } catch (error) {
      logger.warn('It is not known which handlers were cancelled; they are looked at again', {
        portalId,
        error,
      });
    }
  }

  return {
    /** Makes them, as far as there are places, and has HubSpot get what came of them. */
    async runPack(pack: ActionPackInput): Promise<RunTried> {
      if (activityInfo().attempt > 1) await rescue(pack);
      if (await isPortalGone(portalResolver, pack)) {
        await cancelRuns(pool, pack, PORTAL_IS_GONE);
        return { state: 'over' };
      }
      return make(pack, cancellationSignal());
    },

    /** Ends those that have not ended. */
    async cancelPack(pack: ActionPackInput): Promise<void> {
      await cancelRuns(pool, pack, null);
    },
  };
}
