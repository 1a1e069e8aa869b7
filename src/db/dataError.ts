import { types } from 'node:util';
import { isTransientDatabaseError } from './pool.js';

/**
 * SQLSTATE classes of what a statement was given: a value (22), a constraint (23), a size (54), a number of rows (21).
 * An internal error (XX) can come of a value, too.
 */
const OF_DATA = new Set(['21', '22', '23', '54', 'XX']);

/**
 * Whether work failed by what it was given and would fail again: then the one that is to blame is to be found and set
 * aside. Not when the database was away, or is not as it should be (a right, a table, a disk): that would hit all.
 */
export function isDataError(error: unknown): boolean {
  if (!types.isNativeError(error) || isTransientDatabaseError(error)) return false;
  const code = 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return OF_DATA.has(code.slice(0, 2));
  // Our own code stumbled over it. The driver's errors without a code are plain ones.
  return error instanceof TypeError || error instanceof RangeError;
}

/** What failed, without a value of what it was given. */
export function describeDataError(error: unknown): string {
  if (!types.isNativeError(error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
