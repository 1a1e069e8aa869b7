import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  createThrottleActivities,
  type ReleaseProgress,
} from '../../../src/activities/throttle/throttleActivities.js';
import { createPortalHookActivities } from '../../../src/activities/portals/portalHooks.js';
import { createThrottlePortalHook } from '../../../src/activities/throttle/portalHook.js';
import type { Releaser } from '../../../src/activities/throttle/releaser.js';
import { intakeExecutions } from '../../../src/db/throttle/intake.js';
import {
  markPackStarted,
  FIRST_SLEEPER,
  packsAsleep,
  packsToStart,
  setPackWake,
  takePack,
} from '../../../src/db/throttle/packs.js';
import { lookAtPack } from '../../../src/db/throttle/lookAtPack.js';
import { settleReleases } from '../../../src/db/throttle/settleReleases.js';
import { admitReleases, type Admitted } from '../../../src/db/throttle/admitReleases.js';
import { createLogger } from '../../../src/platform/logger.js';
import type { ThrottleStarter } from '../../../src/temporal/throttle/starter.js';
import { createReplanner, type Replanner } from '../../../src/services/throttle/replanner.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { callsFor, LIMITS, ours, seedLane, WORKSPACE } from '../../support/throttle.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const times = { THROTTLE_MIN_HOLD_MS: 0, THROTTLE_HORIZON_MS: 2000, THROTTLE_EXPIRY_GUARD_MS: 300_000 };
const RATE = { limit: 5, intervalMs: 60_000 };
const BROKEN = ['reauth_required', 'disconnecting', 'disconnected'] as const;

let db: TestDatabase;
let portalId = 100;
let laneId: string;
let nudged: string[];
let replanner: Replanner;
beforeAll(async () => {
  db = await createTestDatabase({ poolSize: 10 });
});
afterAll(() => db.drop());
beforeEach(async () => {
  portalId += 1;
  laneId = await seedLane(db.admin, { ...RATE, portalId });
  nudged = [];
  const temporal = {
    nudgePack: (id: string) => Promise.resolve(Boolean(nudged.push(id))),
  } as unknown as ThrottleStarter;
  replanner = createReplanner({ pool: db.pool, temporal, config: times, logger });
});

const portal = () => ({ workspaceId: WORKSPACE, portalId });
const hook = () => createThrottlePortalHook({ pool: db.pool, replanner, logger });
const become = (state: string, reason: string | null = null) =>
  db.admin.query('UPDATE portals SET state = $2, state_reason = $3 WHERE portal_id = $1', [
    portalId,
    state,
    reason,
  ]);
const intake = (count: number) => intakeExecutions(db.pool, callsFor(laneId, count, portalId), LIMITS);
const admit = (max = 100) =>
  admitReleases(db.pool, {
    ...ours(laneId),
    laneIds: [laneId],
    max,
    owner: 'test',
    leaseMs: 60_000,
    holdMs: 0,
  });
const packOf = async (max = 100) => {
  const pack = await takePack(db.pool, ours(laneId), max);
  if (!pack) throw new Error('nothing to take');
  await markPackStarted(db.pool, pack);
  return pack;
};
const asCancelled = ({ admitted }: { admitted: readonly Admitted[] }) => ({
  ended: admitted.map(({ admissionId, fence, executionId }) => ({
    admissionId,
    fence,
    executionId,
    state: 'cancelled' as const,
    reason: null,
  })),
  closed: admitted.slice(0, 1).map(({ admissionId, fence }) => ({ admissionId, fence, ageMs: 0 })),
  again: [],
});
const history = async () =>
  (
    await db.admin.query<{ state: string; reason: string | null }>(
      'SELECT state, reason FROM execution_history WHERE portal_id = $1 ORDER BY id',
      [portalId],
    )
  ).rows;

