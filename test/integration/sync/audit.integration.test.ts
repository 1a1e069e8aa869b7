import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pauseSync, startSync } from '../../../src/db/sync/changeSync.js';
import { decideOnDeletes } from '../../../src/db/sync/deletesHeld.js';
import { settleErasures } from '../../../src/db/sync/erasuresUnsure.js';
import { findSync } from '../../../src/db/sync/views.js';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import { forWorkspace } from '../../../src/db/tenant.js';
import type { Properties } from '../../../src/domain/crm/mirroredRecord.js';
import type { Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { RUN_PASS } from '../../../src/services/sync/passes/passes.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions, seedContacts } from '../../support/mirror.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const KEY = Buffer.alloc(32, 7);
const CONTACTS = '/crm/objects/2026-03/contacts';

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
afterEach(() => expect(unhandled).toEqual([]));

const deps = () => mirrorDeps(database, gateway);
const options = (untilMs = Infinity) => ({
  ...{ ...runOptions(object), untilMs },
  onUnhandled: (error: unknown) => unhandled.push(error),
});
const load = () => runSync(deps(), options());
const audit = () => RUN_PASS.audit(deps(), options());
const query = (text: string, ...values: unknown[]) =>
  database.admin.query<Record<string, unknown>>(text, [object.workspaceId, ...values]);
async function found() {
  const { rows } = await query(`SELECT found FROM sync_passes WHERE workspace_id = $1 AND pass = 'audit'`);
  return rows[0]!.found;
}
const seed = (count: number) => seedContacts(crm, count);
async function verify() {
  const { rows } = await query(
    'SELECT id::text, properties FROM crm_records WHERE workspace_id = $1 AND archived_at IS NULL',
  );
  const lines = (rows as { id: string; properties: Properties }[]).map((row) =>
    JSON.stringify({ portalId: PORTAL, objectType: 'contacts', ...row }),
  );
  const { rows: counted } = await query('SELECT live::int FROM sync_states WHERE workspace_id = $1');
  expect(counted).toEqual([{ live: lines.length }]);
  return (await crm.control('POST', '/verify?types=contacts', lines.join('\n'))).body;
}
/** As if the searches had come up to now. */
const makeFresh = () =>
  query(`UPDATE sync_states SET fresh_until = now() + interval '1 minute' WHERE workspace_id = $1`);

describe('an audit', () => {
  test('counts what the mirror lacks, has other values of and has too much of, and repairs it', async () => {
    const ids = await seed(250);
    await load();
    const [lost, other, gone] = [ids.slice(0, 3), ids.slice(120, 122), ids.slice(240, 245)];
    await query('DELETE FROM crm_records WHERE workspace_id = $1 AND id = ANY ($2)', lost);
    await query('UPDATE sync_states SET live = live - 3 WHERE workspace_id = $1');
    await query(
      `UPDATE crm_records SET properties = '{"email":"wrong@example.com"}', hash = '\\x00', modified_at = modified_at - interval '1 hour'
        WHERE workspace_id = $1 AND id = ANY ($2)`,
      other,
    );
    await crm.post(`${CONTACTS}/batch/archive`, { inputs: gone.map((id) => ({ id })) });
    await makeFresh();
    expect(await audit()).toMatchObject({ ended: 'done', seen: 245, changed: 10 });
    expect(await found()).toEqual({ missing: 3, differing: 2, ghosts: 5 });
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
    expect(await audit()).toMatchObject({ ended: 'done', seen: 245, changed: 0 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 0 });
  });

  test('that finds the mirror as it should be changes nothing, and asks HubSpot for each page once', async () => {
    await seed(250);
    await load();
    gateway.asked.length = 0;
    expect(await audit()).toMatchObject({ ended: 'done', seen: 250, changed: 0 });
    expect(gateway.asked.filter((resource) => resource === 'listObjects')).toHaveLength(3);
    expect(gateway.asked.filter((resource) => resource === 'readObjects')).toHaveLength(0);
  });

  test('takes no record for gone because a list leaves it out', async () => {
    const ids = await seed(120);
    await load();
    await makeFresh();
    const left = new Set(ids.slice(10, 40));
    gateway.changeAnswers(({ resource }, outcome) => {
      if (resource !== 'listObjects' || outcome.kind !== 'ok') return outcome;
      const body = outcome.body as { results: { id: string }[] };
      return { ...outcome, body: { ...body, results: body.results.filter(({ id }) => !left.has(id)) } };
    });
    expect(await audit()).toMatchObject({ ended: 'done', changed: 0 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 0 });
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });

  test('corrects a time of change that HubSpot does not know, once it has read the record itself', async () => {
    const ids = await seed(20);
    await load();
    await makeFresh();
    const [changed, same, young] = [ids[2]!, ids[3]!, ids[4]!];
    const wrong = `UPDATE crm_records SET modified_at = now() + interval '10 years', read_at = now() - $3::interval
                    WHERE workspace_id = $1 AND id = ANY ($2)`;
    await query(wrong, [changed, same], '2 hours');
    await query(wrong, [young], '10 minutes');
    for (const id of [changed, young]) await crm.patch(`${CONTACTS}/${id}`, { properties: { city: 'Bern' } });
    await makeFresh();
    // The searches show it, and the mirror takes it for older than what it has.
    await load();
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 2 });

    expect(await audit()).toMatchObject({ ended: 'done', changed: 1 });
    expect(await found()).toEqual({ missing: 0, differing: 2, ghosts: 0 });
    // Of what was stored a moment ago a list may know nothing yet.
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 1 });
    const { rows } = await query(
      'SELECT id::text FROM crm_records WHERE workspace_id = $1 AND modified_at > now()',
    );
    expect(rows).toEqual([{ id: young }]);

    await crm.patch(`${CONTACTS}/${same}`, { properties: { city: 'Basel' } });
    await load();
    expect(await verify()).toMatchObject({ stale: 1 });
  });

  test('leaves a record as it is whose list is behind what a read of it shows', async () => {
    const ids = await seed(20);
    await load();
    await makeFresh();
    await query(`UPDATE crm_records SET read_at = now() - interval '2 hours' WHERE workspace_id = $1`);
    gateway.changeAnswers(({ resource }, outcome) => {
      if (resource !== 'listObjects' || outcome.kind !== 'ok') return outcome;
      const body = outcome.body as { results: { id: string; properties: Properties }[] };
      const results = body.results.map((one) =>
        one.id === ids[5]
          ? { ...one, updatedAt: '2020-01-01T00:00:00.000Z', properties: { email: 'old@example.com' } }
          : one,
      );
      return { ...outcome, body: { ...body, results } };
    });
    expect(await audit()).toMatchObject({ ended: 'done', changed: 0 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 0 });
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });

  test('takes nothing for missing that was erased', async () => {
    const ids = await seed(20);
    await load();
    await makeFresh();
    const erased = ids.slice(3, 5);
    await query('DELETE FROM crm_records WHERE workspace_id = $1 AND id = ANY ($2)', erased);
    await query('UPDATE sync_states SET live = live - 2 WHERE workspace_id = $1');
    await query(
      `INSERT INTO crm_tombstones (workspace_id, portal_id, object_type, mark)
       SELECT $1, $3, 'contacts', crm_mark($2, $3, 'contacts', u.id) FROM unnest($4::bigint[]) AS u (id)`,
      ...[KEY, PORTAL, erased],
    );
    const key = { setting: KEY.toString('hex'), mark: () => KEY };
    const tombstones = { of: () => Promise.resolve(key) };
    const run = RUN_PASS.audit({ ...deps(), tombstones }, options());
    expect(await run).toMatchObject({ ended: 'done', seen: 20, changed: 0 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 0 });
    expect(await verify()).toMatchObject({ missing: 2, ghosts: 0, stale: 0 });
  });

  test('asks what became of any number of records that are gone, a hundred in a step', async () => {
    const ids = await seed(350);
    await load();
    await query(`UPDATE sync_states SET live = live WHERE workspace_id = $1`);
    for (let n = 20; n < 320; n += 100)
      await crm.post(`${CONTACTS}/batch/archive`, { inputs: ids.slice(n, n + 100).map((id) => ({ id })) });
    await makeFresh();
    // More than one in a hundred: told as far as the bound for an hour goes, the others wait for a person's word.
    expect(await audit()).toMatchObject({ ended: 'done' });
    expect(await found()).toMatchObject({ missing: 0, differing: 0, ghosts: 300 });
  });

  test('of a list in no order costs no call for each record: what it leaves out is read by batches', async () => {
    const ids = await seed(450);
    await load();
    await makeFresh();
    await crm.control('PUT', `/portals/${PORTAL}/crm/contacts/misbehaviour`, { ids: 'scattered' });
    gateway.asked.length = 0;
    expect(await audit()).toMatchObject({ ended: 'done', seen: 450, changed: 0 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 0 });
    expect(gateway.asked.filter((resource) => resource === 'readObject')).toHaveLength(0);
    expect(gateway.asked.length).toBeLessThan(25);

    const gone = ids.slice(30, 70);
    await crm.post(`${CONTACTS}/batch/archive`, { inputs: gone.map((id) => ({ id })) });
    await makeFresh();
    expect(await audit()).toMatchObject({ ended: 'done', changed: 40 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 40 });
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });

  test('of a list whose pages go round in a circle ends, and is begun anew later', async () => {
    await seed(350);
    await load();
    const pages: Outcome[] = [];
    gateway.answerInstead(({ resource }) => {
      if (resource !== 'listObjects' || pages.length < 3) return undefined;
      pages.push(pages[pages.length - 2]!);
      if (pages.length > 200) throw new Error('It is asked for ever');
      return pages.at(-1);
    });
    gateway.changeAnswers(({ resource }, outcome) => {
      if (resource === 'listObjects') pages.push(outcome);
      return outcome;
    });
    expect(await audit()).toMatchObject({ ended: 'failed' });
    expect(pages.length).toBeLessThan(20);
    gateway.forget();
    expect(await audit()).toMatchObject({ ended: 'done', seen: 350 });
  });

  test('reads what a list leaves out by batches before it asks what became of it', async () => {
    const ids = await seed(220);
    await load();
    const left = new Set(ids.slice(20, 180));
    gateway.changeAnswers(({ resource }, outcome) => {
      if (resource !== 'listObjects' || outcome.kind !== 'ok') return outcome;
      const body = outcome.body as { results: { id: string }[] };
      return { ...outcome, body: { ...body, results: body.results.filter(({ id }) => !left.has(id)) } };
    });
    gateway.asked.length = 0;
    expect(await audit()).toMatchObject({ ended: 'done', changed: 0 });
    expect(gateway.asked).not.toContain('readObject');
  });
});

