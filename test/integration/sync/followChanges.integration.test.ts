import { beforeEach, describe, expect, test } from '@jest/globals';
import type { SyncedObject } from '../../../src/db/sync/reader.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { runSync } from '../../../src/services/sync/syncRun.js';
import type { TestDatabase } from '../../support/database.js';
import { eachMirror, mirrorDeps, runOptions } from '../../support/mirror.js';
import { until } from '../../support/until.js';
import type { CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const COUNT = 1000;
/** HubSpot shows 10,000 results of a search, and no more. */
const TIES = 11_000;
const HOURS_AGO_MS = 3 * 3_600_000;

let database: TestDatabase;
let crm: CrmHarness;
let object: SyncedObject;
/** What is called before HubSpot is asked, and what comes in place of its answer. */
let instead: (request: GatewayRequest) => Outcome | undefined | Promise<Outcome | undefined>;

eachMirror((given) => ({ database, crm, object } = given));
beforeEach(async () => {
  instead = () => undefined;
  await crm.control('POST', `/portals/${PORTAL}/crm/contacts/generate`, { count: COUNT });
});

const sync = () => {
  const { request } = crmGateway(() => crm);
  const gateway = { request: async (one: GatewayRequest) => (await instead(one)) ?? request(one) };
  return runSync(mirrorDeps(database, gateway), runOptions(object));
};
async function state() {
  const { rows } = await database.admin.query<Record<string, unknown>>('SELECT * FROM sync_states');
  return rows[0]!;
}
/** The mirror has them as they were three hours ago, when HubSpot has them so, too. */
async function age(): Promise<void> {
  await database.admin.query(
    `UPDATE crm_records SET modified_at = modified_at - $2 * interval '1 millisecond' WHERE workspace_id = $1`,
    [object.workspaceId, HOURS_AGO_MS],
  );
}
const citiesOf = async () => {
  const { rows } = await database.admin.query<{ city: string; count: number }>(
    `SELECT properties ->> 'city' AS city, count(*)::int AS count FROM crm_records WHERE workspace_id = $1
      GROUP BY 1 ORDER BY 2 DESC LIMIT 1`,
    [object.workspaceId],
  );
  return rows[0];
};
/** HubSpot says what time it has in whole seconds: what is later than that is for the next search. */
async function edit(city: string): Promise<void> {
  await crm.control('POST', `/portals/${PORTAL}/crm/contacts/bulk-edit`, {
    count: COUNT,
    properties: { city },
  });
  const second = Math.floor(Date.now() / 1000);
  await until('the second is over', () => Math.floor(Date.now() / 1000) > second, 5000, 20);
}

describe('what changes', () => {
  test('is searched on while what was found before is read and written, all of it in its order', async () => {
    await sync();
    await edit('Geneva');
    let searches = 0;
    instead = async ({ resource }) => {
      if (resource === 'searchObjects') searches += 1;
      // The first page is not read before the second one is searched.
      if (resource === 'readObjects') await until('the next page is searched', () => searches > 1, 10_000, 5);
      return undefined;
    };
    await expect(sync()).resolves.toMatchObject({ ended: 'done', changed: COUNT });
    expect(await citiesOf()).toEqual({ city: 'Geneva', count: COUNT });
  });

  test('goes on from the last page that was written, whichever call fails', async () => {
    await sync();
    for (let n = 1; n <= 12; n += 1) {
      await edit(`City ${n}`);
      let left = n;
      instead = ({ resource }) =>
        resource !== 'listProperties' && (left -= 1) === 0
          ? { kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' }
          : undefined;
      await expect(sync()).resolves.toMatchObject({ ended: 'failed' });
      instead = () => undefined;
      await expect(sync()).resolves.toMatchObject({ ended: 'done' });
      expect(await citiesOf()).toEqual({ city: `City ${n}`, count: COUNT });
    }
  });
});

describe('more changes of one moment than a search shows', () => {
  test('are all found, behind an index that lags and beside those that came before and after, and each is told once', async () => {
    await crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, {
      count: TIES - COUNT,
      properties: { email: 'tied{n}@example.com' },
    });
    await sync();
    await crm.settings({ searchIndexLagMs: 800, searchIndexJitterMs: 800 });
    const bulkEdit = (count: number, city: string) =>
      crm.control('POST', `/portals/${PORTAL}/crm/contacts/bulk-edit`, { count, properties: { city } });
    await bulkEdit(300, 'Basel');
    await bulkEdit(TIES, 'Geneva');
    await bulkEdit(200, 'Bern');
    const run = async () => {
      await expect(sync()).resolves.toMatchObject({ ended: 'done' });
      const { rows } = await database.admin.query<{ city: string; count: number }>(
        `SELECT properties ->> 'city' AS city, count(*)::int AS count FROM crm_records
          WHERE workspace_id = $1 GROUP BY 1 ORDER BY 2`,
        [object.workspaceId],
      );
      return JSON.stringify(rows);
    };
    const all = JSON.stringify([
      { city: 'Bern', count: 200 },
      { city: 'Geneva', count: TIES - 200 },
    ]);
    await until('the mirror is what HubSpot has', async () => (await run()) === all, 60_000);
    const { rows } = await database.admin.query<{ told: number; records: number }>(
      `SELECT count(*)::int AS told, count(DISTINCT record_id)::int AS records FROM crm_changes
        WHERE workspace_id = $1 AND action = 'Updated' AND changed -> 'city' ->> 1 = 'Geneva'`,
      [object.workspaceId],
    );
    // Who was in Bern before the index showed Geneva was never seen there.
    expect(rows[0]!.told).toBe(rows[0]!.records);
    expect(rows[0]!.records).toBeGreaterThanOrEqual(TIES - 200);
  }, 120_000);
});

describe('the property that says when a record was modified', () => {
  /** Everything as it would be three hours later. */
  const hoursAgo = (request: GatewayRequest): boolean =>
    request.resource === 'searchObjects' && JSON.stringify(request.body).includes('hs_object_id');

  test('is proved once on a record that the mirror has, and that is remembered', async () => {
    await sync();
    await age();
    let proofs = 0;
    instead = (request) => {
      if (!hoursAgo(request)) return undefined;
      proofs += 1;
      const { filterGroups } = request.body as { filterGroups: { filters: { value: string }[] }[] };
      const [time, id] = filterGroups[0]!.filters.map(({ value }) => value);
      const results = [{ id, properties: { lastmodifieddate: new Date(Number(time)).toISOString() } }];
      return { kind: 'ok', status: 200, body: { total: 1, results }, answeredAtMs: Date.now() };
    };
    await sync();
    await sync();
    expect(proofs).toBe(1);
    expect((await state()).cursor).toMatchObject({ kind: 'follow', isProved: true });
  });

  test('that finds no record by its own time ends with a reason, instead of silence', async () => {
    await sync();
    await age();
    const { rows } = await database.admin.query<{ id: string; modified: Date }>(
      'SELECT id::text AS id, modified_at AS modified FROM crm_records WHERE workspace_id = $1',
      [object.workspaceId],
    );
    const modified = new Map(rows.map((row) => [row.id, row.modified.toISOString()]));
    instead = (request) => {
      if (hoursAgo(request)) return { kind: 'ok', status: 200, body: { total: 0, results: [] } };
      if (request.resource !== 'readObjects') return undefined;
      const results = request.body.inputs.map(({ id }) => ({
        ...{ id, properties: {}, createdAt: modified.get(id), updatedAt: modified.get(id) },
      }));
      return { kind: 'ok', status: 200, body: { results } };
    };
    await expect(sync()).resolves.toMatchObject({ ended: 'failed' });
    const { error_class: errorClass, last_error: reason, paused_at: pausedAt } = await state();
    expect([errorClass, pausedAt]).toEqual(['unclear', null]);
    expect(reason).toContain('lastmodifieddate');
    instead = () => undefined;
    // Those that were modified since prove nothing, and stand in nobody's way.
    await expect(sync()).resolves.toMatchObject({ ended: 'done' });
  });
});
