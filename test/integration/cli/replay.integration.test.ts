import { randomUUID } from 'node:crypto';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { replay, silenceSdk } from '../../../src/cli/throttle/replay.js';
import { THROTTLE_WORKFLOW } from '../../../src/temporal/throttle/contract.js';
import { workflowsPath } from '../../../src/worker/worker.js';
import { givenTemporalAddress } from '../../support/servers.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

describe('sluice executions replay', () => {
  const address = givenTemporalAddress();
  let connection: Connection;
  let native: NativeConnection;
  let folder: string;
  beforeAll(async () => {
    silenceSdk();
    connection = await Connection.connect({ address });
    native = await NativeConnection.connect({ address });
    // In the project, so that the code in it finds the workflow SDK.
    folder = mkdtempSync(path.join(ROOT, 'test', '.replay-'));
  }, 60_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await native.close();
    await connection.close();
  });

  const temporal = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS: false,
  };

  /** Runs a workflow of this name by the code at `path` to its end. Returns its id. */
  async function runWith(code: string): Promise<string> {
    const workflowId = `throttle/replay/${randomUUID()}`;
    const taskQueue = workflowId;
    const activities = {
      releaseExecutions: async () => ({ remaining: 0, nextInMs: null, ended: { completed: 1 } }),
    };
    const worker = await Worker.create({ connection: native, taskQueue, workflowsPath: code, activities });
    const { workflow } = new Client({ connection });
    const args = [{ packId: '1', portalId: 1, laneId: '1', size: 1, dueInMs: 0 }];
    await worker.runUntil(() => workflow.execute(THROTTLE_WORKFLOW, { taskQueue, workflowId, args }));
    return workflowId;
  }

  it('takes the same course through a history that this code has made', async () => {
    const workflowId = await runWith(workflowsPath);
    const result = await replay(temporal, workflowId);
    expect(result).toMatchObject({ workflowId, same: true, partsAt: null, problem: null });
    expect(result.events).toBeGreaterThan(5);
  }, 60_000);

  it('says at which event it parts from the history of another', async () => {
    const other = path.join(folder, 'other.ts');
    writeFileSync(
      other,
      `import { sleep } from '@temporalio/workflow';\nexport async function throttle(): Promise<void> {\n  await sleep(1);\n}\n`,
    );
    const result = await replay(temporal, await runWith(other));
    expect(result).toMatchObject({ same: false, partsAt: expect.stringMatching(/^event \d+ \(\w+\)$/) });
    expect(result.problem).toContain('Nondeterminism');
  }, 60_000);

  it('says that Temporal does not have it, or cannot be reached', async () => {
    await expect(replay(temporal, 'throttle/1/nothing')).rejects.toThrow(
      /has no workflow throttle\/1\/nothing/,
    );
    await expect(
      replay({ ...temporal, TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'throttle/1/nothing'),
    ).rejects.toThrow(/Cannot reach Temporal/);
  }, 30_000);
});
