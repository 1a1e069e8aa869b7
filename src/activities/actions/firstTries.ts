import { setTimeout as delay } from 'node:timers/promises';
import {
  endRuns,
  storeFirstTries,
  type EndedRun,
  type PackedResult,
  type PackedRun,
} from '../../db/actions/packs.js';
import { runsBegun } from '../../db/actions/lanes.js';
import { putOffCompletion, putOffRun, type CompletingRun } from '../../db/actions/runs.js';
import { createBatcher } from '../../platform/batcher.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createSeldom } from '../../platform/seldom.js';
import { createRunTry } from '../../services/actions/runTry.js';
import type { ActionPackInput } from '../../temporal/actions/contract.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import type { RunDependencies } from './actionRunActivities.js';
import { createRunTeller } from './runTeller.js';

interface Dependencies extends RunDependencies {
  readonly temporal: Pick<ActionRunStarter, 'startRun'>;
}

/** The tries of a pack that are under way. */
export interface FirstTries {
  /** `leave`: gives the place of its handler back. */
  begin(run: PackedRun, leave: () => void): void;
  /** Runs that have not ended. */
  readonly count: number;
  /** Those whose handlers have run for so long. */
  lasting(ms: number): string[];
  /** Tells a handler to stop. */
  stop(runId: string): void;
  /** Resolves when one has ended, and those that end with it, or after so long. */
  oneEnded(withinMs: number | undefined): Promise<void>;
  allEnded(): Promise<void>;
  /** Throws what held one up. */
  throwFirst(): void;
}

/** Runs that end within so long of each other make room for others together. */
const TOGETHER_MS = 5;

/** Tries runs of a pack, each by itself. What they write at the same moment is written together. */
export function createFirstTries(
  deps: Dependencies,
): (pack: ActionPackInput, stop: AbortSignal) => FirstTries {
  const { pool, temporal, metrics, logger } = deps;
  const tryOnce = createRunTry(deps);
  const tell = createRunTeller(deps);
  const seldom = createSeldom();

  return (pack, stop) => {
    const { workspaceId, portalId, action } = pack;
    const underWay = new Set<Promise<void>>();
    const handlers = new Map<string, { readonly since: number; readonly stop: AbortController }>();
    const failures: unknown[] = [];
    const told = new Set<Promise<void>>();
    const tellBegun = createBatcher(async (turns: string[]) => {
      await runsBegun(pool, workspaceId, turns);
      return new Map<string, never>();
    });
    const store = together(
      (results: readonly PackedResult[]) => storeFirstTries(pool, workspaceId, results),
      () => crashPoint('actions.run.stored'),
    );
    const end = together(
      async (ends: readonly EndedRun[]) =>
        [...(await endRuns(pool, workspaceId, ends))].map((runId) => ({ runId })),
      () => crashPoint('actions.run.ended'),
    );

    async function go(run: PackedRun, leave: () => void): Promise<void> {
      const stored = await handle(run).finally(leave);
      if (!stored) return;
      crashPoint('actions.completion.begun');
      await complete(run, stored);
    }

    /** Tells its lane once that the handler has begun. Where that fails, the lane takes it for begun in a minute. */
    function begunOf({ turn }: PackedRun): () => void {
      let isTold = turn === null;
      return () => {
        if (isTold || turn === null) return;
        isTold = true;
        const telling = tellBegun(turn)
          .then(() => undefined)
          .catch((error: unknown) => {
            const said = seldom('begun');
            const message = 'The lane of a run was not told that it has begun; the next ones wait longer';
            if (said) logger.warn(message, { ...said, portalId, error });
          })
          .finally(() => told.delete(telling));
        told.add(telling);
      };
    }

    /** Undefined: it has left, or was overtaken. */
    async function handle(run: PackedRun): Promise<CompletingRun | undefined> {
      const { runId, attempt } = run;
      const ref = { workspaceId, portalId, runId };
      const own = new AbortController();
      const begun = begunOf(run);
      handlers.set(runId, { since: performance.now(), stop: own });
      try {
        const tried = await tryOnce(ref, run, AbortSignal.any([stop, own.signal]), begun);
        // Also where it ended without its handler.
        begun();
        if (tried.state === 'over') return await store({ runId, ...tried.result });
        await leaves(run, tried.inMs);
        await putOffRun(pool, ref, attempt, tried.inMs, tried.sealedResult);
        return undefined;
      } finally {
        handlers.delete(runId);
      }
    }

    async function complete({ runId, callbackId }: PackedRun, run: CompletingRun): Promise<void> {
      const ref = { workspaceId, portalId, runId };
      const told = await tell(ref, run);
      if (told.state === 'over') {
        if (await end({ runId, ...told.end })) metrics.ended.inc({ action, state: told.end.state });
        return;
      }
      await leaves({ runId, callbackId }, told.inMs);
      await putOffCompletion(pool, ref, told.inMs);
    }

    /** A workflow of its own goes on with it in so long. It stands before the pack lets go of the run. */
    async function leaves(
      { runId, callbackId }: { readonly runId: string; readonly callbackId: string },
      inMs: number,
    ): Promise<void> {
      try {
        await temporal.startRun({ workspaceId, portalId, action, runId, callbackId, inMs });
        crashPoint('actions.pack.left');
      } catch (error) {
        const said = seldom('leaves');
        if (said)
          logger.warn('A run of an action has no workflow of its own yet; the sweep starts it', {
            ...said,
            portalId,
            error,
          });
      }
    }

    return {
      begin(run, leave) {
        const going = go(run, leave)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => underWay.delete(going));
        underWay.add(going);
      },
      get count() {
        return underWay.size;
      },
      lasting(ms) {
        const before = performance.now() - ms;
        return [...handlers].filter(([, { since }]) => since <= before).map(([runId]) => runId);
      },
      stop: (runId) => handlers.get(runId)?.stop.abort(new Error('The run was cancelled')),
      async oneEnded(withinMs) {
        if (underWay.size === 0) return;
        await Promise.race([...underWay, ...(withinMs === undefined ? [] : [delay(withinMs)])]);
        if (underWay.size > 0) await delay(TOGETHER_MS);
      },
      async allEnded() {
        await Promise.all(underWay);
        await Promise.all(told);
      },
      throwFirst() {
        if (failures.length > 0) throw failures[0];
      },
    };
  };
}

/**
 * Writes what is asked for in the same turn of the event loop by one statement. Where that is refused, each is written
 * by itself: one that cannot be written holds up none of the others. Undefined: the statement left it out.
 */
function together<Item extends { readonly runId: string }, Row extends { readonly runId: string }>(
  write: (items: readonly Item[]) => Promise<readonly Row[]>,
  written: () => void,
): (item: Item) => Promise<Row | undefined> {
  const all = async (items: readonly Item[]) => {
    const rows = new Map((await write(items)).map((row) => [row.runId, row]));
    written();
    return rows;
  };
  const batch = createBatcher(async (items: Item[]) => {
    const rows = await all(items);
    return new Map(
      items.flatMap((item) => {
        const row = rows.get(item.runId);
        return row ? [[item, row]] : [];
      }),
    );
  });
  return async (item) => {
    try {
      return await batch(item);
    } catch {
      return (await all([item])).get(item.runId);
    }
  };
}
