import { fillValues, valuesDue } from '../../db/crm/declaredProperties.js';
import type { Pool } from '../../db/pool.js';
import { withStatementTimeout } from '../../db/statementTimeout.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { Sweep } from '../reconciler.js';

const EVERY_MS = 2000;
const TIMEOUT_MS = 30_000;
/** A round ends so early that its last statement is through in time. */
const ROUND_MS = 15_000;
const STATEMENT_TIMEOUT_MS = 5000;
/** It holds the lock of whoever writes records of the type for some ten milliseconds. */
const RECORDS_PER_STATEMENT = 500;
/** Then the others have their turn. */
const STATEMENTS_IN_A_ROW = 40;

/** Fills in the values of declared properties for records that were there, and removes those of undeclared ones. */
export function createValuesSweep(pool: Pool): Sweep {
  const db = withStatementTimeout(pool, STATEMENT_TIMEOUT_MS);
  /** One by one: whichever is taken is put off. */
  async function* due(hasTime: () => boolean) {
    while (hasTime()) {
      const [one] = await valuesDue(db, 1);
      if (!one) return;
      yield one;
    }
  }
  return {
    name: 'valuesFilled',
    everyMs: EVERY_MS,
    timeoutMs: TIMEOUT_MS,
    async run(signal) {
      const until = performance.now() + ROUND_MS;
      const hasTime = () => !signal.aborted && performance.now() < until;
      const filled = await eachAlone(due(hasTime), 'filling of a declared property', async (one) => {
        let did = 0;
        for (let n = 0; n < STATEMENTS_IN_A_ROW && hasTime(); n += 1) {
          const part = await fillValues(db, one, RECORDS_PER_STATEMENT);
          did += part;
          if (part < RECORDS_PER_STATEMENT) break;
        }
        return did;
      });
      throwFirst(filled);
      return filled.did;
    },
  };
}
