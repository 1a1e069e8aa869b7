import path from 'node:path';
import type { Stack } from '../test/support/stack.js';
import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type Generator, type Step } from './lib/load.js';

const CONFIG = path.join(import.meta.dirname, '../test/support/ownDefinitions/many.config.mjs');
const MANY = 20;
const PORTALS = 16;
const CALLS = 2000;

/** Two intakes of the same make on one Postgres and one Temporal take calls in turn; no worker runs. */
const registered: Benchmark = {
  name: 'registered',
  title: `durable acks/s of an action of one's own where ${MANY} are registered, against one where it is the only one, in turn`,
  runs: 15,

  async run({ runs, quick, say }) {
    const many = await startIntake(MANY);
    const one = await startIntake(1, {
      databaseAdminUrl: many.services!.env.DATABASE_ADMIN_URL!,
      temporalAddress: many.services!.env.TEMPORAL_ADDRESS!,
    });
    const generator = startGenerator();
    try {
      const sides = { many: await createSide(many, generator), one: await createSide(one, generator) };
      const count = quick ? 500 : CALLS;
      for (const side of [sides.many, sides.one]) await side(1, count); // warm: compiled code and plans
      const ratios: number[] = [];
      for (let n = 0; n < runs; n += 1) {
        // Each goes first every other time.
        const order = n % 2 === 0 ? (['many', 'one'] as const) : (['one', 'many'] as const);
        const rates = { many: NaN, one: NaN };
        for (const name of order)
          rates[name] = await sides[name](name === 'many' ? (n % MANY) + 1 : 1, count);
        ratios.push(rates.many / rates.one);
        say(`${n + 1}. ${Math.round(rates.many)}/s of ${MANY}, ${Math.round(rates.one)}/s of one`);
      }
      return [{ what: `acks/s of ${MANY} registered ÷ of one`, values: ratios, atLeast: 0.95, unit: '×' }];
    } finally {
      generator.stop();
      await one.stop();
      await many.stop();
    }
  },
};

export default registered;

function startIntake(actions: number, servers: Parameters<typeof startBuiltStack>[0] = {}): Promise<Stack> {
  const env = { SLUICE_CONFIG: CONFIG, REGISTERED: String(actions) };
  return startBuiltStack({ ...servers, workers: 0, intakes: 1, env });
}

/** Posts calls of the action with that number, and returns how many were taken in a second. */
async function createSide(stack: Stack, generator: Generator) {
  const steps: Step[] = [];
  for (let n = 0; n < PORTALS; n += 1)
    steps.push({
      ...{ portalId: await stack.connectPortal(), workflowId: 713_617_349 },
      ...{ actionId: 1, actionDefinitionId: 33_540_407 },
    });
  const { call } = createCaller(stack, generator);
  return async (action: number, count: number): Promise<number> =>
    (await call({ steps, count, path: `/api/hubspot/actions/act-${action}` })).perSecond;
}
