import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPooler, type Pooler } from '../support/pooler.js';
import { startStack, until, type Stack } from '../support/stack.js';

/* The stand-in of PgBouncer; test/integration/db/poolers has PgBouncer itself, where it is installed. */

describe('a service behind a pooler', () => {
  let session: Pooler;
  let transaction: Pooler;
  let stack: Stack;
  let url: string;

  beforeAll(async () => {
    [session, transaction] = await Promise.all([startPooler('session'), startPooler('transaction')]);
    stack = await startStack({
      databaseThrough: (direct) => {
        url = direct;
        return session.through(direct);
      },
    });
  }, 90_000);
  afterAll(async () => {
    await stack?.stop();
    await Promise.all([session.stop(), transaction.stop()]);
  }, 30_000);

  it('in session mode takes records through with no other setting than its address', async () => {
    const portalId = await stack.connectPortal();
    const flow = await stack.addFlow(portalId, { steps: [{ rate: { limit: 10, intervalMs: 1000 } }] });
    await stack.sandbox.enrol(portalId, flow.workflowId, { count: 20 });
    await until(
      'all have completed',
      async () => (await stack.sandbox.enrolments(flow)).byState['completed'] === 20,
      30_000,
    );
    const { lanes } = await stack.sandbox.report({ portalId, workflowId: flow.workflowId, windowMs: 1000 });
    expect(lanes[0]!.maxInWindow).toBeLessThanOrEqual(10);
  });

  it('in transaction mode does not start, and says what to set', async () => {
    const worker = stack.startWorker({ DATABASE_URL: transaction.through(url) });
    expect(await worker.exited).toBe('code 1');
    expect(worker.logs()).toMatch(/DATABASE_URL leads to a pooler .* set pool_mode = session/);
  });
});
