import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { workflowsPath } from '../../src/worker/worker.js';
import { storedHistories, workflowFingerprint } from '../support/histories.js';

const histories = await storedHistories();

describe('replay', () => {
  let workflowBundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  }, 60_000);
  afterAll(() => Runtime.instance().shutdown());

  it.each(histories)('of $file goes through the code as it is', async ({ history }) => {
    await Worker.runReplayHistory({ workflowBundle }, historyFromJSON(history));
  });

  it.each(histories)('of $file names no folder of the machine that recorded it', ({ history }) => {
    expect(JSON.stringify(history)).not.toMatch(/"stackTrace":"[^"]/);
  });

  it('covers the workflow code as it is: after a change `npm run histories` records it', async () => {
    const fingerprint = await workflowFingerprint();
    const current = histories.filter(({ file }) => file.endsWith(`.${fingerprint}.json`));
    expect(current.length).toBeGreaterThanOrEqual(6);
  });
});
