import type { Stack } from '../../test/support/stack.js';
import type { Generator, LoadPlan, LoadResult } from './load.js';

const ACTION_PATH = '/api/hubspot/action';
const WEBHOOKS_PATH = '/api/integrations/hubspot/webhooks';
/** Enough that both sides are always busy: what one commit holds up is made good by the next batch. */
const CONNECTIONS = 256;

/** `port`: somebody else than the one who takes the stack's calls. */
export type Calls = Pick<LoadPlan, 'steps' | 'count'> &
  Partial<Pick<LoadPlan, 'perSecond' | 'inputFields' | 'port' | 'path'>>;

/** Posts action calls that nobody has posted to this stack before, and insists that each was held. */
export function createCaller(stack: Stack, generator: Generator) {
  const portOf = (url: string) => Number(new URL(url).port);
  const ownPorts = new Set([...stack.apis, ...stack.intakes].map(({ url }) => portOf(url)));
  let firstEnrollmentId = 100_456_362_982;
  let acknowledged = 0;
  let brought = 0;

  async function call(calls: Calls): Promise<LoadResult> {
    const { port = portOf(stack.actionUrl()) } = calls;
    const plan: LoadPlan = {
      port,
      path: ACTION_PATH,
      publicUrl: `http://127.0.0.1:${port}`,
      secret: stack.secrets.clientSecret,
      connections: CONNECTIONS,
      perSecond: null,
      inputFields: { model: 'x' },
      firstEnrollmentId,
      ...calls,
    };
    firstEnrollmentId += plan.count;
    const result = await generator.run(plan);
    if (result.blocked !== plan.count) {
      throw new Error(
        `${result.blocked} of ${plan.count} calls were held: ${JSON.stringify(result.statuses)}`,
      );
    }
    if (ownPorts.has(port)) acknowledged += plan.count;
    return result;
  }

  /** The same of webhooks, and insists that each was taken. */
  async function bring(calls: Pick<LoadPlan, 'steps' | 'count'> & { eventsPerCall: number }) {
    const port = portOf(stack.actionUrl());
    const result = await generator.run({
      ...{ port, path: WEBHOOKS_PATH, publicUrl: `http://127.0.0.1:${port}`, perSecond: null },
      ...{ secret: stack.secrets.clientSecret, connections: CONNECTIONS, inputFields: {}, firstEnrollmentId },
      ...calls,
    });
    const events = calls.count * calls.eventsPerCall;
    firstEnrollmentId += events;
    if (result.statuses['200'] !== calls.count)
      throw new Error(`Of ${calls.count} calls were answered: ${JSON.stringify(result.statuses)}`);
    brought += events;
    return result;
  }
  return { call, bring, acknowledged: () => acknowledged, brought: () => brought };
}
