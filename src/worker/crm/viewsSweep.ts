import { dropSqlViews, makeSqlView, sqlViewsToDrop, sqlViewsToMake } from '../../db/crm/sqlViews.js';
import type { Pool } from '../../db/pool.js';
import { inWorkspace } from '../../db/tenant.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { Sweep } from '../reconciler.js';

const MAX_PER_SWEEP = 100;
/** A round ends so early that its last view, which is waited for two seconds, is through in time. */
const ROUND_MS = 20_000;

type Taken = Awaited<ReturnType<typeof sqlViewsToDrop>>[number];

/**
 * Views for SQL go when their portal goes. One that somebody reads, or has made something of, is tried again, more and
 * more seldom: when the mirror is removed nothing is seen in it any more, and it is forgotten.
 */
export const createViewsSweep = (pool: Pool, logger: Logger): Sweep =>
  sweepOf('sqlViewsDropped', {
    onConflict: tellOf(logger, 'A view for SQL is not dropped'),
    takeView: async () => (await sqlViewsToDrop(pool, 1))[0],
    withView: (view) => inWorkspace(pool, view.workspaceId, (client) => dropSqlViews(client, view)),
  });

/** Views that somebody kept open when they were to be made anew. One that is still open is tried again. */
export const createRemakeSweep = (pool: Pool, logger: Logger): Sweep =>
  sweepOf('sqlViewsRemade', {
    onConflict: tellOf(logger, 'A view for SQL is not made anew'),
    takeView: async () => (await sqlViewsToMake(pool, 1))[0],
    async withView(view) {
      const made = await inWorkspace(pool, view.workspaceId, (client) => makeSqlView(client, view));
      return made.waitingSince === null ? 1 : 0;
    },
  });

/** One view at a time: who puts off what it takes takes no more than it works on. */
function sweepOf(
  name: string,
  {
    takeView,
    withView,
    onConflict,
  }: {
    readonly takeView: () => Promise<Taken | undefined>;
    readonly withView: (view: Taken) => Promise<number>;
    /** It stays so until somebody does something. */
    readonly onConflict: (view: Taken, error: AppError) => void;
  },
): Sweep {
  return {
    name,
    everyMs: 15_000,
    timeoutMs: 30_000,
    async run(signal) {
      const until = performance.now() + ROUND_MS;
      async function* taken() {
        for (let n = 0; n < MAX_PER_SWEEP && !signal.aborted && performance.now() < until; n += 1) {
          const view = await takeView();
          if (!view) return;
          yield view;
        }
      }
      const done = await eachAlone(taken(), 'view', (view) =>
        withView(view).catch((error: unknown) => {
          if (!isInUse(error)) throw error;
          if (error.code === 'conflict') onConflict(view, error);
          return 0;
        }),
      );
      throwFirst(done);
      return done.did;
    },
  };
}

/** Once a minute for each view. */
function tellOf(logger: Logger, message: string): (view: Taken, error: AppError) => void {
  const seldom = createSeldom();
  return (view, error) => {
    const said = seldom(`${view.portalId} ${view.objectType}`);
    if (said) logger.warn(message, { ...view, error, ...said });
  };
}

const isInUse = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === 'conflict' || error.code === 'unavailable');
