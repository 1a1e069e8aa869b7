import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startSync, pauseSync } from '../../../src/db/sync/changeSync.js';
import { claimPass, passesDue } from '../../../src/db/sync/passes.js';
import { duePass } from '../../../src/db/sync/passViews.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runPass } from '../../../src/services/sync/passes/runPass.js';
import type { PassStep, SyncPass } from '../../../src/services/sync/passes/syncPass.js';
import type { SyncDependencies } from '../../../src/services/sync/syncContext.js';
import { SyncRefused } from '../../../src/services/sync/syncRefused.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { mirrorDeps, newMirror } from '../../support/mirror.js';
import { PORTAL } from '../sandbox/harness.js';

let database: TestDatabase;
let object: SyncedObject;
let unhandled: unknown[];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  unhandled = [];
  object = await newMirror(database);
  await database.admin.query(
    'UPDATE sync_states SET loaded_at = now(); UPDATE sync_passes SET due_at = now()',
  );
});

/** Counts to three, a step for each number. */
const counting = (step?: (n: number) => Promise<void>): SyncPass<number> => ({
  name: 'settled',
  everyMs: 3_600_000,
  cursor: z.number(),
  async step(_context, cursor): Promise<PassStep<number>> {
    const n = (cursor ?? 0) + 1;
    await step?.(n);
    return { cursor: n === 3 ? null : n, isThrough: n === 3, seen: 10, write: () => Promise.resolve(1) };
  },
});
const never = { request: () => Promise.reject(new Error('HubSpot is not asked')) };
const run = (pass = counting(), untilMs = Infinity, gateway: SyncDependencies['gateway'] = never) =>
  runPass(mirrorDeps(database, gateway), pass, {
    object,
    signal: new AbortController().signal,
    untilMs,
    onUnhandled: (error) => unhandled.push(error),
  });
async function stored() {
  const { rows } = await database.admin.query<Record<string, unknown>>(
    `SELECT *, due_at > now() + interval '50 minutes' AS next_round, lease_until IS NULL AS free FROM sync_passes WHERE pass = 'settled'`,
  );
  return rows[0]!;
}
const due = () => passesDue(database.pool, 'settled', 10);

