import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { readChanges } from '../../../src/db/crm/changes.js';
import { pauseSync } from '../../../src/db/sync/changeSync.js';
import { resumeSyncs } from '../../../src/db/sync/ends.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, seedContacts } from '../../support/mirror.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

/** A lease is renewed every five seconds. */
const LOCKED_MS = 17_000;

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
let unhandled: unknown[];
const gateway = crmGateway(() => crm);

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(() => {
  gateway.forget();
  unhandled = [];
});

interface How {
  readonly untilMs?: number;
  readonly onPage?: () => void;
  readonly gateway?: Pick<typeof gateway, 'request'>;
}
const sync = ({ gateway: through = gateway, ...more }: How = {}) =>
  runSync(mirrorDeps(database, through), {
    ...runOptions(object),
    onUnhandled: (error) => unhandled.push(error),
    ...more,
  });
async function mirror(): Promise<Map<string, Record<string, string>>> {
  const { rows } = await forWorkspace(database.pool, object.workspaceId).query<{
    id: string;
    properties: Record<string, string>;
  }>('SELECT id, properties FROM crm_records WHERE portal_id = $1 AND archived_at IS NULL ORDER BY id', [
    PORTAL,
  ]);
  return new Map(rows.map(({ id, properties }) => [id, properties]));
}
async function state() {
  const { rows } = await database.admin.query<Record<string, unknown>>('SELECT * FROM sync_states');
  return rows[0]!;
}
/** It is shown when the transactions of others, in whichever database of the server, have ended. */
async function feed() {
  const { rows } = await database.admin.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM crm_changes WHERE workspace_id = $1',
    [object.workspaceId],
  );
  const show = async () => {
    const after = { generation: 1, transaction: '0', change: '0' };
    const { changes } = await readChanges(database.pool, object.workspaceId, {
      after,
      now: 1,
      limit: 10_000,
    });
    return changes.length === rows[0]?.count && changes;
  };
  return until('the feed shows every change', show, 20_000);
}
const seed = (count: number) => seedContacts(crm, count);
const names = (found: Map<string, Record<string, string>>) =>
  new Map([...found].map(([id, { firstname }]) => [id, firstname]));

