import { beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createDispatchActivities } from '../../../src/activities/sync/dispatchActivities.js';
import { startSync } from '../../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { syncsDue } from '../../../src/db/sync/states.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import { settledPass } from '../../../src/services/sync/passes/settledPass.js';
import { runPass } from '../../../src/services/sync/passes/runPass.js';
import { createSyncInstruments } from '../../../src/services/sync/instruments.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import { createLogger } from '../../../src/platform/logger.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import type { DispatchRound } from '../../../src/temporal/sync/contract.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, seedContacts } from '../../support/mirror.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { crmGateway } from './crmGateway.js';

const logger = createLogger({ LOG_LEVEL: 'silent', LOG_FORMAT: 'json' }, 'test');
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let started: SyncedObject[];
const gateway = crmGateway(() => crm);
const clock = { nowMs: () => Date.now() };

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(() => {
  gateway.forget();
  started = [];
});

const connect = (portalId: number, state = 'active') =>
  database.admin.query('INSERT INTO portals (portal_id, workspace_id, state) VALUES ($1, $2, $3)', [
    portalId,
    object.workspaceId,
    state,
  ]);
const start = (one: SyncedObject) => startSync(forWorkspace(database.pool, one.workspaceId), one);
const dispatch = (): Promise<DispatchRound> => {
  const { dispatchSyncs } = createDispatchActivities({
    ...{ pool: database.pool, gateway, clock, logger, stopping: new AbortController().signal },
    metrics: createSyncInstruments(createMetrics('worker', logger)),
    temporal: {
      startSync: (one) => {
        started.push(one);
        return Promise.resolve();
      },
    },
  });
  return new MockActivityEnvironment().run(dispatchSyncs);
};
const load = () => runSync(mirrorDeps(database, gateway), runOptions(object));
const makeDue = () => database.admin.query('UPDATE sync_states SET due_at = now()');
const seed = (count: number) => seedContacts(crm, count);
const mirrored = async () =>
  (
    await database.admin.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM crm_records WHERE workspace_id = $1',
      [object.workspaceId],
    )
  ).rows[0]!.n;

describe('a round of the dispatch', () => {
  test('starts a workflow for what is still to be loaded, and asks HubSpot nothing itself', async () => {
    await seed(20);
    expect(await dispatch()).toEqual({ probed: 0, changed: 0, started: 1, failed: 0 });
    expect(started).toEqual([object]);
    expect(gateway.asked).toEqual([]);
  });

  test('asks HubSpot once where nothing has changed, and starts no workflow', async () => {
    await load();
    await makeDue();
    gateway.asked.length = 0;
    expect(await dispatch()).toEqual({ probed: 1, changed: 0, started: 0, failed: 0 });
    expect(gateway.asked).toEqual(['searchObjects']);
    expect(await dispatch()).toMatchObject({ probed: 0, started: 0 });
    const { rows } = await database.admin.query<Record<string, unknown>>(
      `SELECT due_at > now() + interval '50 seconds' AS later, fresh_until IS NOT NULL AS fresh, lease_until FROM sync_states`,
    );
    expect(rows).toEqual([{ later: true, fresh: true, lease_until: null }]);
  });

  test('brings what one page of a search shows into the mirror, without a workflow', async () => {
    await load();
    await seed(150);
    await makeDue();
    expect(await dispatch()).toEqual({ probed: 1, changed: 150, started: 0, failed: 0 });
    expect(await mirrored()).toBe(150);
  });

  test('starts a workflow where one page does not hold what has changed, and what the page held is in the mirror', async () => {
    await load();
    await seed(450);
    // HubSpot tells its time in whole seconds: what was made in this one is of the next search.
    const made = Math.floor(Date.now() / 1000);
    await until('that second is over', () => Math.floor(Date.now() / 1000) > made, 2000);
    await makeDue();
    expect(await dispatch()).toMatchObject({ probed: 1, changed: 200, started: 1, failed: 0 });
    expect(started).toEqual([object]);
    expect(await load()).toMatchObject({ ended: 'done', read: 250 });
    expect(await mirrored()).toBe(450);
  });

  test('goes on beside a type that HubSpot refuses', async () => {
    await load();
    const others = ['companies', 'deals'].map((objectType) => ({ ...object, objectType }));
    for (const one of others) await start(one);
    await database.admin.query('UPDATE sync_states SET due_at = now(), cursor = $1', [
      { version: 1, kind: 'follow', from: Date.now() - HOUR_MS },
    ]);
    gateway.answerInstead(({ params }) =>
      (params as { objectType?: string } | undefined)?.objectType === 'companies'
        ? { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' }
        : undefined,
    );
    expect(await dispatch()).toMatchObject({ probed: 3, started: 0, failed: 1 });
  });

  test('finds what is due behind any number of portals that are not connected', async () => {
    for (let n = 1; n <= 40; n += 1) {
      await connect(n, 'reauth_required');
      await start({ ...object, portalId: n });
    }
    await database.admin.query(
      `UPDATE sync_states SET due_at = now() - interval '1 hour' WHERE portal_id <= 40`,
    );
    expect(await syncsDue(database.pool, 5)).toEqual([{ ...object, follows: false }]);
    const { rows } = await database.admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM sync_states WHERE due_at > now() + interval '9 minutes'`,
    );
    expect(rows).toEqual([{ n: 40 }]);
  });
});

describe('the settled pass', () => {
  test('finds what the index of HubSpot showed only after the search had passed it', async () => {
    await seed(3);
    await load();
    const { body } = await crm.post('/crm/objects/2026-03/contacts', {
      properties: { email: 'late@example.com' },
      associations: [],
    });
    // As if the search had passed it, two hours ago.
    await database.admin.query(
      "UPDATE sync_states SET cursor = $1, started_at = now() - interval '5 hours'",
      [{ version: 1, kind: 'follow', from: Date.now() + HOUR_MS }],
    );
    expect(await load()).toMatchObject({ read: 0 });
    expect(await mirrored()).toBe(3);
    const settle = () =>
      runPass({ pool: database.pool, gateway, clock }, settledPass, {
        ...{ object, signal: new AbortController().signal, untilMs: Infinity },
        onUnhandled: () => undefined,
      });
    expect(await settle()).toMatchObject({ ended: 'done', seen: 1, changed: 1 });
    expect(await mirrored()).toBe(4);
    const { rows } = await database.admin.query<{ source: string; live: string }>(
      'SELECT r.source, s.live FROM crm_records r JOIN sync_states s USING (workspace_id) WHERE r.id = $1',
      [(body as { id: string }).id],
    );
    expect(rows).toEqual([{ source: 'settled', live: '4' }]);
    // The next round goes on from an hour before this one.
    const { rows: passes } = await database.admin.query<{ cursor: { from: number } }>(
      `SELECT cursor FROM sync_passes WHERE pass = 'settled'`,
    );
    expect(Math.abs(Date.now() - HOUR_MS - passes[0]!.cursor.from)).toBeLessThan(60_000);
  });
});
