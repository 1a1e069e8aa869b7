import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { createProcess } from '../support/process.js';
import { startStack, until, type Stack } from '../support/stack.js';

const SCHEDULE = 'sluice-relay';

describe('a service that cannot do its work', () => {
  let stack: Stack;
  let bare: string;
  let connection: Connection;

  beforeAll(async () => {
    stack = await startStack();
    bare = `bare-${randomBytes(6).toString('hex')}`;
    connection = await Connection.connect({ address: stack.env.TEMPORAL_ADDRESS! });
    await connection.workflowService.registerNamespace({
      namespace: bare,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await until(
      'Temporal knows the namespace',
      async () => {
        await connection.workflowService.listWorkflowExecutions({ namespace: bare });
        return true;
      },
      30_000,
    );
  }, 120_000);
  afterAll(async () => {
    await connection?.close();
    await stack?.stop();
  }, 30_000);

  const readyz = async (url: string) => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  /** What production asks of the environment. */
  const PRODUCTION = {
    ...{ NODE_ENV: 'production', PUBLIC_URL: 'https://sluice.example.com' },
    HUBSPOT_API_BASE_URL: 'https://api.example.com',
  };

  it('for want of search attributes says so before it says that it is ready, and goes on when they are made', async () => {
    const worker = stack.startWorker({ TEMPORAL_NAMESPACE: bare });
    await until('it listens', () => worker.logs().includes('{"listening":true'), 60_000);
    expect(worker.logs()).not.toContain('{"ready":true');
    expect(worker.logs()).toMatch(
      /"level":"error".*lacks search attributes .*: PortalId, Lane, CallbackId, ExecutionState/,
    );
    const names = ['PortalId', 'Lane', 'CallbackId', 'ExecutionState'];
    const searchAttributes = Object.fromEntries(names.map((name) => [name, 2]));
    await connection.operatorService.addSearchAttributes({ namespace: bare, searchAttributes });
    await worker.waitReady();
    expect((await readyz(worker.url)).status).toBe(200);
    await worker.stop();
  });

  it('does not start in production, and says in a line what to do', async () => {
    const other = `bare-${randomBytes(6).toString('hex')}`;
    const worker = stack.startWorker({ ...PRODUCTION, TEMPORAL_NAMESPACE: other });
    expect(await worker.exited).toBe('code 1');
    expect(worker.logs()).toMatch(
      new RegExp(`^Refusing to start in production: Temporal has no namespace "${other}". Make it `, 'm'),
    );
    const owner = stack.startWorker({ ...PRODUCTION, DATABASE_URL: stack.databaseAdminUrl });
    expect(await owner.exited).toBe('code 1');
    expect(owner.logs()).toMatch(
      /^Refusing to start in production: The login of DATABASE_URL (is a superuser|owns tables)/m,
    );
    expect(owner.logs()).not.toContain('"ready":true');
    const api = createProcess({
      ...{ name: 'api', script: 'dist/api/main.js', log: path.join(stack.dir, 'logs', 'api-refused.log') },
      env: {
        ...{ ...stack.env, ...PRODUCTION, DATABASE_URL: stack.databaseAdminUrl },
        ...{ PORT: '0', API_METRICS_PORT: '0' },
      },
    });
    api.start();
    expect(await api.exited).toBe('code 1');
    expect(api.logs()).toMatch(
      /^Refusing to start in production: The login of DATABASE_URL .*\. Give DATABASE_URL a login/m,
    );
  });

  it('names a schedule that was paused within a minute, at the worker and at the API, and one that was deleted is made again', async () => {
    const [worker, api] = [stack.workers[0]!, stack.apis[0]!];
    expect((await readyz(worker.url)).status).toBe(200);
    const schedule = stack.temporal.schedule.getHandle(SCHEDULE);
    await schedule.pause('an operator looks at something');
    const named = /"level":"error".*sluice-relay is paused \(\\"an operator looks at something\\"\)/;
    await until('the log names it', () => named.test(worker.logs()), 60_000);
    expect(await readyz(worker.url)).toMatchObject({
      status: 503,
      text: expect.stringContaining('is paused'),
    });
    // The API takes calls all the same.
    const degraded = await readyz(api.url);
    expect(degraded.status).toBe(200);
    expect(degraded.text).toMatch(/"status":"degraded".*is paused/);
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    expect(metrics).toMatch(/sluice_check_ok\{check="reconciler",.*\} 0/);
    await schedule.unpause();
    await until('it is well again', async () => (await readyz(worker.url)).status === 200, 60_000);

    await schedule.delete();
    await until(
      'it is there again',
      () =>
        schedule.describe().then(
          () => true,
          () => false,
        ),
      60_000,
    );
  }, 200_000);
});
