import { isTransientDatabaseError } from '../../db/pool.js';
import { SearchStuck } from '../../domain/sync/searchWalk.js';
import { SyncRefused } from './syncRefused.js';

const FAILED = { firstMs: 10_000, mostMs: 15 * 60_000 };
/** An outcome that names a longer wait than this is asked again after it all the same. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

/** What ended a run, in words that say what becomes of it. */
export function refusalOf(error: unknown): SyncRefused {
  if (error instanceof SyncRefused) return error;
  if (error instanceof SearchStuck)
    return new SyncRefused(`${error.message}: the search is begun anew later`, { errorClass: 'stuck' });
  if (isTransientDatabaseError(error))
    return new SyncRefused('The database did not take the page; it is read again', {
      errorClass: 'unavailable',
    });
  // What the code or the database throws for a page is thrown again the next time: people have to see it.
  const name = error instanceof Error ? error.name : typeof error;
  return new SyncRefused(
    `Sluice cannot handle what HubSpot answered (${name}): see the worker's log, and report it`,
    {
      errorClass: 'unhandled',
      cause: error,
    },
  );
}

/** Until what failed so often in a row is tried again. */
export function waitAfter(failures: number, retryAfterMs = 0, firstMs: number = FAILED.firstMs): number {
  const growing = Math.min(FAILED.mostMs, firstMs * 2 ** Math.min(failures, 20));
  return Math.min(LONGEST_WAIT_MS, Math.max(growing, retryAfterMs));
}
