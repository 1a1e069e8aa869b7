import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { connectTemporal, type TemporalConnection } from '../../../src/temporal/connection.js';
import { queueName } from '../../../src/temporal/taskQueues.js';
import { SYNC_SCHEDULES } from '../../../src/temporal/sync/schedules.js';
import { workflowsPath } from '../../../src/worker/worker.js';
import { createNamespace, givenTemporalAddress } from '../../support/servers.js';
import { until } from '../../support/until.js';

const PREFIX = 'overlap';
/** In the proportions of production: a round takes three times as long as it is from one to the next. */
const EVERY_MS = 1000;
const ROUND_MS = 3 * EVERY_MS;
const ROUNDS = 3;

let address: string;
let namespace: string;
let temporal: TemporalConnection;
let connection: Connection;
let native: NativeConnection;

beforeAll(async () => {
  address = givenTemporalAddress();
  namespace = await createNamespace(address);
  temporal = connectTemporal({
    ...{ TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    ...{ TEMPORAL_TASK_QUEUE: PREFIX, TEMPORAL_TLS: false, TEMPORAL_API_KEY: undefined },
  });
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
}, 60_000);
afterAll(async () => {
  await native?.close();
  await connection?.close();
  await temporal?.close();
});

describe('rounds that take longer than it is from one to the next', () => {
  test('are one at a time, and each one that was skipped for it is counted', async () => {
    const running = new Set<string>();
    const under: number[] = [];
    const round = async () => {
      const id = randomUUID();
      running.add(id);
      under.push(running.size);
      await delay(ROUND_MS);
      running.delete(id);
      return { turns: 0, seen: 0, changed: 0, failed: 0 };
    };
    const pass = SYNC_SCHEDULES.find(({ scheduleId }) => scheduleId === 'sluice-sync-settled')!;
    const worker = await Worker.create({
      ...{ connection: native, namespace, taskQueue: queueName(PREFIX, pass.queue) },
      workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') }),
      activities: { runDuePasses: round },
    });
    await worker.runUntil(async () => {
      await temporal.ensureSchedule({ ...pass, everyMs: EVERY_MS });
      await until('some rounds have begun', () => under.length >= ROUNDS, 60_000);
      const schedule = new Client({ connection, namespace }).schedule.getHandle(pass.scheduleId);
      const { info } = await schedule.describe();
      expect(info.numActionsSkippedOverlap).toBeGreaterThanOrEqual(ROUNDS - 1);
      expect(info.numActionsTaken).toBeLessThanOrEqual(under.length + 1);
      await schedule.delete();
      await until('the last round has ended', () => running.size === 0, 10_000);
    });
    expect(under).toEqual(under.map(() => 1));
  }, 90_000);
});
