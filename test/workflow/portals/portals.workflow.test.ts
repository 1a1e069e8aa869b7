import { describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { DISCONNECT_WORKFLOW, INSTALL_WORKFLOW } from '../../../src/temporal/portals/contract.js';
import { portalActivities, type PortalSteps } from '../../support/portalActivities.js';
import { tookMs, useWorkflows } from '../../support/workflows.js';

const portal = { workspaceId: '00000000-0000-4000-8000-000000000001', portalId: 62_515, epoch: 2 };
const MINUTE_MS = 60_000;

describe('the workflows of a portal', () => {
  const workflows = useWorkflows();

  /** Runs a workflow to its end: its result, its steps in order, and how long it took in its own time. */
  async function run(workflow: string, changes: Partial<PortalSteps> = {}) {
    const steps: string[] = [];
    const { worker, taskQueue } = await workflows.worker('portals', portalActivities(steps, changes));
    return worker.runUntil(async () => {
      const handle = await workflows.env.client.workflow.start(workflow, {
        taskQueue,
        workflowId: taskQueue,
        args: [portal],
      });
      const result: unknown = await handle.result();
      return { result, steps, tookMs: await tookMs(handle) };
    });
  }

  describe('disconnect', () => {
    it('ends what waits through HubSpot, gives the grant back, removes the tokens, ends the rest, in this order', async () => {
      const { result, steps } = await run(DISCONNECT_WORKFLOW);
      expect(steps).toEqual([
        'planDisconnect',
        'noteStep',
        'endPortal',
        'noteStep',
        'revokeGrant',
        'removeTokens',
        'noteStep',
        'endPortalLocally',
        'finishDisconnect',
      ]);
      expect(result).toEqual({ superseded: false, endedLocally: 0, revoked: 'done', uninstalled: 'nothing' });
    });

    it('removes the app where that was asked for, while it still has a token for it', async () => {
      const { result, steps } = await run(DISCONNECT_WORKFLOW, {
        planDisconnect: () => Promise.resolve({ current: true, canTellHubSpot: true, uninstall: true }),
      });
      expect(steps.indexOf('uninstallApp')).toBeLessThan(steps.indexOf('revokeGrant'));
      expect(result).toMatchObject({ uninstalled: 'done' });
    });

    it('does nothing when the portal was installed again meanwhile', async () => {
      const { result, steps } = await run(DISCONNECT_WORKFLOW, {
        planDisconnect: () => Promise.resolve({ current: false, canTellHubSpot: true, uninstall: true }),
      });
      expect(steps).toEqual(['planDisconnect']);
      expect(result).toMatchObject({ superseded: true });
    });

    it('waits until HubSpot was told of everything', async () => {
      const left = [40, 7, 0];
      const { steps } = await run(DISCONNECT_WORKFLOW, {
        endPortal: () => Promise.resolve({ marked: 0, left: left.shift() ?? 0 }),
      });
      expect(steps.filter((step) => step === 'endPortal')).toHaveLength(3);
    });

    it('gives up telling HubSpot after five minutes, and ends the rest without it', async () => {
      const { result, steps, tookMs } = await run(DISCONNECT_WORKFLOW, {
        endPortal: () => Promise.resolve({ marked: 0, left: 9 }),
        endPortalLocally: () => Promise.resolve({ ended: 9 }),
      });
      expect(result).toMatchObject({ endedLocally: 9 });
      expect(steps.at(-1)).toBe('finishDisconnect');
      expect(tookMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
      // 1, 2, 4, 8 and then 15 seconds apart: no more than fill five minutes.
      const looks = steps.filter((step) => step === 'endPortal').length;
      expect(looks).toBeGreaterThan(10);
      expect(looks).toBeLessThanOrEqual(25);
    });

    it('does not try to tell HubSpot with a token that is no longer good', async () => {
      const { steps } = await run(DISCONNECT_WORKFLOW, {
        planDisconnect: () => Promise.resolve({ current: true, canTellHubSpot: false, uninstall: false }),
      });
      expect(steps).not.toContain('endPortal');
      expect(steps).toContain('endPortalLocally');
    });

    it("goes on without HubSpot's word after a quarter of an hour, and says that nobody confirmed", async () => {
      const { result, steps, tookMs } = await run(DISCONNECT_WORKFLOW, {
        revokeGrant: () => Promise.reject(ApplicationFailure.create({ message: 'away' })),
      });
      expect(result).toMatchObject({ revoked: 'unconfirmed' });
      expect(steps.slice(-4)).toEqual(['removeTokens', 'noteStep', 'endPortalLocally', 'finishDisconnect']);
      expect(tookMs).toBeGreaterThan(10 * MINUTE_MS);
      expect(tookMs).toBeLessThan(20 * MINUTE_MS);
    });

    it('goes on when its database comes back', async () => {
      let failures = 3;
      const { result } = await run(DISCONNECT_WORKFLOW, {
        removeTokens: () => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()),
      });
      expect(result).toMatchObject({ superseded: false, revoked: 'done' });
    });
  });

  describe('install', () => {
    it('lets what waits go on first, and then asks for the account', async () => {
      const { steps } = await run(INSTALL_WORKFLOW);
      expect(steps).toEqual(['resumePortal', 'noteResumed', 'readAccount']);
    });

    it('asks again where HubSpot does not tell about the account, for hours', async () => {
      let failures = 5;
      const { steps } = await run(INSTALL_WORKFLOW, {
        readAccount: () => (failures-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve()),
      });
      expect(steps.filter((step) => step === 'readAccount')).toHaveLength(6);
    });
  });
});