describe('a pass over a type', () => {
  test('ends its round with the next one an hour away, what it saw and changed counted', async () => {
    expect(await run()).toEqual({ ended: 'done', seen: 30, changed: 3 });
    expect(await stored()).toMatchObject({
      cursor: null,
      seen: '30',
      changed: '3',
      next_round: true,
      free: true,
    });
    expect(await due()).toEqual([]);
  });

  test('whose time is over goes on from its last step, due at once, its counts kept', async () => {
    const ended = async () => (await stored()).ended_at;
    // Each turn makes a step, however little time it has.
    expect(await run(counting(), 0)).toEqual({ ended: 'more', seen: 10, changed: 1 });
    const dies = counting((n) => (n === 2 ? Promise.reject(new Error('died')) : Promise.resolve()));
    expect(await run(dies)).toMatchObject({ ended: 'failed' });
    expect(unhandled).toEqual([new Error('died')]);
    expect(await stored()).toMatchObject({ cursor: 1, seen: '10' });
    expect(await ended()).toBeNull();
    expect(await run()).toEqual({ ended: 'done', seen: 20, changed: 2 });
    expect(await stored()).toMatchObject({ seen: '30', changed: '3' });
    expect(await ended()).not.toBeNull();
    expect(await run()).toEqual({ ended: 'done', seen: 30, changed: 3 });
    expect(await stored()).toMatchObject({ seen: '30', changed: '3' });
  });

  test('that is asked for in its last step comes once more, at once; one asked for before its time comes once', async () => {
    const asked = counting(async (n) => {
      if (n === 3) await duePass(forWorkspace(database.pool, object.workspaceId), object, 'settled');
    });
    expect(await run(asked)).toMatchObject({ ended: 'done' });
    expect(await stored()).toMatchObject({ next_round: false, free: true });
    expect(await due()).toHaveLength(1);
    expect(await run()).toMatchObject({ ended: 'done' });
    expect(await stored()).toMatchObject({ next_round: true });
  });

  test('has what it asked of HubSpot counted with its type, whether it ends well, fails or loses its place', async () => {
    const answers = { request: () => Promise.resolve<Outcome>({ kind: 'ok', status: 200, body: {} }) };
    const asking = (fails?: (n: number) => Promise<void>): SyncPass<number> => ({
      ...counting(),
      async step(context, cursor) {
        const asked = {
          resource: 'listProperties',
          params: { objectType: 'contacts' },
          portalId: PORTAL,
        } as const;
        await context.gateway.request({ ...asked, priority: 'backfill', deadlineMs: 1 });
        await fails?.((cursor ?? 0) + 1);
        return counting().step(context, cursor);
      },
    });
    const calls = async () =>
      (await database.admin.query<{ calls: string }>('SELECT calls FROM sync_states')).rows[0]?.calls;
    await run(asking(), Infinity, answers);
    expect(await calls()).toBe('3');
    const dies = (n: number) => (n === 2 ? Promise.reject(new Error('died')) : Promise.resolve());
    await run(asking(dies), Infinity, answers);
    expect(await calls()).toBe('5');
    const taken = async () => {
      await database.admin.query('UPDATE sync_passes SET fence = fence + 1');
    };
    expect(await run(asking(taken), Infinity, answers)).toMatchObject({ ended: 'lost' });
    expect(await calls()).toBe('6');
  });

  test('that HubSpot refuses is tried again later, and what refused it is said', async () => {
    const refused = counting(() =>
      Promise.reject(new SyncRefused('HubSpot is away', { errorClass: 'unavailable' })),
    );
    expect(await run(refused)).toMatchObject({ ended: 'failed' });
    expect(await stored()).toMatchObject({
      failures_in_a_row: 1,
      error_class: 'unavailable',
      last_error: 'HubSpot is away',
      free: true,
    });
    expect(await run()).toMatchObject({ ended: 'done' });
    expect(await stored()).toMatchObject({ failures_in_a_row: 0, error_class: null });
  });

  test('that leads nowhere from where it stands begins its round anew, and so does one that is refused there again and again', async () => {
    const fails = (errorClass: 'stuck' | 'refused') =>
      counting((n) =>
        n === 2 ? Promise.reject(new SyncRefused('No way on', { errorClass })) : Promise.resolve(),
      );
    expect(await run(fails('stuck'))).toMatchObject({ ended: 'failed' });
    expect(await stored()).toMatchObject({ cursor: null, error_class: 'stuck' });
    const cursors: unknown[] = [];
    for (let n = 0; n < 5; n += 1) {
      await run(fails('refused'));
      cursors.push((await stored()).cursor);
    }
    expect(cursors).toEqual([1, 1, 1, null, 1]);
  });

  test('is in one hand, and one that was taken over writes nothing', async () => {
    let taken = false;
    const slow = counting(async (n) => {
      if (n !== 2) return;
      expect(await claimPass(database.pool, object, 'settled')).toBeUndefined();
      await database.admin.query('UPDATE sync_passes SET lease_until = NULL');
      taken = (await claimPass(database.pool, object, 'settled')) !== undefined;
    });
    expect(await run(slow)).toMatchObject({ ended: 'lost', seen: 10 });
    expect(taken).toBe(true);
    expect(await stored()).toMatchObject({ cursor: 1, seen: '10' });
  });

  test('is not run while its type is paused, is not loaded, or its portal is not connected, and others are found all the same', async () => {
    const other = { ...object, objectType: 'deals' };
    await startSync(forWorkspace(database.pool, object.workspaceId), other);
    await database.admin.query(
      'UPDATE sync_states SET loaded_at = now(); UPDATE sync_passes SET due_at = now()',
    );
    await pauseSync(forWorkspace(database.pool, object.workspaceId), object, null);
    expect(await passesDue(database.pool, 'settled', 1)).toEqual([other]);
    expect(await passesDue(database.pool, 'settled', 1)).toEqual([]);
    expect(await claimPass(database.pool, object, 'settled')).toBeUndefined();
    for (const unready of [
      'UPDATE sync_states SET loaded_at = NULL',
      `UPDATE sync_states SET loaded_at = now(); UPDATE portals SET state = 'reauth_required'`,
    ]) {
      await database.admin.query(unready);
      await database.admin.query('UPDATE sync_passes SET due_at = now()');
      expect(await due()).toEqual([]);
      expect(await claimPass(database.pool, other, 'settled')).toBeUndefined();
    }
  });

  test('that is paused in the middle of a step writes nothing of it', async () => {
    const paused = counting(async (n) => {
      if (n === 2) await pauseSync(forWorkspace(database.pool, object.workspaceId), object, null);
    });
    expect(await run(paused)).toMatchObject({ ended: 'lost', seen: 10 });
    expect(await stored()).toMatchObject({ cursor: 1 });
  });

  test('of one workspace takes no more than four hands', async () => {
    for (const objectType of ['companies', 'deals', 'tickets', '2-1'])
      await startSync(forWorkspace(database.pool, object.workspaceId), { ...object, objectType });
    await database.admin.query(
      'UPDATE sync_states SET loaded_at = now(); UPDATE sync_passes SET due_at = now()',
    );
    const claims = [];
    for (const one of await due()) claims.push(await claimPass(database.pool, one, 'settled'));
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(4);
  });
});