describe('records that were deleted while nobody read, and that the recycle bin has no more', () => {
  /** Gone at HubSpot for good, and read last so long ago. */
  async function vanish(ids: readonly string[], days = 100): Promise<void> {
    for (let n = 0; n < ids.length; n += 100)
      await crm.post(`${CONTACTS}/batch/archive`, { inputs: ids.slice(n, n + 100).map((id) => ({ id })) });
    await crm.settings({ recycleBinMs: 0 });
    await query(
      `UPDATE crm_records SET read_at = read_at - $2 * interval '1 day' WHERE workspace_id = $1`,
      days,
    );
  }
  const follow = () => RUN_PASS.archived(deps(), options());
  const held = async () =>
    (await query('SELECT deletes_held AS held FROM sync_states WHERE workspace_id = $1')).rows[0]!.held;

  test('are ghosts of an audit, and leave the mirror', async () => {
    const ids = await seed(150);
    await load();
    await vanish(ids.slice(20, 60));
    await makeFresh();
    expect(await follow()).toMatchObject({ ended: 'done', changed: 0 });
    expect(await audit()).toMatchObject({ ended: 'done', changed: 40 });
    expect(await found()).toEqual({ missing: 0, differing: 0, ghosts: 40 });
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });

  test('are asked about where they are many: they stay until a person says so, whatever the rounds over the recycle bin find', async () => {
    const ids = await seed(300);
    await load();
    await vanish(ids.slice(0, 150));
    await makeFresh();
    expect(await audit()).toMatchObject({ ended: 'done', changed: 100 });
    expect(await found()).toMatchObject({ ghosts: 150 });
    await follow();
    expect(await held()).toBe(50);
    expect(await decideOnDeletes(forWorkspace(database.pool, object.workspaceId), object, 'release')).toBe(
      true,
    );
    const { rows } = await query(
      `SELECT pass FROM sync_passes WHERE workspace_id = $1 AND due_at <= clock_timestamp() ORDER BY pass`,
    );
    expect(rows.map(({ pass }) => pass)).toEqual(expect.arrayContaining(['archived', 'audit']));
    expect(await audit()).toMatchObject({ ended: 'done', changed: 50 });
    await follow();
    expect(await held()).toBe(0);
    expect(await verify()).toMatchObject({ missing: 0, ghosts: 0, stale: 0 });
  });

  test('are named where HubSpot may have erased them and the word of it was lost, until somebody has looked; not after that time', async () => {
    const ids = await seed(6);
    await load();
    await vanish(ids.slice(0, 2));
    await makeFresh();
    const until = (interval: string) =>
      query(
        `UPDATE sync_states SET erasures_unsure_from = now() - interval '1 day', erasures_unsure_until = now() + $2::interval
          WHERE workspace_id = $1`,
        interval,
      );
    const db = forWorkspace(database.pool, object.workspaceId);
    const unsure = async () =>
      (await findSync(db, object.workspaceId, object.portalId, object.objectType))!.erasuresUnsure;
    const none = { since: null, count: 0, records: [] };
    await until('-1 second');
    expect(await audit()).toMatchObject({ ended: 'done', changed: 2 });
    expect(await unsure()).toEqual(none);
    await until('1 day');
    expect(await unsure()).toEqual(none);
    await vanish(ids.slice(2, 4));
    await makeFresh();
    expect(await audit()).toMatchObject({ ended: 'done', changed: 2 });
    expect(await unsure()).toEqual({ since: expect.any(Date), count: 2, records: ids.slice(2, 4) });
    await vanish(ids.slice(4, 5));
    await makeFresh();
    expect(await audit()).toMatchObject({ ended: 'done', changed: 1 });
    expect(await unsure()).toMatchObject({ count: 3, records: ids.slice(2, 5) });
    expect(await settleErasures(db, object)).toBe(true);
    expect(await settleErasures(db, object)).toBe(false);
    expect(await unsure()).toEqual(none);
  });

  test('are none where the mirror has read them a moment ago: HubSpot may show them late', async () => {
    const ids = await seed(50);
    await load();
    await vanish(ids.slice(0, 5), 0);
    expect(await audit()).toMatchObject({ ended: 'done', changed: 0 });
    expect(await verify()).toMatchObject({ ghosts: 5 });
  });

  test('are looked for as soon as a type goes on that was paused for so long', async () => {
    await seed(5);
    await load();
    const due = async () => {
      const { rows } = await query(
        `SELECT due_at <= clock_timestamp() AS due FROM sync_passes WHERE workspace_id = $1 AND pass = 'audit'`,
      );
      return rows[0]!.due;
    };
    const db = forWorkspace(database.pool, object.workspaceId);
    for (const [days, isDue] of [
      [3, false],
      [91, true],
    ] as const) {
      await pauseSync(db, object, null);
      await query(
        `UPDATE sync_states SET paused_at = paused_at - $2 * interval '1 day' WHERE workspace_id = $1`,
        days,
      );
      await startSync(db, object);
      expect([days, await due()]).toEqual([days, isDue]);
    }
  });
});
