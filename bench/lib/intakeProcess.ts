import { createInterface } from 'node:readline';
import { startBuiltStack } from './builtStack.js';
import { createCaller } from './calls.js';
import { startGenerator, type Step } from './load.js';

/*
 * The intake of the checkout in which this file stands, run on demand: a line with a number posts so many calls and is
 * answered by a line with the acks per second. It is copied into the checkout of another commit, so it uses little.
 */
const PORTALS = 16;

const stack = await startBuiltStack({ workers: 0, intakes: 1 });
const generator = startGenerator();
// As if workers claimed what the starter starts, so that it has all its work to do.
const claims = setInterval(() => {
  stack.pool
    .query(
      `WITH claimed AS (
         UPDATE packs SET claimed_at = clock_timestamp()
          WHERE id IN (SELECT id FROM packs WHERE claimed_at IS NULL AND started_at IS NOT NULL LIMIT 8) RETURNING id)
       SELECT pg_notify('sluice_claimed', id::text) FROM claimed`,
    )
    .catch(() => clearInterval(claims));
}, 160);
const steps: Step[] = [];
for (let n = 0; n < PORTALS; n += 1) {
  const portalId = await stack.connectPortal();
  steps.push({ portalId, workflowId: 713_617_349, actionId: 1, actionDefinitionId: 33_540_407 });
}
const { call } = createCaller(stack, generator);
console.log('ready');
for await (const line of createInterface({ input: process.stdin }))
  console.log(String((await call({ steps, count: Number(line) })).perSecond));
clearInterval(claims);
generator.stop();
await stack.stop();
process.exit(0);
