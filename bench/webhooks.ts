import type { Benchmark } from './lib/benchmark.js';
import { startBuiltStack } from './lib/builtStack.js';
import { createCaller } from './lib/calls.js';
import { startGenerator, type LoadResult, type Step } from './lib/load.js';
import { percentile } from './lib/statistics.js';
import { figure } from './lib/table.js';
import type { Stack } from '../test/support/stack.js';

const PORTALS = 16;

/**
 * Intake, API and Postgres (fsync on) run; workers do not, so that the records that events name wait, up to the bound.
 * Calls of one event each, of mirrored types, against action calls of the same run, both on the intake's process.
 */
const webhooks: Benchmark = {
  name: 'webhooks',
  title: 'durable signed acks of webhooks with an event each, against action calls of the same run',
  runs: 5,

  async run({ runs, quick, say }) {
    const stack = await startBuiltStack({ workers: 0, intakes: 1 });
    const generator = startGenerator();
    try {
      const steps: Step[] = [];
      for (let n = 0; n < PORTALS; n += 1) {
        const portalId = await stack.connectPortal();
        steps.push({ portalId, workflowId: 713_617_349, actionId: 1, actionDefinitionId: 33_540_407 });
      }
      await follow(
        stack,
        steps.map(({ portalId }) => portalId),
      );
      const { call, bring, brought } = createCaller(stack, generator);
      const count = quick ? 4000 : 20_000;
      const sides = {
        actions: () => call({ steps, count }),
        events: () => bring({ steps, count, eventsPerCall: 1 }),
        hundreds: () => bring({ steps, count: count / 20, eventsPerCall: 100 }),
      };
      for (const side of Object.values(sides)) await side(); // warm: compiled code and plans
      const results: Run[] = [];
      for (let n = 0; n < runs; n += 1) {
        const run = {
          actions: await sides.actions(),
          events: await sides.events(),
          hundreds: await sides.hundreds(),
        };
        results.push(run);
        say(`${n + 1}. ${describe(run)}`);
      }
      await assertCommitted(stack, brought());
      return [
        {
          what: 'durable acks/s of webhooks with an event each ÷ action calls',
          values: results.map(({ events, actions }) => events.perSecond / actions.perSecond),
          atLeast: 0.9,
          unit: '×',
        },
      ];
    } finally {
      generator.stop();
      await stack.stop();
    }
  },
};

export default webhooks;

interface Run {
  readonly actions: LoadResult;
  readonly events: LoadResult;
  readonly hundreds: LoadResult;
}

function describe({ actions, events, hundreds }: Run): string {
  const p99 = figure(percentile(events.latencyMs, 0.99), ' ms');
  return `actions ${Math.round(actions.perSecond)}/s, webhooks ${Math.round(events.perSecond)}/s (p99 ${p99}), with a hundred events each ${Math.round(100 * hundreds.perSecond)} events/s`;
}

/** As if contacts of these portals were mirrored: what events name is to be read. */
async function follow({ pool }: Stack, portalIds: readonly number[]): Promise<void> {
  await pool.query(
    `INSERT INTO sync_states (workspace_id, portal_id, object_type, loaded_at, due_at)
     SELECT workspace_id, portal_id, 'contacts', now(), NULL FROM portals WHERE portal_id = ANY ($1)`,
    [portalIds],
  );
}

async function assertCommitted({ pool }: Stack, brought: number): Promise<void> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM webhook_events');
  if (Number(rows[0]?.count) !== brought)
    throw new Error(`${brought} events were acknowledged, ${rows[0]?.count} rows are committed`);
}
