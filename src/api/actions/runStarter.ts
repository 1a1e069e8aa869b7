import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import { MAX_PER_PACK, type ActionRunStarter, type PackStart } from '../../temporal/actions/starter.js';

/** A run that was committed. */
export interface CommittedRun extends Pick<PackStart, 'workspaceId' | 'portalId' | 'action'> {
  readonly runId: string;
  readonly callbackId: string;
}

/** Starts the workflows of runs that were committed, those of an action in a portal together. */
export interface RunQueue {
  add(run: CommittedRun): void;
  /** Takes nothing new. What is left, the sweep of the worker starts. */
  stop(): Promise<void>;
}

/** So many are started at a time. */
const WIDTH = 16;
/** What is beyond, or fails, is left to the sweep, which knows of all that is committed and not started. */
const MAX_WAITING = 10_000;
/** One that comes alone goes at once; those that come within so long after it go together. */
const GATHERS_FOR_MS = 100;

export function createRunQueue(temporal: Pick<ActionRunStarter, 'startPack'>, logger: Logger): RunQueue {
  /** By portal and action of which a pack went a moment ago: what has come since. */
  const gathering = new Map<string, CommittedRun[]>();
  const ready: CommittedRun[][] = [];
  const seldom = createSeldom();
  const underWay = new Set<Promise<void>>();
  let waiting = 0;
  let stopped = false;

  async function work(): Promise<void> {
    for (let runs = ready.shift(); runs && !stopped; runs = ready.shift()) {
      waiting -= runs.length;
      try {
        await start(runs);
      } catch (error) {
        const said = seldom('start');
        if (said)
          logger.warn('Runs of an action could not be started yet; the sweep will', { ...said, error });
      }
    }
  }

  async function start([first, ...others]: readonly CommittedRun[]): Promise<void> {
    if (!first) return;
    const { workspaceId, portalId, action } = first;
    crashPoint('actions.intake.starting');
    await temporal.startPack({ workspaceId, portalId, action, runs: [first, ...others] });
    crashPoint('actions.intake.started');
  }

  function go(runs: CommittedRun[]): void {
    ready.push(runs);
    if (underWay.size >= WIDTH) return;
    const working = work().finally(() => underWay.delete(working));
    underWay.add(working);
  }

  function gather(key: string): void {
    gathering.set(key, []);
    setTimeout(() => {
      const since = gathering.get(key) ?? [];
      gathering.delete(key);
      if (since.length === 0 || stopped) return;
      gather(key);
      go(since);
    }, GATHERS_FOR_MS).unref();
  }

  return {
    add(run) {
      if (stopped || waiting >= MAX_WAITING) return;
      waiting += 1;
      const key = `${run.workspaceId} ${run.portalId} ${run.action}`;
      const since = gathering.get(key);
      if (!since) {
        gather(key);
        go([run]);
        return;
      }
      since.push(run);
      if (since.length < MAX_PER_PACK) return;
      gathering.set(key, []);
      go(since);
    },
    async stop() {
      stopped = true;
      await Promise.all(underWay);
    },
  };
}
