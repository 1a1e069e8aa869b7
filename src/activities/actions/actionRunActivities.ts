import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { endRuns } from '../../db/actions/packs.js';
import {
  beginCompletion,
  cancelRun,
  claimRun,
  putOffCompletion,
  putOffRun,
  storeResult,
  type RunRef,
} from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { forWorkspace } from '../../db/tenant.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { RunPlaces } from '../../services/actions/runPlaces.js';
import { createRunTry, type TryDependencies } from '../../services/actions/runTry.js';
import type { ActionRunInput, RunTried } from '../../temporal/actions/contract.js';
import { isPortalGone, PORTAL_IS_GONE } from './portalIsGone.js';
import { createRunTeller, type TellerDependencies } from './runTeller.js';

export interface RunDependencies extends TryDependencies, TellerDependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly places: RunPlaces;
}

export type ActionRunActivities = ReturnType<typeof createActionRunActivities>;

const ALIVE_EVERY_MS = 2000;
/** A try that has not come back by then is looked for again: the longest time-out, and some. */
const LEASE_MS = 17 * 60_000;
const NO_PLACE_MS = { baseMs: 500, maxMs: 5000, random: Math.random };

/** The steps of a run. Each is safe to repeat and to run twice at once: who was overtaken stores nothing. */
export function createActionRunActivities(deps: RunDependencies) {
  const { pool, portalResolver, places, metrics } = deps;
  const tryOnce = createRunTry(deps);
  const tell = createRunTeller(deps);

  async function attempt(ref: RunRef): Promise<RunTried> {
    const claimed = await claimRun(pool, ref, LEASE_MS);
    if (!claimed) return { state: 'over' };
    crashPoint('actions.run.claimed');
    const end = await tryOnce(ref, claimed, cancellationSignal());
    if (end.state === 'over') {
      await storeResult(pool, ref, claimed.attempt, end.result);
      crashPoint('actions.run.stored');
      return { state: 'over' };
    }
    await putOffRun(pool, ref, claimed.attempt, end.inMs, end.sealedResult);
    return { state: 'again', inMs: end.inMs };
  }

  return {
    /** One try of the handler. */
    async tryRun(ref: ActionRunInput): Promise<RunTried> {
      if (await isPortalGone(portalResolver, ref)) {
        const db = forWorkspace(pool, ref.workspaceId);
        await cancelRun(db, ref.workspaceId, ref.runId, PORTAL_IS_GONE);
        return { state: 'over' };
      }
      const leave = places.take(ref.portalId, ref.action);
      if (!leave) return { state: 'again', inMs: backoffMs(3, NO_PLACE_MS) };
      const signs = setInterval(() => heartbeat(), ALIVE_EVERY_MS);
      try {
        return await attempt(ref);
      } finally {
        clearInterval(signs);
        leave();
      }
    },

    /** Ends one that has not ended. */
    async cancelRun({ workspaceId, runId }: RunRef): Promise<void> {
      await cancelRun(forWorkspace(pool, workspaceId), workspaceId, runId, null);
      crashPoint('actions.run.cancelled');
    },

    /** Has HubSpot get what came of it. */
    async completeRun(ref: RunRef): Promise<RunTried> {
      const run = await beginCompletion(pool, ref);
      if (!run) return { state: 'over' };
      crashPoint('actions.completion.begun');
      const told = await tell(ref, run);
      if (told.state === 'over') {
        const ended = await endRuns(pool, ref.workspaceId, [{ runId: ref.runId, ...told.end }]);
        crashPoint('actions.run.ended');
        if (ended.has(ref.runId)) metrics.ended.inc({ action: run.action, state: told.end.state });
        return { state: 'over' };
      }
      await putOffCompletion(pool, ref, told.inMs);
      return told;
    },
  };
}
