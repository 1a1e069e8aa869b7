import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { beginResync, startSync } from '../../src/db/sync/changeSync.js';
import type { SyncedObject } from '../../src/db/sync/reader.js';
import { forWorkspace } from '../../src/db/tenant.js';
import { PASSES } from '../../src/domain/sync/passes.js';
import type { Resync } from '../../src/domain/sync/cursor.js';
import type { GatewayRequest, Outcome } from '../../src/hubspot/gateway/gateway.js';
import { RUN_PASS } from '../../src/services/sync/passes/passes.js';
import { runSync } from '../../src/services/sync/syncRun.js';
import { crmGateway } from '../integration/sync/crmGateway.js';
import { startCrm, type CrmHarness } from '../integration/sandbox/crmHarness.js';
import { PORTAL } from '../integration/sandbox/harness.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { REQUESTS_NOT_DESCRIBED } from '../support/notDescribed.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';
import { RequestForms, resourcesNamedIn } from '../support/requestForms.js';

/*
 * Each request that the mirror sends, in each form that it sends it in, against HubSpot's own description: the mirror
 * is run through all that it does, and what it sends is looked at.
 */

const SOURCES = ['src/services/sync', 'src/services/crm', 'src/activities/sync', 'src/api/sync'];
/** More than are read by one page after the other. */
const MANY = 1200;

const forms = new RequestForms();
let database: TestDatabase;
let crm: CrmHarness;
const workspaceId = randomUUID();

const sandboxed = crmGateway(() => crm);
const gateway = {
  async request(request: GatewayRequest): Promise<Outcome> {
    forms.note(request);
    return sandboxed.request(request);
  },
};
const object = (objectType: string): SyncedObject => ({ workspaceId, portalId: PORTAL, objectType });
const deps = () => ({ pool: database.pool, gateway, clock: { nowMs: () => Date.now() } });
const options = (objectType: string) => ({
  ...{ object: object(objectType), signal: new AbortController().signal, untilMs: Infinity },
  onUnhandled: (error: unknown) => {
    throw error;
  },
});

async function follow(objectType: string): Promise<void> {
  await database.admin.query("UPDATE sync_states SET fresh_until = now() - interval '1 hour'");
  const run = await runSync(deps(), { ...options(objectType), onPage: () => undefined });
  expect(run).toMatchObject({ ended: 'done' });
}
async function passes(objectType: string): Promise<void> {
  for (const pass of PASSES)
    expect(await RUN_PASS[pass](deps(), options(objectType))).toMatchObject({ ended: 'done' });
}
const must = async (answer: Promise<{ status: number; body: unknown }>) => {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
};

/** HubSpot shows so many of one record in a batch read, and then more on a next page. */
const MANY_LINKS = 600;
let last = '0';

/** All that the mirror does: loads, also of wide schemas, what changes, deletes, merges, passes, and reads again. */
async function doAll(): Promise<void> {
  const base = `/portals/${PORTAL}/crm`;
  await must(crm.control('POST', `${base}/contacts/generate`, { count: MANY, seed: 7 }));
  await must(
    crm.call('POST', '/crm/properties/2026-03/contacts', {
      ...{ name: 'diagnosis', label: 'Diagnosis', type: 'string', fieldType: 'text' },
      ...{ groupName: 'contactinformation', dataSensitivity: 'sensitive' },
    }),
  );
  await database.admin.query('UPDATE portals SET scopes = $1', [
    ['crm.objects.contacts.read', 'crm.objects.contacts.sensitive.read.v2'],
  ]);
  const company = await crm.create('companies', { name: 'Acme' });
  const contact = await crm.create('contacts', { email: 'ann@example.com' });
  const { body } = await crm.post('/crm/objects/2026-03/contacts/batch/create', {
    inputs: Array.from({ length: 100 }, () => ({ properties: {}, associations: [] })),
  });
  const made = (body.results as { id: string }[]).map(({ id }) => id);
  // More than one page of a record in a batch read.
  for (let n = 0; n < MANY_LINKS; n += 100) {
    const { results } = (await crm.get(`/crm/objects/2026-03/contacts?limit=100&after=${n === 0 ? 0 : last}`))
      .body;
    const ids = (results as { id: string }[]).map(({ id }) => id);
    last = ids.at(-1) ?? last;
    await must(
      crm.post('/crm/associations/2026-03/contacts/companies/batch/associate/default', {
        inputs: ids.map((id) => ({ from: { id }, to: { id: company } })),
      }),
    );
  }
  await crm.create('deals', { dealname: 'One', dealstage: 'appointmentscheduled', pipeline: 'default' });
  const types = ['contacts', 'companies', 'deals'];
  for (const type of types) await startSync(forWorkspace(database.pool, workspaceId), object(type));
  for (const type of types) await follow(type);

  await must(crm.control('POST', `${base}/contacts/bulk-edit`, { count: 600, properties: { city: 'Bern' } }));
  await must(crm.control('POST', `${base}/mutator`, { seed: 7, perPage: 3, count: 40 }));
  await follow('contacts');
  await must(crm.control('DELETE', `${base}/mutator`));
  await must(crm.post('/crm/objects/2026-03/contacts/batch/archive', { inputs: [{ id: made[0] }] }));
  await must(
    crm.post('/crm/objects/2026-03/contacts/merge', { primaryObjectId: made[1], objectIdToMerge: made[2] }),
  );
  for (const type of types) await passes(type);

  const again: Resync['what'][] = [
    { kind: 'all' },
    { kind: 'since', since: 1 },
    { kind: 'ids', ids: [contact] },
  ];
  for (const what of again) {
    await beginResync(forWorkspace(database.pool, workspaceId), object('contacts'), { what, expected: null });
    await follow('contacts');
  }
}

describeAgainstHubSpot("what the mirror asks HubSpot, by HubSpot's description", (hubspot) => {
  beforeAll(async () => {
    [database, crm] = await Promise.all([createTestDatabase(), startCrm()]);
    await database.admin.query('INSERT INTO workspaces (id, name) VALUES ($1, $2)', [
      workspaceId,
      'contract',
    ]);
    await database.admin.query('INSERT INTO portals (portal_id, workspace_id) VALUES ($1, $2)', [
      ...[PORTAL, workspaceId],
    ]);
    await doAll();
  }, 120_000);
  afterAll(async () => {
    await crm?.close();
    await database?.drop();
  });

  it('is described, in each form that it has, but for what stands in the list with its source', () => {
    expect(forms.problems(hubspot)).toEqual([]);
  });

  it('is looked at in the forms that differ most from others', () => {
    expect(forms.names).toEqual(
      expect.arrayContaining([
        'listObjects(after archived=false limit properties)',
        'listObjects(after archived=false limit)',
        'listObjects(archived=true limit properties)',
        'listOwners(archived=true limit)',
        'listProperties(archived=false dataSensitivity)',
        'readAssociations() inputs id after',
        'readObject(archived=false properties)',
        'readObjects(archived=true) inputs id properties propertiesWithHistory',
      ]),
    );
  });

  it('is all that its code can ask: a request that is added to it is made here, too', () => {
    const described = (names: readonly string[]) => names.filter((name) => !(name in REQUESTS_NOT_DESCRIBED));
    expect(described(forms.resources)).toEqual(described(resourcesNamedIn(SOURCES)));
  });
});
