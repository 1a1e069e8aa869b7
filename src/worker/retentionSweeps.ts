import { keepPartitions } from '../db/partitions.js';
import type { Pool, Queryable } from '../db/pool.js';
import { forgetRows, type Forgetting, type Retentions } from '../db/retention.js';
import { withStatementTimeout } from '../db/statementTimeout.js';
import type { Sweep } from './reconciler.js';

const FORGET_EVERY_MS = 10 * 60_000;
const PARTITIONS_EVERY_MS = 60_000;
const TIMEOUT_MS = 20_000;
const STATEMENT_TIMEOUT_MS = 5000;
/** Rows of a statement: it holds their locks for some ten milliseconds. */
const MAX_PER_STATEMENT = 5000;
/** Statements of a round: together a million rows in ten minutes, which is 1,600 a second. */
const MAX_STATEMENTS = 200;

/** The sweeps that keep to the retention of these tables: one for each function and each partitioned table. */
export function createRetentionSweeps(pool: Pool, tables: Retentions): Sweep[] {
  const db = withStatementTimeout(pool, STATEMENT_TIMEOUT_MS);
  return Object.entries(tables).flatMap(([table, retention]) => {
    switch (retention.by) {
      case 'index':
        return retention.forgets.map((forgetting) => forgettingSweep(db, forgetting));
      case 'day':
        return [partitionSweep(db, table, retention.days)];
      case 'end':
        return [];
    }
  });
}

function forgettingSweep(db: Queryable, forgetting: Forgetting): Sweep {
  return {
    name: forgetting.function,
    everyMs: FORGET_EVERY_MS,
    timeoutMs: TIMEOUT_MS,
    async run(signal) {
      let total = 0;
      for (let n = 0; n < MAX_STATEMENTS && !signal.aborted; n += 1) {
        const removed = await forgetRows(db, forgetting, MAX_PER_STATEMENT);
        total += removed;
        if (removed < MAX_PER_STATEMENT) break;
      }
      return total;
    },
  };
}

function partitionSweep(db: Queryable, table: string, keepDays: number): Sweep {
  return {
    name: `partitions_${table}`,
    everyMs: PARTITIONS_EVERY_MS,
    timeoutMs: TIMEOUT_MS,
    run: () => keepPartitions(db, table, keepDays),
  };
}
