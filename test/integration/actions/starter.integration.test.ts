import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { createActionRunStarter } from '../../../src/temporal/actions/starter.js';
import { actionRunWorkflowId } from '../../../src/temporal/actions/contract.js';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connection.js';
import { createNamespace, givenTemporalAddress } from '../../support/servers.js';

let namespace: string;
let temporal: TemporalConnection;
let connection: Connection;

beforeAll(async () => {
  const address = givenTemporalAddress();
  namespace = await createNamespace(address);
  temporal = connectTemporal({
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: 'starter' },
    ...{ TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined },
  });
  connection = await Connection.connect({ address });
}, 60_000);
afterAll(async () => {
  await connection?.close();
  await temporal?.close();
});

test('a run is brought to its end however often that is asked, and one without a workflow gets one', async () => {
  const starter = createActionRunStarter(temporal);
  const run = { workspaceId: 'w', portalId: 1, runId: '7', callbackId: 'c-7' };
  const handle = new Client({ connection, namespace }).workflow.getHandle(
    actionRunWorkflowId(run.portalId, run.callbackId),
  );
  const asked = async () =>
    ((await handle.fetchHistory()).events ?? []).filter(
      (one) => one.workflowExecutionCancelRequestedEventAttributes,
    ).length;
  await starter.bringToEnd(run);
  expect(await asked()).toBe(0);
  await starter.bringToEnd(run);
  await starter.bringToEnd(run);
  expect(await asked()).toBe(1);
});
