import { setTimeout as delay } from 'node:timers/promises';
import type { Priority } from '../../src/domain/hubspot/priorities.js';
import type { Budget } from '../../src/hubspot/budget/permit.js';

/** What a call of HubSpot takes from its permit to its answer. */
const ANSWERED_MS = { least: 20, most: 100 };

/** One call under a portal's budget, as the gateway makes it; how long it had to wait for its permit. */
export async function callUnder(budget: Budget, portalId: number, priority: Priority): Promise<number> {
  const from = performance.now();
  const permit = await budget.acquire(portalId, priority);
  const waitedMs = performance.now() - from;
  await delay(ANSWERED_MS.least + Math.random() * (ANSWERED_MS.most - ANSWERED_MS.least));
  permit.use(0);
  return waitedMs;
}
