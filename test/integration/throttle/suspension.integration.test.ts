import { describe, expect, it } from '@jest/globals';
import { admitReleases } from '../../../src/db/throttle/admitReleases.js';
import {
  beginProbe,
  probeReleases,
  suspendPortal,
  suspensionsDue,
} from '../../../src/db/throttle/portalSuspensions.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { until } from '../../support/until.js';
import { useRelease } from './releaseHarness.js';

describe('a portal that HubSpot refuses', () => {
  const scene = useRelease();

  const refuse = (status: number) =>
    scene.hubspot.control('POST', '/faults', {
      ...{ target: 'callbacks', portalId: scene.portal.portalId, kind: 'status', status },
    });
  const calls = async () =>
    (await scene.hubspot.report(`?windowMs=1000&portalId=${scene.portal.portalId}`)).portals[0]?.calls ?? 0;
  const due = async (lateMs: number) =>
    (await suspensionsDue(scene.db.pool, lateMs, 10)).filter(
      ({ portalId }) => portalId === scene.portal.portalId,
    );
  const us = () => ({ workspaceId: WORKSPACE, portalId: scene.portal.portalId });

  it('admits nothing more, leaves at once, and goes on when one call has found out that it is over', async () => {
    await refuse(403);
    const { packId, laneId } = await scene.waiting(6, { limit: 2, intervalMs: 500 });
    const progress = await scene.release(packId);
    expect(progress).toMatchObject({ remaining: 6, ended: {} });
    expect(progress.nextInMs).toBeGreaterThan(1_800_000);
    const admit = { workspaceId: WORKSPACE, laneIds: [laneId], max: 100, owner: 'other' };
    expect((await admitReleases(scene.db.pool, { ...admit, leaseMs: 1000, holdMs: 0 })).admitted).toEqual([]);
    const before = await calls();
    expect(await scene.release(packId)).toMatchObject({ remaining: 6 });
    expect(await calls()).toBe(before);
    await scene.hubspot.control('DELETE', '/faults');
    await until('it is let go on', () => scene.resumed.length > 0, 15_000);
    expect(await scene.release(packId)).toMatchObject({ remaining: 0 });
    expect(await scene.states(packId)).toEqual({ completed: 6 });
    const { lanes } = await scene.hubspot.report(`?windowMs=500&portalId=${scene.portal.portalId}`);
    expect(lanes[0].maxInWindow).toBeLessThanOrEqual(2);
  }, 30_000);

  it('tries another token at once', async () => {
    await refuse(401);
    const { packId, laneId } = await scene.waiting(3);
    await scene.release(packId);
    await scene.hubspot.control('DELETE', '/faults');
    const admit = { workspaceId: WORKSPACE, laneIds: [laneId], max: 100, owner: 'other' };
    await scene.db.admin.query('UPDATE portals SET token_version = token_version + 1 WHERE portal_id = $1', [
      scene.portal.portalId,
    ]);
    expect((await admitReleases(scene.db.pool, { ...admit, leaseMs: 0, holdMs: 0 })).admitted).toHaveLength(
      3,
    );
    expect(await due(0)).toEqual([us()]);
  });

  it('lets one process at a time find out, and another one when that is gone', async () => {
    await suspendPortal(scene.db.pool, us(), { reason: 'forbidden', ms: 0, refusals: null });
    await seedLane(scene.db.admin, { limit: 1, intervalMs: 1000, portalId: scene.portal.portalId });
    await suspendPortal(scene.db.pool, us(), { reason: 'forbidden', ms: 0, refusals: null });
    const turns = await Promise.all([1, 2, 3].map(() => beginProbe(scene.db.pool, us(), 60_000)));
    expect(turns.filter(({ state }) => state === 'mine')).toHaveLength(1);
    expect(await due(0)).toEqual([]);
    await scene.db.admin.query(
      `UPDATE portal_suspensions SET suspended_until = now() - interval '10 seconds'`,
    );
    expect(await due(5000)).toEqual([us()]);
    scene.releaser.probe(us());
    await until('it found that nothing is left of what was refused', () => scene.resumed.length > 0, 5000);
  });

  const told = async () =>
    (
      await scene.db.admin.query<{ detail: Record<string, unknown> }>(
        `SELECT detail FROM notices WHERE kind = 'throttle.waiting' AND portal_id = $1`,
        [scene.portal.portalId],
      )
    ).rows.map(({ detail }) => detail);

  it.each(['path', 'unauthorized', 'forbidden', 'breaker'] as const)(
    'is told to its workspace once, when it has been refused for ten minutes: %s',
    async (reason) => {
      await seedLane(scene.db.admin, { limit: 1, intervalMs: 1000, portalId: scene.portal.portalId });
      const again = () => suspendPortal(scene.db.pool, us(), { reason, ms: 60_000, refusals: 2 });
      const lasted = (minutes: number) =>
        scene.db.admin.query(
          'UPDATE portal_suspensions SET since = now() - make_interval(mins => $2) WHERE portal_id = $1',
          [scene.portal.portalId, minutes],
        );
      await again();
      await lasted(9);
      await again();
      expect(await told()).toEqual([]);
      await lasted(11);
      for (let n = 0; n < 3; n += 1) await again();
      expect(await told()).toEqual([{ class: reason, since: expect.any(String) }]);
    },
  );

  it('is not told of what HubSpot itself says will end', async () => {
    await seedLane(scene.db.admin, { limit: 1, intervalMs: 1000, portalId: scene.portal.portalId });
    const again = () => suspendPortal(scene.db.pool, us(), { reason: 'throttled', ms: 60_000, refusals: 2 });
    await again();
    await scene.db.admin.query(
      `UPDATE portal_suspensions SET since = now() - interval '5 hours' WHERE portal_id = $1`,
      [scene.portal.portalId],
    );
    await again();
    expect(await told()).toEqual([]);
  });

  it('is told once of executions that wait for an answer that is understood, and they go on waiting', async () => {
    await scene.hubspot.control('POST', '/faults', {
      ...{
        target: 'callbacks',
        portalId: scene.portal.portalId,
        kind: 'misanswer',
        as: 'foreign',
        status: 400,
      },
    });
    const { packId } = await scene.waiting(3);
    await scene.release(packId);
    expect(await told()).toEqual([]);
    const { rows } = await scene.db.admin.query<{ id: string }>(
      'UPDATE executions SET attempts = 20 WHERE portal_id = $1 RETURNING id',
      [scene.portal.portalId],
    );
    await scene.db.admin.query('UPDATE lane_grants SET lease_until = now() WHERE answered_at IS NULL');
    await scene.release(packId);
    await until('the workspace is told', async () => (await told()).length > 0, 10_000);
    expect(await told()).toEqual([
      { class: 'unclear', executions: expect.any(Number), executionId: expect.any(String) },
    ]);
    expect(rows.map(({ id }) => id)).toContain((await told())[0]?.executionId);
    expect(await scene.states(packId)).not.toHaveProperty('failed');
  }, 30_000);

  it('ends what HubSpot has given up meanwhile as expired, which takes no place in the window', async () => {
    await refuse(403);
    const { packId, laneId } = await scene.waiting(4, { limit: 2, intervalMs: 3_600_000 });
    expect(await scene.release(packId)).toMatchObject({ remaining: 4 });
    await scene.db.admin.query(
      `UPDATE executions SET expires_at = now() - interval '2 minutes', attempts = 32000
          WHERE lane_id = $1 AND grant_id IS NOT NULL`,
      [laneId],
    );
    expect(await scene.release(packId)).toMatchObject({ remaining: 2, ended: { expired: 2 } });
    expect(await scene.states(packId)).toEqual({ expired: 2 });
    const { rows } = await scene.db.admin.query(
      'SELECT count, answered_at IS NOT NULL AS closed FROM lane_grants WHERE lane_id = $1',
      [laneId],
    );
    expect(rows).toEqual([{ count: 0, closed: true }]);
  });

  it('whose path is not found ends none of its executions, asks for one at a time, and goes on when it is there', async () => {
    await refuse(404);
    const { packId } = await scene.waiting(30);
    const progress = await scene.release(packId);
    expect(progress).toMatchObject({ remaining: 30, ended: {} });
    expect(await calls()).toBeLessThanOrEqual(4);
    expect((await scene.db.admin.query('SELECT reason FROM portal_suspensions')).rows).toContainEqual({
      reason: 'path',
    });
    await scene.hubspot.control('DELETE', '/faults');
    await until('it goes on', () => scene.resumed.length > 0, 15_000);
    expect(await scene.release(packId)).toMatchObject({ remaining: 0 });
    expect(await scene.states(packId)).toEqual({ completed: 30 });
  }, 30_000);

  it('whose callbacks are all over ends them as gone once HubSpot has taken another', async () => {
    await scene.hubspot.control('PATCH', '/settings', { unknownCallbacks: 'reject' });
    const { packId, callbackIds } = await scene.waiting(3);
    for (const id of callbackIds) await scene.hubspot.control('POST', `/callbacks/${id}/expire`);
    expect(await scene.release(packId)).toMatchObject({ remaining: 3, ended: {} });
    const next = await scene.waiting(1);
    await until('it goes on', () => scene.resumed.length > 0, 20_000);
    expect(await scene.states(next.packId)).toEqual({ completed: 1 });
    expect(await scene.release(packId)).toMatchObject({ remaining: 0 });
    expect(await scene.states(packId)).toEqual({ gone: 3 });
  }, 40_000);

  const refusals = async () =>
    (
      await scene.db.admin.query<{ reason: string; refusals: number }>(
        'SELECT reason, refusals FROM portal_suspensions WHERE portal_id = $1',
        [scene.portal.portalId],
      )
    ).rows[0];

  it('ends no execution for 5xx while nothing of it gets through, however often it was tried', async () => {
    await refuse(500);
    const { packId } = await scene.waiting(1);
    await scene.db.admin.query('UPDATE executions SET attempts = 30 WHERE pack_id = $1', [packId]);
    await scene.release(packId);
    await until('it was asked again and again', async () => ((await refusals())?.refusals ?? 0) >= 3, 30_000);
    expect(await refusals()).toMatchObject({ reason: 'breaker' });
    expect(await scene.states(packId)).toEqual({});
    await scene.hubspot.control('DELETE', '/faults');
    await until('it goes on', () => scene.resumed.length > 0, 30_000);
    await until('it is completed', async () => (await scene.states(packId)).completed === 1, 10_000);
  }, 80_000);

  it('is not held up by one callback to which HubSpot answers 5xx: another finds out, and that one ends as failed', async () => {
    await refuse(500);
    const { packId, callbackIds } = await scene.waiting(3);
    await scene.db.admin.query('UPDATE executions SET attempts = 25 WHERE pack_id = $1', [packId]);
    await scene.release(packId);
    await until('it is suspended', async () => (await refusals())?.reason === 'breaker', 20_000);
    scene.undigested.add(callbackIds[0]!);
    await scene.hubspot.control('DELETE', '/faults');
    await until(
      'the others are completed, and that one has failed',
      async () => {
        await scene.release(packId);
        return (await scene.states(packId)).failed === 1;
      },
      60_000,
    );
    expect(await scene.states(packId)).toEqual({ completed: 2, failed: 1 });
    const { rows } = await scene.db.admin.query(
      `SELECT callback_id, reason FROM execution_history WHERE pack_id = $1 AND state = 'failed'`,
      [packId],
    );
    expect(rows).toEqual([
      { callback_id: callbackIds[0], reason: expect.stringMatching(/^HubSpot answered 500 to \d+ tries/) },
    ]);
  }, 120_000);

  it('is asked for one execution at a time, each in its turn, and no place of a window is taken or lost by it', async () => {
    const { laneId, callbackIds } = await scene.waiting(4, { limit: 3, intervalMs: 3_600_000 });
    const admit = { workspaceId: WORKSPACE, laneIds: [laneId], max: 2, owner: 'gone' };
    await admitReleases(scene.db.pool, { ...admit, leaseMs: 0, holdMs: 0 });
    await suspendPortal(scene.db.pool, us(), { reason: 'breaker', ms: 0, refusals: null });
    const asked: (string | undefined)[] = [];
    for (let n = 0; n < 7; n += 1) {
      const probe = { owner: 'test', leaseMs: 0, holdMs: 0, next: true };
      const { admitted } = await probeReleases(scene.db.pool, us(), probe);
      expect(admitted).toHaveLength(1);
      asked.push(admitted[0]?.callbackId);
    }
    const [a, b, c] = callbackIds;
    // What the window has room for, then what was admitted together, then again from the first that was asked for.
    expect(asked).toEqual([c, a, b, c, a, b, c]);
    const { rows } = await scene.db.admin.query<{ places: number; held: number }>(
      `SELECT sum(count)::int AS places,
              (SELECT count(*)::int FROM executions WHERE grant_id IS NOT NULL AND lane_id = $1) AS held
         FROM lane_grants WHERE lane_id = $1 AND answered_at IS NULL`,
      [laneId],
    );
    expect(rows).toEqual([{ places: 3, held: 3 }]);
  });
});
