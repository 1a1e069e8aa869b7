import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createEstimateActivities } from '../../../src/activities/sync/estimateActivities.js';
import type { GatewayRequest, Outcome } from '../../../src/hubspot/gateway/gateway.js';
import { readLoadFacts } from '../../../src/services/sync/loadFacts.js';
import { connectTemporal } from '../../../src/temporal/connection.js';
import { createSyncStarter, type SyncStarter } from '../../../src/temporal/sync/starter.js';
import { queueName } from '../../../src/temporal/taskQueues.js';
import { workflowsPath } from '../../../src/worker/worker.js';
import { createNamespace, givenTemporalAddress } from '../../support/servers.js';
import { seedLane, WORKSPACE } from '../../support/throttle.js';
import { OTHER_WORKSPACE, startApi, type ApiHarness } from '../http/harness.js';
import { startCrm, type CrmHarness } from '../sandbox/crmHarness.js';
import { PORTAL } from '../sandbox/harness.js';
import { crmGateway } from './crmGateway.js';

const FOREIGN = 7_200_002;

let harness: ApiHarness;
let crm: CrmHarness;
let read: SyncStarter['readLoadFacts'];
const gateway = crmGateway(() => crm);
const itself: SyncStarter['readLoadFacts'] = (object) =>
  readLoadFacts({ pool: harness.database.pool, gateway }, object);

beforeAll(async () => {
  harness = await startApi({}, {}, undefined, (object) => read(object));
  const { admin } = harness.database;
  await seedLane(admin, { portalId: PORTAL, limit: 1, intervalMs: 1000 });
  await seedLane(admin, { portalId: FOREIGN, workspaceId: OTHER_WORKSPACE, limit: 1, intervalMs: 1000 });
});
afterAll(() => harness.close());
beforeEach(async () => {
  crm = await startCrm();
  gateway.forget();
  read = itself;
  await harness.database.admin.query('DELETE FROM sync_states');
  await setPortal(`day_limit = NULL, day_used = NULL, day_ends_at = NULL, day_read_at = NULL, scopes = '{}'`);
});
afterEach(() => crm.close());

const setPortal = (set: string) =>
  harness.database.admin.query(`UPDATE portals SET ${set} WHERE portal_id = $1`, [PORTAL]);
async function dryRun(body: object = {}, portal = PORTAL, type = 'contacts') {
  const response = await fetch(`${harness.url}/api/sync/${portal}/${type}`, {
    method: 'POST',
    headers: { authorization: harness.authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'start', dryRun: true, ...body }),
  });
  const answered = (await response.json()) as Record<string, unknown> & { detail?: string };
  return { status: response.status, body: answered, headers: response.headers };
}
async function seed(count: number): Promise<void> {
  for (let n = 0; n < count; n += 100)
    await crm.post('/crm/objects/2026-03/contacts/batch/create', {
      inputs: Array.from({ length: Math.min(100, count - n) }, (_, k) => ({
        properties: { email: `person${n + k}@example.com` },
        associations: [],
      })),
    });
}
/** As another type that is mirrored. */
const mirror = (type: string, live: number, more = 'loaded_at = now()') =>
  harness.database.admin
    .query(
      `WITH made AS (INSERT INTO sync_states (workspace_id, portal_id, object_type, live) VALUES ($1, $2, $3, $4)) SELECT`,
      [WORKSPACE, PORTAL, type, live],
    )
    .then(() =>
      harness.database.admin.query(`UPDATE sync_states SET ${more} WHERE object_type = $1`, [type]),
    );
