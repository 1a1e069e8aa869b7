import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { oneLane, untilCompleted, verdictOf, type Fault } from './fault.js';

const COUNT = 600;
const RATE = { limit: 50, intervalMs: 2000 };
const SKEW_MS = 600_000;
/** More than HubSpot's calls may be ahead. */
const API_SKEW_MS = -65_000;
const CLOCK = pathToFileURL(path.resolve(import.meta.dirname, '../support/skewedClock.mjs')).href;

export const clocksDiffer: Fault = {
  id: 'F38',
  title:
    'the clock of one worker is 10 minutes fast, that of another 10 minutes slow, that of the API 65 seconds slow',
  async run({ stack: createStack, say }) {
    const stack = await createStack({ workers: 1 });
    for (const skew of [SKEW_MS, -SKEW_MS]) {
      const worker = stack.startWorker({ SKEWED_CLOCK_MS: String(skew), NODE_OPTIONS: `--import ${CLOCK}` });
      await worker.waitReady();
    }
    const api = stack.apis[0];
    const skewed = { SKEWED_CLOCK_MS: String(API_SKEW_MS), NODE_OPTIONS: `--import ${CLOCK}` };
    await api?.restart({ env: skewed, until: 'listening' });
    const flow = await oneLane(stack, RATE, 'v3');
    const ready = await fetch(`${api?.url}/readyz`);
    await stack.sandbox.enrol(flow.portalId, flow.workflowId, { count: COUNT });
    await untilCompleted(stack, flow, COUNT, 120_000);
    const { rows } = await stack.pool.query<{ owners: number }>(
      'SELECT count(DISTINCT owner)::int AS owners FROM lane_grants',
    );
    const owners = rows[0]?.owners ?? 0;
    say(`${owners} of three workers took part`);
    return verdictOf(
      stack,
      { windows: [{ flow, ...RATE }] },
      {
        problems: [
          ...(owners < 2 ? ['Only one worker took part: nothing was tried'] : []),
          ...(ready.status === 503 ? [] : ['The API is ready, though its clock is 65 s wrong']),
        ],
        figures: [['workers', owners]],
      },
    );
  },
};