describe('the intake', () => {
  it('goes on while a portal needs a new authorisation', async () => {
    await become('reauth_required');
    expect(await intake(2)).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }]);
  });

  it.each([
    ['disconnecting', true, 'The portal is disconnecting: uninstalled'],
    ['disconnected', true, 'The portal is disconnected: uninstalled'],
    ['active', false, 'The throttle is switched off for this portal'],
  ])(
    'refuses with the reason, and keeps that, when the portal is %s and its throttle %s',
    async (state, on, reason) => {
      await become(state, 'uninstalled');
      await db.admin.query('UPDATE portals SET throttle_enabled = $2 WHERE portal_id = $1', [portalId, on]);
      const calls = callsFor(laneId, 2, portalId);
      const [first] = await intakeExecutions(db.pool, calls, LIMITS);
      expect(first).toMatchObject({ state: 'refused', reason, fresh: true, plannedInMs: null });
      const [repeat] = await intakeExecutions(db.pool, calls, LIMITS);
      expect(repeat).toMatchObject({
        state: 'refused',
        reason,
        fresh: false,
        executionId: first?.executionId,
      });
      expect(await history()).toEqual([
        { state: 'refused', reason },
        { state: 'refused', reason },
      ]);
      const { rows } = await db.admin.query('SELECT next_seq FROM lanes WHERE id = $1', [laneId]);
      expect(rows).toEqual([{ next_seq: '0' }]);
    },
  );
});

describe('a portal that is not active', () => {
  it.each(BROKEN)('lets nothing go while it is %s, and its workflows wait for a nudge', async (state) => {
    await intake(3);
    const pack = await packOf();
    const sent = await admit(1);
    expect(sent.admitted).toHaveLength(1);
    await become(state);
    expect(await admit()).toMatchObject({ admitted: [] });
    expect(await lookAtPack(db.pool, pack, 1000, 0)).toMatchObject({
      portalState: state,
      nextInMs: null,
      sending: 1,
    });
    expect((await packsToStart(db.pool, 0, -1_000_000, 1000)).map(({ packId }) => packId)).not.toContain(
      pack.packId,
    );
    await setPackWake(db.pool, pack, null);
    expect(
      (await packsAsleep(db.pool, FIRST_SLEEPER, { withinMs: 60_000, slackMs: 0, max: 1000 })).packs.map(
        ({ packId }) => packId,
      ),
    ).not.toContain(pack.packId);
    await become('active');
    expect((await admit()).admitted).toHaveLength(2);
  });

  it('is asked nothing in a circle: an activity leaves at once, with what is being sent and what expires too', async () => {
    await intake(3);
    const pack = await packOf();
    await admit(1);
    await become('reauth_required');
    await db.admin.query(
      `UPDATE executions SET expires_at = now() + interval '1 minute' WHERE lane_id = $1`,
      [laneId],
    );
    const releaser: Releaser = {
      follow: () => ({
        ended: {},
        settled: () => Promise.reject(new Error('it waits')),
        end: () => undefined,
      }),
      drive: () => {
        throw new Error('it drives');
      },
      probe: () => undefined,
      stopping: false,
      stop: () => Promise.resolve(),
    };
    const { releaseExecutions } = createThrottleActivities({
      pool: db.pool,
      releaser,
      config: times,
      logger,
    });
    const run: Promise<ReleaseProgress> = new MockActivityEnvironment().run(releaseExecutions, pack);
    const progress = await run;
    expect(progress).toMatchObject({ remaining: 3, ended: {} });
    // Not before HubSpot has given them up: then they end here.
    expect(progress.nextInMs).toBeGreaterThan(110_000);
  });

  it('lets go what is to end as cancelled while it is being disconnected, and nothing in its turn', async () => {
    await intake(3);
    await db.admin.query(
      `UPDATE executions SET end_requested = 'cancelled' WHERE id = (SELECT min(id) FROM executions WHERE lane_id = $1)`,
      [laneId],
    );
    await become('disconnecting');
    expect((await admit()).admitted).toMatchObject([{ ending: 'cancelled' }]);
    expect((await admit()).admitted).toEqual([]);
  });

  it('goes on when it is active again: what waits is planned anew and its workflows are woken', async () => {
    await intake(3);
    const packs = [await packOf(1), await packOf(1)];
    await become('reauth_required');
    for (const pack of packs) await setPackWake(db.pool, pack, null);
    await become('active');
    expect(await hook().resumed(portal(), () => undefined)).toBe(1);
    expect(nudged.sort()).toEqual(packs.map(({ workflowId }) => workflowId).sort());
  });
});

