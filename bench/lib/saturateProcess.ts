import { PRIORITIES } from '../../src/domain/hubspot/priorities.js';
import { callUnder } from './budgetCalls.js';
import { openBudget } from './openBudget.js';

/**
 * A process with endless work of one priority for one portal, until it is ended. Tells how many calls it made when it
 * is asked.
 */
const [databaseUrl = '', portal = '', named] = process.argv.slice(2);
const priority = PRIORITIES.find((one) => one === named);
if (!priority) throw new Error(`There is no priority ${named}. There are: ${PRIORITIES.join(', ')}`);
const CALLERS = 64;
let calls = 0;

process.on('disconnect', () => process.exit()); // who started it is gone
process.on('message', () => process.send?.({ calls }));

const budget = openBudget(databaseUrl);
await Promise.all(
  Array.from({ length: CALLERS }, async () => {
    for (;;) {
      await callUnder(budget, Number(portal), priority);
      calls += 1;
    }
  }),
);