const stored = async () => {
  const { rows } = await harness.database.admin.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM sync_states) AS states, (SELECT count(*)::int FROM sync_properties) AS properties,
            (SELECT count(*)::int FROM crm_property_defs) AS definitions, (SELECT count(*)::int FROM audit_entries) AS entries`,
  );
  return rows[0];
};

describe('the dry run of a first load', () => {
  it("says its records, calls and hours, and its share of the portal's day; nothing is stored or started for it", async () => {
    await seed(250);
    await setPortal(
      `day_limit = 1000, day_used = 40, day_ends_at = now() + interval '1 hour', day_read_at = now()`,
    );
    await dryRun(); // the key's own entry
    const before = await stored();
    gateway.asked.length = 0;
    const { status, body } = await dryRun();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ dryRun: true, portalId: PORTAL, objectType: 'contacts', records: 250, hours: 0 },
      calls: { lists: 3, values: 0, associations: 0, total: 11 },
      day: { limit: 1000, used: 40, share: 0.011 },
      ...{ associations: [], scopes: { needed: ['crm.objects.contacts.read'], missing: [] } },
    });
    expect((body.properties as { count: number }).count).toBeGreaterThan(0);
    expect([...gateway.asked].sort()).toEqual(['listProperties', 'searchObjects']);
    expect(harness.controlCalls).toEqual([]);
    expect(await stored()).toEqual(before);
  });

  it('counts batches of values where the properties are too many for an address, and calls for associations', async () => {
    read = () => Promise.resolve({ records: 250_000, properties: 900, calculated: 3, isWide: true });
    await mirror('companies', 9500);
    await mirror('deals', 2000, "loaded_at = now(), associations = '{companies}'");
    const { body } = await dryRun();
    expect(body).toMatchObject({
      // 110 in ten seconds.
      calls: { lists: 2500, values: 2500, associations: 510, total: 5518 },
      ...{ associations: ['companies', 'deals'], day: null, properties: { count: 900, calculated: 3 } },
    });
    expect(body.hours).toBeCloseTo(
      5008 / 11 / 3600 + ((510 / harness.config.BUDGET_ASSOCIATION_SLOTS) * 10) / 3600,
      2,
    );
    expect((await dryRun({ associations: [] })).body).toMatchObject({
      associations: [],
      calls: { associations: 10 },
    });
  });

  it('names the scope that is missing, and those by which sensitive properties are read', async () => {
    await setPortal(
      `scopes = '{crm.objects.companies.read,crm.objects.contacts.sensitive.read.v2,crm.objects.deals.sensitive.read.v2}'`,
    );
    expect((await dryRun()).body).toMatchObject({
      scopes: {
        needed: ['crm.objects.contacts.read'],
        missing: ['crm.objects.contacts.read'],
        sensitive: ['crm.objects.contacts.sensitive.read.v2'],
      },
    });
  });

  it('says why HubSpot does not tell, and when to come back where that passes', async () => {
    const answers = (outcome: Outcome) => gateway.answerInstead((_: GatewayRequest) => outcome);
    answers({
      ...{ kind: 'forbidden', status: 403, category: 'MISSING_SCOPES', message: '' },
      missingScopes: ['crm.objects.contacts.read'],
    });
    expect(await dryRun()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('crm.objects.contacts.read') as unknown },
    });
    answers({ kind: 'unavailable', reason: 'network', message: 'away', effect: 'none' });
    const away = await dryRun();
    expect(away.status).toBe(503);
    expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
    read = () => Promise.resolve(undefined);
    expect(await dryRun()).toMatchObject({
      status: 503,
      body: { detail: expect.stringContaining('No worker has answered') as unknown },
    });
  });

  it("is for a start of what is not mirrored, of a portal of one's own", async () => {
    expect((await dryRun({ action: 'resync', all: true })).status).toBe(400);
    expect((await dryRun({}, FOREIGN)).status).toBe(404);
    await mirror('contacts', 3);
    expect(await dryRun()).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('mirrored already') as unknown },
    });
    // HubSpot is not asked for whoever has lost the portal since.
    gateway.asked.length = 0;
    const of = { workspaceId: OTHER_WORKSPACE, portalId: PORTAL, objectType: 'contacts' };
    expect(await itself(of)).toMatchObject({ refused: { errorClass: 'unauthorized' } });
    expect(gateway.asked).toEqual([]);
  });

  it('is asked of HubSpot by a worker, over Temporal; without a worker there is no answer in its time', async () => {
    const prefix = `dry-${randomBytes(4).toString('hex')}`;
    const namespace = await createNamespace(givenTemporalAddress());
    const config = {
      ...{
        TEMPORAL_ADDRESS: givenTemporalAddress(),
        TEMPORAL_NAMESPACE: namespace,
        TEMPORAL_TASK_QUEUE: prefix,
      },
      ...{ TEMPORAL_API_KEY: undefined, TEMPORAL_TLS: false },
    };
    const temporal = connectTemporal(config);
    const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
    try {
      const worker = await Worker.create({
        ...{ connection, namespace, workflowsPath, taskQueue: queueName(prefix, 'upkeep') },
        activities: createEstimateActivities({ pool: harness.database.pool, gateway }),
      });
      await seed(3);
      read = (object) => createSyncStarter(temporal).readLoadFacts(object);
      expect((await worker.runUntil(() => dryRun())).body).toMatchObject({ dryRun: true, records: 3 });
      const start = { workflow: 'syncEstimate', queue: 'upkeep', workflowId: 'nobody', args: [] } as const;
      expect(await temporal.resultOf(start, 1500)).toBeUndefined();
    } finally {
      await temporal.close();
      await connection.close();
    }
  }, 60_000);
});
