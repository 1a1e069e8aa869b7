import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

const CONTACTS = '/crm/objects/2026-03/contacts';
const LINKS = '/crm/associations/2026-03/contacts/companies/batch';
const PROPERTIES = '/crm/properties/2026-03/contacts';
const PRIMARY = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 };

interface Result {
  id: string;
  properties: { firstname: string };
  objectWriteTraceId?: string;
}

const batch = (kind: string, inputs: unknown[], more = {}) =>
  crm.post(`${CONTACTS}/batch/${kind}`, { inputs, ...more });
const named = (names: readonly string[], more: (name: string) => object = () => ({})) =>
  names.map((firstname) => ({ properties: { firstname }, associations: [], ...more(firstname) }));
const namesOf = (results: readonly Result[]) => results.map(({ properties }) => properties.firstname);

/** The results that stand at the index of their input. */
function inPlace(sent: readonly string[], received: readonly string[]): string[] {
  expect(received.toSorted()).toEqual(sent.toSorted());
  return received.filter((name, n) => name === sent[n]);
}

const NAMES = ['Ada', 'Bo', 'Cy', 'Di', 'Ed'];

describe('results in another order', () => {
  beforeEach(async () => {
    await crm.settings({ batchResultsInOrder: false });
  });

  it('come from create, update, read and upsert: none at the index of its input', async () => {
    await crm.post(PROPERTIES, {
      ...{ name: 'our_id', label: 'Our id', groupName: 'contactinformation', hasUniqueValue: true },
      ...{ type: 'string', fieldType: 'text' },
    });
    const created: Result[] = (await batch('create', named(NAMES))).body.results;
    expect(inPlace(NAMES, namesOf(created))).toEqual([]);

    const ids = created.map(({ id }) => id);
    const changes = ids.map((id) => ({ id, properties: { phone: '1' } }));
    const updated: Result[] = (await batch('update', changes)).body.results;
    expect(
      inPlace(
        ids,
        updated.map(({ id }) => id),
      ),
    ).toEqual([]);

    const { results: read } = (await batch('read', changes, { properties: [] })).body;
    expect(
      inPlace(
        ids,
        (read as Result[]).map(({ id }) => id),
      ),
    ).toEqual([]);

    const rows = NAMES.map((firstname) => ({
      id: firstname,
      idProperty: 'our_id',
      properties: { firstname },
    }));
    const upserted: Result[] = (await batch('upsert', rows)).body.results;
    expect(inPlace(NAMES, namesOf(upserted))).toEqual([]);
  });

  it('come with errors in another order', async () => {
    const bad = named(NAMES, (name) => ({
      properties: { email: name },
      objectWriteTraceId: name,
    }));
    const { status, body } = await batch('create', bad);
    expect(status).toBe(207);
    const traces = body.errors.map(
      (error: { context: { objectWriteTraceId: string[] } }) => error.context.objectWriteTraceId[0],
    );
    expect(inPlace(NAMES, traces)).toEqual([]);
  });

  it('come from associations: read, create and default', async () => {
    const contacts = await Promise.all(NAMES.map((firstname) => crm.create('contacts', { firstname })));
    const company = await crm.create('companies', { name: 'Acme' });
    const pairs = contacts.map((id) => ({ from: { id }, to: { id: company }, types: [PRIMARY] }));
    const written = await crm.post(`${LINKS}/create`, { inputs: pairs });
    expect(
      inPlace(
        contacts,
        written.body.results.map((row: { fromObjectId: string }) => row.fromObjectId),
      ),
    ).toEqual([]);
    const read = await crm.post(`${LINKS}/read`, { inputs: contacts.map((id) => ({ id })) });
    const from = (row: { from: { id: string } }) => row.from.id;
    expect(inPlace(contacts, read.body.results.map(from))).toEqual([]);
    const defaulted = await crm.post(`${LINKS}/associate/default`, { inputs: pairs });
    const ends = contacts.flatMap((id) => [id, company]);
    expect(defaulted.body.results.map(from)).not.toEqual(ends);
    expect(defaulted.body.results.map(from).toSorted()).toEqual(ends.toSorted());
  });

  it('are in the same order again after a reset, by seed and portal', async () => {
    const first = namesOf((await batch('create', named(NAMES))).body.results);
    const second = namesOf((await batch('create', named(NAMES))).body.results);
    await crm.control('POST', '/reset');
    await crm.settings({ batchResultsInOrder: false });
    const { token } = await crm.portal({ portalId: PORTAL });
    const again = async () => {
      const headers = { authorization: `Bearer ${token}` };
      return crm.ask('POST', `${CONTACTS}/batch/create`, { inputs: named(NAMES) }, headers);
    };
    expect(namesOf((await again()).body.results)).toEqual(first);
    expect(namesOf((await again()).body.results)).toEqual(second);
  });

  it('are in the order of the inputs if a test sets it', async () => {
    await crm.settings({ batchResultsInOrder: true });
    expect(namesOf((await batch('create', named(NAMES))).body.results)).toEqual(NAMES);
  });
});

describe('trace ids', () => {
  const traced = () => named(NAMES, (name) => ({ objectWriteTraceId: `row-${name}` }));
  const tracesOf = (results: readonly Result[]) => results.map((row) => row.objectWriteTraceId);

  it('are in results if a test sets it', async () => {
    await crm.settings({ batchResultsHaveTraceIds: true });
    const { body } = await batch('create', traced());
    expect(tracesOf(body.results).toSorted()).toEqual(NAMES.map((name) => `row-${name}`).toSorted());
  });

  it('are in no result otherwise, but in the errors of a 207', async () => {
    await crm.settings({ batchResultsHaveTraceIds: false });
    const whole = await batch('create', traced());
    expect(whole.status).toBe(201);
    expect(tracesOf(whole.body.results)).toEqual(NAMES.map(() => undefined));
    const bad = { properties: { email: 'nobody' }, associations: [], objectWriteTraceId: 'bad' };
    const part = await batch('create', [...traced(), bad]);
    expect(part.status).toBe(207);
    expect(tracesOf(part.body.results)).toEqual(NAMES.map(() => undefined));
    expect(part.body.errors).toMatchObject([{ context: { objectWriteTraceId: ['bad'] } }]);
  });
});

describe('a merged id in a batch update', () => {
  it('is an error of its row, or is left out', async () => {
    const [primary, other, third] = await Promise.all(
      ['A', 'B', 'C'].map((firstname) => crm.create('contacts', { firstname })),
    );
    await crm.post(`${CONTACTS}/merge`, { primaryObjectId: primary, objectIdToMerge: other });
    const rows = [primary, third].map((id) => ({ id, properties: { phone: '1' }, objectWriteTraceId: id }));
    await crm.settings({ batchUpdatesReportMergedIds: true });
    const reported = await batch('update', rows);
    expect(reported).toMatchObject({ status: 207, body: { errors: [{ category: 'OBJECT_NOT_FOUND' }] } });
    await crm.settings({ batchUpdatesReportMergedIds: false });
    const silent = await batch('update', rows);
    expect(silent).toMatchObject({ status: 200, body: { results: [{ id: third }] } });
    expect(silent.body.errors).toBeUndefined();
  });
});
