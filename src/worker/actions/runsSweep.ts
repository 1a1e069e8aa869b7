import { overdueRuns, type OverdueRun } from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';
import { groupedBy } from '../../domain/groupedBy.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { MAX_PER_PACK, type ActionRunStarter, type PackStart } from '../../temporal/actions/starter.js';
import type { Sweep } from '../reconciler.js';

const MAX_PER_SWEEP = 500;

/**
 * Starts what was committed and not started, in packs where it was not tried yet. What has ended while its workflow
 * sleeps until the next try, by a portal that is disconnected or a cancellation whose process died, is brought to its
 * end.
 */
export function createRunsSweep(pool: Pool, temporal: ActionRunStarter): Sweep {
  return {
    name: 'actionRunsStarted',
    everyMs: 0,
    timeoutMs: 20_000,
    async run() {
      const overdue = await overdueRuns(pool, MAX_PER_SWEEP);
      const packs = await eachAlone(packsOf(overdue), 'pack', async (pack) => {
        crashPoint('actions.sweep.due');
        await temporal.startPack(pack);
        return pack.runs.length;
      });
      const tried = overdue.filter(({ isFresh }) => !isFresh);
      const done = await eachAlone(tried, 'run', async ({ isEnding, isFresh: _isFresh, ...run }) => {
        crashPoint('actions.sweep.due');
        await (isEnding ? temporal.bringToEnd(run) : temporal.startRun(run));
        return 1;
      });
      throwFirst(packs, done);
      return packs.did + done.did;
    },
  };
}

/** Those that were not tried yet, by portal and action, the oldest first. */
function packsOf(overdue: readonly OverdueRun[]): PackStart[] {
  const fresh = overdue
    .filter(({ isFresh }) => isFresh)
    .sort((a, b) => Number(BigInt(a.runId) - BigInt(b.runId)));
  const byAction = groupedBy(fresh, ({ workspaceId, portalId, action }) =>
    [workspaceId, portalId, action].join(' '),
  );
  const packs: PackStart[] = [];
  for (const runs of byAction.values())
    for (let from = 0; from < runs.length; from += MAX_PER_PACK) {
      const [first, ...others] = runs.slice(from, from + MAX_PER_PACK);
      if (!first) continue;
      const { workspaceId, portalId, action } = first;
      const start = ({ runId, callbackId }: OverdueRun) => ({ runId, callbackId });
      packs.push({ workspaceId, portalId, action, runs: [start(first), ...others.map(start)] });
    }
  return packs;
}
