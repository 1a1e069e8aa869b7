import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createCompletion } from '../../../src/activities/throttle/completion.js';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import { type Gateway } from '../../../src/hubspot/gateway/gateway.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createReleaseInstruments } from '../../../src/activities/throttle/instruments.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { useRelease } from './releaseHarness.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const metrics = createReleaseInstruments(createMetrics('test'));

describe('the release', () => {
  const scene = useRelease();

  it('completes what is due in one call, and sends the outputs that people branch on', async () => {
    const { packId, callbackIds } = await scene.waiting(20);
    expect(await scene.release(packId)).toEqual({ remaining: 0, nextInMs: null, ended: { completed: 20 } });
    expect(await scene.states(packId)).toEqual({ completed: 20 });
    expect(await scene.totals()).toMatchObject({ completed: 20, completedTwice: 0 });
    const { outputs } = await scene.hubspot.execution(callbackIds[0]!);
    expect(outputs).toMatchObject({
      hs_execution_state: 'SUCCESS',
      sluice_status: 'released',
      sluice_wait_seconds: expect.stringMatching(/^\d+$/),
      sluice_place: '1',
    });
    const { portals } = await scene.hubspot.report(`?windowMs=1000&portalId=${scene.portal.portalId}`);
    expect(portals[0].calls).toBe(1);
  });

  it('says when the rest can go, and does not wait for it', async () => {
    const { packId } = await scene.waiting(5, { limit: 3, intervalMs: 60_000 });
    const progress = await scene.release(packId);
    expect(progress).toMatchObject({ remaining: 2, ended: { completed: 3 } });
    expect(progress.nextInMs).toBeGreaterThan(55_000);
  });

  it('goes on within the horizon, window after window', async () => {
    const { packId } = await scene.waiting(6, { limit: 2, intervalMs: 500 });
    expect(await scene.release(packId)).toMatchObject({ remaining: 0, ended: { completed: 6 } });
    const { lanes } = await scene.hubspot.report(`?windowMs=500&portalId=${scene.portal.portalId}`);
    expect(lanes[0].maxInWindow).toBe(2);
  });

  it('finishes the others when HubSpot refuses a batch for one callback, which ends as gone', async () => {
    await scene.hubspot.control('PATCH', '/settings', { unknownCallbacks: 'reject' });
    const { packId, callbackIds } = await scene.waiting(40);
    await scene.hubspot.control('POST', `/callbacks/${callbackIds[17]}/expire`);
    expect(await scene.release(packId)).toMatchObject({ remaining: 0, ended: { completed: 39, gone: 1 } });
    const { rows } = await scene.db.admin.query(
      'SELECT callback_id, reason FROM execution_history WHERE pack_id = $1 AND state = $2',
      [packId, 'gone'],
    );
    expect(rows).toEqual([
      { callback_id: callbackIds[17], reason: expect.stringContaining('does not know the callback') },
    ]);
  });

  it('has one deadline for all calls of a batch that is halved, within its lease, and keeps what it does not reach', async () => {
    const { laneId, packId } = await scene.waiting(8);
    const { admitted } = await admitReleases(scene.db.pool, {
      ...{ workspaceId: WORKSPACE, laneIds: [laneId], max: 100, owner: 'test', leaseMs: 10_000, holdMs: 0 },
    });
    const deadlines: number[] = [];
    const slow: Pick<Gateway, 'request'> = {
      async request({ deadlineMs }) {
        deadlines.push(performance.now() + deadlineMs!);
        await delay(200);
        return { kind: 'invalid', status: 400, message: 'one is bad', properties: [], body: undefined };
      },
    };
    const deps = {
      pool: scene.db.pool,
      logger,
      metrics,
      settled: () => {},
      stop: new AbortController().signal,
    };
    const completion = createCompletion({ ...deps, gateway: { ...scene.gateway, ...slow }, deadlineMs: 500 });
    const permit = { portalId: scene.portal.portalId, expiresInMs: Infinity, use() {}, giveBack() {} };
    const startedAt = performance.now();
    const { againInMs } = await completion.complete(
      { workspaceId: WORKSPACE, portalId: scene.portal.portalId },
      admitted,
      permit,
    );
    expect(deadlines).toHaveLength(3);
    expect(Math.max(...deadlines)).toBeLessThan(startedAt + 600);
    expect(againInMs).toBeGreaterThan(0);
    expect(await scene.states(packId)).toEqual({});
  });

  it('sends again what was answered 5xx, garbage, by somebody else or not at all, and nothing is done twice', async () => {
    const faults = [
      ...['html', 'answerLost', 'truncated', 'reset'].map((kind) => ({ kind })),
      { kind: 'html', status: 400 },
      { kind: 'misanswer', as: 'blank', status: 404 },
      { kind: 'misanswer', as: 'pending' },
    ];
    for (const fault of faults) {
      const { packId } = await scene.waiting(3);
      await scene.hubspot.control('POST', '/faults', {
        target: 'callbacks',
        portalId: scene.portal.portalId,
        count: 1,
        ...fault,
      });
      await until(
        'the workflow has seen it through, look after look',
        async () => (await scene.release(packId)).remaining === 0,
        15_000,
      );
      expect(await scene.states(packId)).toEqual({ completed: 3 });
    }
    expect(await scene.totals()).toMatchObject({ completed: 21, contradicted: 0, neverCompleted: 0 });
  }, 60_000);

  it('ends a completion that HubSpot calls invalid as failed, with its words', async () => {
    const { packId } = await scene.waiting(1);
    await scene.hubspot.control('POST', '/faults', {
      target: 'callbacks',
      portalId: scene.portal.portalId,
      kind: 'status',
      status: 400,
      count: 1,
    });
    expect(await scene.release(packId)).toMatchObject({ remaining: 0, ended: { failed: 1 } });
  });

  it('is done by any process that is awake: one that holds the lane completes the packs of others', async () => {
    const { laneId, packId } = await scene.waiting(4);
    scene.releaser.drive({ workspaceId: WORKSPACE, portalId: scene.portal.portalId }, laneId, 0);
    await until('they are completed', async () => (await scene.states(packId)).completed === 4, 5000);
    expect(await scene.release(packId)).toMatchObject({ remaining: 0 });
  });

  it('returns at once when its process stops, with what is left', async () => {
    const { packId } = await scene.waiting(3, { limit: 1, intervalMs: 1500 });
    const running = scene.release(packId);
    await until('the first is completed', async () => (await scene.states(packId)).completed === 1, 5000);
    await scene.releaser.stop();
    expect(await running).toMatchObject({ remaining: 2, nextInMs: 0 });
  });

  it('goes on after a process that was killed between sending and booking, in the same place of the window', async () => {
    const { laneId, packId } = await scene.waiting(2, { limit: 1, intervalMs: 60_000 });
    // what the dead process left: one admitted, its lease over
    await scene.db.admin.query(`SELECT admit_turns($2, ARRAY[$1::bigint], 1, 'dead', 0, 0)`, [
      laneId,
      WORKSPACE,
    ]);
    const progress = await scene.release(packId);
    expect(progress).toMatchObject({ remaining: 1, ended: { completed: 1 } });
    expect((await scene.totals()).completed).toBe(1);
  });

  it('counts the tries of a completion up to a ceiling, and goes on', async () => {
    const { packId, laneId } = await scene.waiting(2);
    await scene.db.admin.query('UPDATE executions SET attempts = 32000 WHERE lane_id = $1', [laneId]);
    expect(await scene.release(packId)).toMatchObject({ remaining: 0, ended: { completed: 2 } });
  });

  it('lets what one lane throws hold up that lane alone', async () => {
    const bad = await scene.waiting(2);
    await scene.db.admin.query('UPDATE lanes SET spread = true, rate_limit = 0 WHERE id = $1', [bad.laneId]);
    const { packId, laneId } = await scene.waiting(3);
    const portal = { workspaceId: WORKSPACE, portalId: scene.portal.portalId };
    for (const lane of [bad.laneId, laneId]) scene.releaser.drive(portal, lane, 0);
    await until('the other is through', async () => (await scene.states(packId)).completed === 3, 10_000);
  });
});
