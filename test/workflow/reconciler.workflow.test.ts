import { describe, expect, it } from '@jest/globals';
import { RECONCILER_WORKFLOW } from '../../src/temporal/reconciler.js';
import { tookMs, useWorkflows } from '../support/workflows.js';

/** The schedule skips rounds while one runs: for so long nothing that was left behind is found. */
const GIVEN_UP_WITHIN_MS = 15_000;

const workflows = useWorkflows();

describe('a round of the reconciler', () => {
  it('whose worker has died is given up within seconds, so that the next one begins', async () => {
    let end = (): void => undefined;
    const sweep = () => new Promise<object>((resolve) => (end = () => resolve({}))); // and no sign of life
    const { worker, taskQueue } = await workflows.worker('reconciler', { sweep });
    await worker.runUntil(async () => {
      const handle = await workflows.env.client.workflow.start(RECONCILER_WORKFLOW, {
        ...{ taskQueue, workflowId: taskQueue, args: [] },
      });
      await expect(handle.result()).rejects.toThrow();
      expect(await tookMs(handle)).toBeLessThan(GIVEN_UP_WITHIN_MS);
      end();
    });
  });
});