describe('the end of a portal', () => {
  const ending = () => ({ ...portal(), reason: 'The app was removed' });
  const end = () => hook().ending(ending(), () => undefined);
  const endLocally = () => hook().ended(ending(), () => undefined);

  it('marks what waits, wakes its workflows, and says how much is left; the reason goes into the history', async () => {
    await intake(7);
    const pack = await packOf();
    const sent = await admit(2);
    await become('disconnecting');
    expect(await end()).toEqual({ marked: 5, left: 7 });
    expect(nudged).toEqual([pack.workflowId]);
    await settleReleases(db.pool, WORKSPACE, asCancelled(await admit()));
    expect(await end()).toEqual({ marked: 0, left: 2 });
    expect(await history()).toEqual(Array(5).fill({ state: 'cancelled', reason: 'The app was removed' }));
    await settleReleases(db.pool, WORKSPACE, asCancelled(sent));
    expect(await end()).toEqual({ marked: 0, left: 0 });
  });

  it('moves what HubSpot cannot be asked to complete to the history; answers that come later change nothing', async () => {
    await intake(4);
    const sent = await admit(2);
    await become('disconnected');
    expect(await endLocally()).toBe(4);
    const before = await history();
    expect(before).toEqual(Array(4).fill({ state: 'cancelled', reason: 'The app was removed' }));
    const admissions = () =>
      db.admin.query('SELECT fence, answered_at FROM lane_grants WHERE lane_id = $1', [laneId]);
    const { rows } = await admissions();
    expect(await settleReleases(db.pool, WORKSPACE, asCancelled(sent))).toEqual([]);
    expect(await history()).toEqual(before);
    expect((await admissions()).rows).toEqual(rows);
    expect(await endLocally()).toBe(0);
  });

  it.each(['active', 'reauth_required'])('leaves a portal alone that is %s', async (state) => {
    await intake(2);
    await become(state);
    expect(await end()).toEqual({ marked: 0, left: 0 });
    expect(await endLocally()).toBe(0);
    expect(await history()).toEqual([]);
  });

  it('leaves nothing behind, whatever is taken in, admitted and settled at the same moment', async () => {
    for (let round = 0; round < 15; round += 1) {
      await become('active');
      let over = false;
      const calls = async () => {
        let taken = 0;
        while (!over) taken += (await intake(3)).filter(({ state }) => state === 'waiting').length;
        return taken;
      };
      const releases = async () => {
        while (!over) await settleReleases(db.pool, WORKSPACE, asCancelled(await admit(2)));
      };
      const busy = Promise.all([calls(), calls(), releases()]);
      await intake(20);
      await become('disconnected');
      await endLocally();
      over = true;
      await busy;
      const { rows } = await db.admin.query('SELECT 1 FROM executions WHERE lane_id = $1', [laneId]);
      expect(rows).toEqual([]);
    }
    const { rows } = await db.admin.query(
      `SELECT 1 FROM execution_keys k WHERE portal_id = $1
          AND (SELECT count(*) FROM execution_history h WHERE h.id = k.execution_id) <> 1`,
      [portalId],
    );
    expect(rows).toEqual([]);
  });

  it('is offered to workflows as activities', async () => {
    const activities = createPortalHookActivities([hook()]);
    const run = new MockActivityEnvironment();
    await intake(3);
    expect(await run.run(activities.resumePortal, portal())).toEqual({ lanes: 1 });
    await become('disconnecting');
    expect(await run.run(activities.endPortal, ending())).toEqual({ marked: 3, left: 3 });
    expect(await run.run(activities.endPortalLocally, ending())).toEqual({ ended: 3 });
  });
});