describe('a run of the sync', () => {
  test('brings all records of a portal into the mirror, with all their properties, and says so in the feed', async () => {
    const ids = await seed(250);
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 250, changed: 250 });
    const found = await mirror();
    expect([...found.keys()]).toEqual([...ids].sort((a, b) => Number(a) - Number(b)));
    for (const { email, firstname } of found.values())
      expect(email).toBe(`${firstname?.toLowerCase().replace('name ', 'person')}@example.com`);
    expect((await feed()).every(({ action, initial }) => action === 'Created' && initial)).toBe(true);
    expect(await state()).toMatchObject({ live: '250', loaded: '250', cursor: { kind: 'follow' } });
  });

  test('brings what changes afterwards: new ones, other values and cleared ones, and reads nothing else again', async () => {
    const ids = await seed(120);
    await sync();
    await crm.patch(`/crm/objects/2026-03/contacts/${ids[3]}`, { properties: { firstname: 'Other' } });
    await crm.patch(`/crm/objects/2026-03/contacts/${ids[4]}`, { properties: { firstname: '' } });
    const added = await crm.create('contacts', { email: 'new@example.com', firstname: 'New' });
    gateway.asked.length = 0;
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 3, changed: 3 });
    expect(gateway.asked.filter((resource) => resource === 'readObjects')).toHaveLength(1);
    const found = names(await mirror());
    expect([found.get(ids[3]!), found.get(ids[4]!), found.get(added)]).toEqual(['Other', undefined, 'New']);
    expect(
      (await feed())
        .slice(-3)
        .map(({ recordId, action, initial }) => [recordId, action, initial])
        .sort(),
    ).toEqual(
      [
        [ids[3], 'Updated', false],
        [ids[4], 'Updated', false],
        [added, 'Created', false],
      ].sort(),
    );
  });

  test('asks HubSpot once where nothing has changed', async () => {
    await seed(20);
    await sync();
    // What was made a moment ago stands in the searches of two minutes more.
    const later = Date.now() + 60_000;
    await database.admin.query('UPDATE sync_states SET cursor = $1', [
      { version: 1, kind: 'follow', from: later },
    ]);
    gateway.asked.length = 0;
    await sync();
    expect(gateway.asked).toEqual(['searchObjects']);
  });

  test('that ends in the middle of the first load goes on from its last page, and nothing comes twice', async () => {
    await seed(350);
    let pages = 0;
    gateway.answerInstead(({ resource }) =>
      resource === 'listObjects' && (pages += 1) === 3
        ? { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' }
        : undefined,
    );
    await expect(sync()).resolves.toMatchObject({ ended: 'failed', read: 200 });
    expect(await state()).toMatchObject({
      error_class: 'unavailable',
      failures_in_a_row: 1,
      lease_until: null,
    });
    gateway.answerInstead(() => undefined);
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).size).toBe(350);
    expect(await feed()).toHaveLength(350);
  });

  test('loses nothing that is modified while the first load reads', async () => {
    const ids = await seed(350);
    let pages = 0;
    const change = async () => {
      pages += 1;
      if (pages === 2)
        for (const id of [ids[0], ids[349], ids[150]])
          await crm.patch(`/crm/objects/2026-03/contacts/${id}`, { properties: { firstname: 'Meanwhile' } });
    };
    const slow = { request: async (request: GatewayRequest) => (await change(), gateway.request(request)) };
    await runSync(
      { pool: database.pool, gateway: slow, clock: { nowMs: () => Date.now() } },
      {
        object,
        signal: new AbortController().signal,
        untilMs: Infinity,
        onPage: () => undefined,
        onUnhandled: (error) => unhandled.push(error),
      },
    );
    const found = names(await mirror());
    expect([ids[0], ids[349], ids[150]].map((id) => found.get(id!))).toEqual([
      'Meanwhile',
      'Meanwhile',
      'Meanwhile',
    ]);
  });

  test('pauses its type alone, and says what to do, where HubSpot names a scope that is missing', async () => {
    gateway.answerInstead(() => ({
      kind: 'forbidden',
      status: 403,
      message: 'no',
      missingScopes: ['crm.objects.contacts.read'],
    }));
    await expect(sync()).resolves.toMatchObject({ ended: 'failed' });
    const { paused_at: pausedAt, pause_reason: reason, due_at: dueAt } = await state();
    expect(pausedAt).not.toBeNull();
    expect(dueAt).toBeNull();
    expect(reason).toContain('crm.objects.contacts.read');
  });

  test("believes no page that is not HubSpot's, or says less than it should: it is asked again later", async () => {
    await seed(20);
    for (const body of ['<html>', {}, { results: [{}] }, { results: [{ id: '12x' }] }]) {
      gateway.answerInstead(({ resource }) =>
        resource === 'listObjects' ? { kind: 'ok', status: 200, body } : undefined,
      );
      await expect(sync()).resolves.toMatchObject({ ended: 'failed', read: 0 });
      expect(await state()).toMatchObject({ error_class: 'unclear', paused_at: null, cursor: null });
      await database.admin.query('UPDATE sync_states SET due_at = now()');
    }
  });

  test('is one at a time, and one that was overtaken writes nothing', async () => {
    await seed(250);
    const results = await Promise.all([sync(), sync(), sync()]);
    expect(results.map(({ ended }) => ended).sort()).toEqual(['done', 'not_taken', 'not_taken']);
  });

  test('that waits for what somebody has locked holds no more connections the longer it waits, and then goes on', async () => {
    await seed(250);
    const somebody = await database.admin.connect();
    let lists = 0;
    const counts: number[] = [];
    try {
      gateway.answerInstead(({ resource }) => {
        if (resource === 'listObjects') lists += 1;
        return undefined;
      });
      const locking = until('the first page is read', () => lists > 1, 10_000, 1).then(async () => {
        await somebody.query('BEGIN; SELECT FROM sync_states FOR UPDATE');
        const from = performance.now();
        // Longer than it takes to renew the lease three times.
        while (performance.now() - from < LOCKED_MS) {
          const { rows } = await database.admin.query<{ count: number }>(
            'SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND pid = ANY (SELECT pid FROM pg_stat_activity WHERE datname = current_database())',
          );
          counts.push(rows[0]!.count);
          await delay(500);
        }
        await somebody.query('COMMIT');
      });
      const running = sync();
      await locking;
      await expect(running).resolves.toMatchObject({ ended: 'done', read: 250, changed: 250 });
    } finally {
      await somebody.query('ROLLBACK');
      somebody.release();
    }
    // The page that it writes, and one renewal of its lease.
    expect(Math.max(...counts)).toBe(2);
    expect((await mirror()).size).toBe(250);
  }, 40_000);

  test('that has lost its place writes nothing more: whoever has it goes on', async () => {
    await seed(350);
    const overtake = {
      async request(request: GatewayRequest) {
        if (request.resource === 'listObjects' && request.query?.after !== undefined)
          await database.admin.query('UPDATE sync_states SET fence = fence + 1, lease_until = NULL');
        return gateway.request(request);
      },
    };
    await expect(
      runSync(
        { pool: database.pool, gateway: overtake, clock: { nowMs: () => Date.now() } },
        {
          object,
          signal: new AbortController().signal,
          untilMs: Infinity,
          onPage: () => undefined,
          onUnhandled: (error) => unhandled.push(error),
        },
      ),
    ).resolves.toMatchObject({ ended: 'lost' });
    expect((await mirror()).size).toBeLessThan(350);
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
    expect((await mirror()).size).toBe(350);
    expect(await feed()).toHaveLength(350);
  });

  test('whose page names a next one that leads back ends with a reason, instead of reading it for ever', async () => {
    await seed(250);
    let pages = 0;
    const back = {
      async request(request: GatewayRequest): Promise<Outcome> {
        const outcome = await gateway.request(request);
        if (request.resource !== 'listObjects' || outcome.kind !== 'ok') return outcome;
        if ((pages += 1) > 10) throw new Error('It is read for ever');
        return { ...outcome, body: { ...(outcome.body as object), paging: { next: { after: '7' } } } };
      },
    };
    await expect(sync({ gateway: back })).resolves.toMatchObject({ ended: 'failed' });
    expect(await state()).toMatchObject({ error_class: 'stuck', paused_at: null });
  });

  test('that meets what nobody expected says so and waits, and its type is tried again', async () => {
    await seed(20);
    const broken = { request: (): Promise<Outcome> => Promise.reject(new TypeError('not a function')) };
    await expect(sync({ gateway: broken })).resolves.toMatchObject({ ended: 'failed' });
    expect(unhandled).toHaveLength(1);
    expect(await state()).toMatchObject({ error_class: 'unhandled', lease_until: null });
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 20 });
  });

  test('goes on by itself when the portal has granted the scope that was missing', async () => {
    await seed(20);
    gateway.answerInstead(() => ({ kind: 'forbidden', status: 403, message: 'no', missingScopes: ['x'] }));
    await sync();
    await resumeSyncs(database.pool, object);
    expect(await state()).toMatchObject({ paused_at: null, pause_reason: null });
    gateway.answerInstead(() => undefined);
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 20 });
  });

  test('goes on as a whole or not at all: what fails between two of its steps leaves it as it was', async () => {
    await seed(20);
    gateway.answerInstead(() => ({ kind: 'forbidden', status: 403, message: 'no', missingScopes: ['x'] }));
    await sync();
    await database.admin.query(
      `UPDATE sync_states SET associations_refused = '{"deals": {"reason": "no scope", "at": "2026-11-30T09:00:00Z"}}'`,
    );
    await database.admin.query(
      `CREATE FUNCTION fail_to_resume() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the process has died'; END $$`,
    );
    await database.admin.query(
      `CREATE TRIGGER fail_to_resume BEFORE UPDATE ON sync_states FOR EACH ROW WHEN (OLD.paused_at IS NOT NULL AND NEW.paused_at IS NULL)
       EXECUTE FUNCTION fail_to_resume()`,
    );
    const before = await state();
    try {
      await expect(resumeSyncs(database.pool, object)).rejects.toThrow('the process has died');
      expect(await state()).toEqual(before);
    } finally {
      await database.admin.query('DROP FUNCTION fail_to_resume() CASCADE');
    }
    await resumeSyncs(database.pool, object);
    expect(await state()).toMatchObject({ paused_at: null, associations_refused: {} });
  });

  test('stays paused when the portal is authorised anew, where a person has paused it since HubSpot refused it', async () => {
    await seed(20);
    gateway.answerInstead(() => ({ kind: 'forbidden', status: 403, message: 'no', missingScopes: ['x'] }));
    await sync();
    await pauseSync(forWorkspace(database.pool, object.workspaceId), object, 'clean-up');
    await resumeSyncs(database.pool, object);
    expect(await state()).toMatchObject({ pause_reason: 'clean-up', due_at: null });
    await expect(sync()).resolves.toMatchObject({ ended: 'not_taken' });
  });

  test('takes no time from an answer that lies far ahead: nothing would be searched until then', async () => {
    await seed(20);
    const ahead = {
      async request(request: GatewayRequest): Promise<Outcome> {
        const outcome = await gateway.request(request);
        return outcome.kind === 'ok' ? { ...outcome, answeredAtMs: Date.UTC(2099, 0, 1) } : outcome;
      },
    };
    await expect(sync({ gateway: ahead })).resolves.toMatchObject({ ended: 'failed', read: 0 });
    expect(await state()).toMatchObject({ error_class: 'unclear', cursor: null });
  });

  test('of a mirror that is half forgotten begins anew, and misses nothing', async () => {
    await seed(250);
    await sync();
    await database.admin.query(`UPDATE sync_states SET ended_at = now() - interval '31 days'`);
    await database.admin.query('SELECT forget_mirrors(30, 100)');
    expect((await mirror()).size).toBe(150);
    await resumeSyncs(database.pool, object);
    await expect(sync()).resolves.toMatchObject({ ended: 'done', read: 250 });
    expect((await mirror()).size).toBe(250);
    expect(await state()).toMatchObject({ live: '250' });
  });

  test('is found once when it is due, and again a minute later where nobody could take it', async () => {
    const due = async () => (await database.admin.query('SELECT * FROM sync_due(10)')).rows.length;
    expect([await due(), await due()]).toEqual([1, 0]);
    await database.admin.query(`UPDATE sync_states SET due_at = due_at - interval '1 minute'`);
    expect(await due()).toBe(1);
  });
});
