import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startRegister, type RegisterRig } from '../integration/register/registerRig.js';
import type { Written } from '../integration/writes/writesRig.js';
import { REQUESTS_NOT_DESCRIBED } from '../support/notDescribed.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';
import { RequestForms, resourcesNamedIn } from '../support/requestForms.js';

/*
 * Each request that writes of records and registrations send, in each form that they send it in, against HubSpot's own
 * description: all that they do is done, and what is sent is looked at.
 */

const SOURCES = [
  'src/services/writes',
  'src/api/writes',
  'src/services/register',
  'src/activities/register',
  'src/activities/outbox/propertyRequests.ts',
  'src/services/outbox/delivery/requestBuilders.ts',
  'src/services/outbox/lostCreate.ts',
  'src/services/sync/hubspotAssociations.ts',
];
/** What that code is shared with: no write of a record is an event. */
const EVENTS = ['createTimelineEvents', 'sendEvents'];

const forms = new RequestForms();
const rigs: RegisterRig[] = [];

async function start(options?: { make: boolean }): Promise<RegisterRig> {
  const rig = await startRegister(options);
  rig.hold((request) => Promise.resolve(forms.note(request)));
  rigs.push(rig);
  return rig;
}

const expectStatus = async (answer: Promise<{ status: number; body: unknown }>, status: number) => {
  const { status: found, body } = await answer;
  expect({ status: found, body }).toMatchObject({ status });
};

/** Single writes, batches, repeats, lost answers, deletes, associations, and the list of the former service. */
async function doAllWrites({ api, crm, gateway, database, letGo, hold }: RegisterRig): Promise<void> {
  const at = '/api/objects';
  const deal = { dealname: 'Contract', dealstage: 'appointmentscheduled', pipeline: 'default' };
  const id = await crm.create('contacts', { email: 'contract@example.com' });
  const company = await crm.create('companies', { name: 'Acme' });
  await expectStatus(api.patch(`${at}/contacts/${id}`, { properties: { firstname: 'A' } }), 200);
  for (const email of ['contract@example.com', 'made@example.com'])
    await expectStatus(
      api.post(`${at}/contacts/batch/upsert`, {
        idProperty: 'email',
        records: [{ id: email, properties: { lastname: 'B' } }],
      }),
      200,
    );
  await expectStatus(
    api.post(`${at}/contacts/batch/upsert`, {
      idProperty: 'external_id',
      records: [{ id: 'contract-1', properties: { email: 'c1@example.com' } }],
    }),
    200,
  );
  const made = await api.post<Written>(`${at}/contacts`, { properties: { email: 'contract@example.com' } });
  expect(made.status).toBe(200);
  await expectStatus(api.post(`${at}/deals`, { properties: deal }), 201);

  const key = { 'idempotency-key': randomUUID() };
  const lost = () => api.request<Written>('POST', `${at}/deals`, { properties: deal }, key);
  gateway.changeAnswers((request, outcome) =>
    request.resource === 'createObjects'
      ? { kind: 'unknown', reason: 'timeout', message: 'No answer' }
      : outcome,
  );
  expect((await lost()).status).toBe(503);
  letGo();
  hold((request) => Promise.resolve(forms.note(request)));
  await database.admin.query(
    "UPDATE idempotency_keys SET answered_at = answered_at - interval '10 minutes' WHERE status < 200",
  );
  await lost();

  const pair = `${at}/contacts/${id}/associations/companies/${company}`;
  await expectStatus(api.put(pair, {}), 200);
  await expectStatus(api.put(pair, { labels: [{ category: 'HUBSPOT_DEFINED', typeId: 1 }] }), 200);
  await expectStatus(api.delete(`${pair}?category=HUBSPOT_DEFINED&typeId=1`), 200);
  await expectStatus(api.delete(pair), 200);
  const { fresh } = (await api.patch<Written>(`${at}/companies/${company}`, { properties: { name: 'B' } }))
    .body;
  await api.request('GET', `${at}/companies/${company}`, undefined, { 'x-sluice-fresh': fresh });
  await expectStatus(api.delete(`${at}/contacts/${id}`), 204);
  for (const query of ['limit=1', 'limit=1&after=1&properties=email', 'order=newest', 'type=deals'])
    await expectStatus(api.get(`/crm/objects?${query}`), 200);
}

const DEAL = { dealname: 'Boat', dealstage: 'appointmentscheduled' };
const TICKET = { subject: 'Late', hs_pipeline_stage: '1' };

/** With keys of ours in the portal and without, of new contacts and old ones, and what HubSpot refuses a row of. */
async function doAllRegistrations(rig: RegisterRig): Promise<void> {
  const { crm, register } = rig;
  await crm.post('/crm/associations/2026-03/contacts/deals/labels', { label: 'Payer', name: 'payer' });
  for (const email of ['new@example.com', 'new@example.com'])
    await expectStatus(
      register({
        contact: { email, firstname: 'Ada' },
        deals: [DEAL, { ...DEAL, external_id: randomUUID() }],
        tickets: [TICKET],
        associations: { 'contact-deals': { labels: ['Payer'] }, 'deals-tickets': {} },
      }),
      200,
    );
  await crm.control('PATCH', '/settings', { enforceValidationRules: 'always' });
  await expectStatus(register({ contact: { email: 'x@y.con' } }), 424);
}

describeAgainstHubSpot("what writes and registrations ask HubSpot, by HubSpot's description", (hubspot) => {
  beforeAll(async () => {
    const keyed = await start();
    await doAllWrites(keyed);
    await doAllRegistrations(keyed);
    const unkeyed = await start({ make: false });
    const once = () =>
      unkeyed.register({ contact: { email: 'plain@example.com' }, deals: [DEAL, DEAL], tickets: [TICKET] });
    await expectStatus(once(), 200);
    unkeyed.gateway.changeAnswers((request, outcome) =>
      request.resource === 'createObjects'
        ? { kind: 'unknown', reason: 'timeout', message: 'No answer' }
        : outcome,
    );
    await unkeyed.crm.settings({ searchIndexLagMs: 0 });
    await expectStatus(once(), 200);
  }, 120_000);
  afterAll(() => Promise.all(rigs.map((rig) => rig.end())));

  it('is described, in each form that it has, but for what stands in the list with its source', () => {
    expect(forms.problems(hubspot)).toEqual([]);
  });

  it('is looked at in the forms that differ most from others', () => {
    expect(forms.names).toEqual(
      expect.arrayContaining([
        'readAssociations() inputs id',
        'listAssociationLabels()',
        'listObjects(after archived=false limit properties)',
        'listProperties(archived=true)',
        'readObjects() idProperty inputs id properties propertiesWithHistory',
        'searchObjects() filterGroups filters propertyName EQ value properties sorts propertyName DESCENDING limit after',
        'createAssociations() inputs from id to types associationCategory associationTypeId',
        'archiveAssociationLabels() inputs from id to types associationCategory associationTypeId',
      ]),
    );
  });

  it('is all that its code can ask: a request that is added to it is made here, too', () => {
    const described = (names: readonly string[]) => names.filter((name) => !(name in REQUESTS_NOT_DESCRIBED));
    const named = resourcesNamedIn(SOURCES).filter((name) => !EVENTS.includes(name));
    expect(described(forms.resources)).toEqual(described(named));
  });
});
