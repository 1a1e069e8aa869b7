import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { eventually, PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

interface Row {
  id: string;
  archivedAt?: string;
  properties: Record<string, string | null>;
}

const CONTACTS = '/crm/objects/2026-03/contacts';
const LINKS = '/crm/associations/2026-03/contacts/companies/batch';
const readBatch = (ids: string[]) =>
  crm.post(`${CONTACTS}/batch/read`, { inputs: ids.map((id) => ({ id })), properties: ['firstname'] });
const restore = (ids: string[]) => crm.control('POST', `/portals/${PORTAL}/crm/contacts/restore`, { ids });
const found = async () =>
  ((await crm.search('contacts', { limit: 200 })).body.results as Row[]).map(({ id }) => id);

async function archivedList(limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | undefined = '0'; after !== undefined;) {
    const { body } = await crm.get(`${CONTACTS}?archived=true&limit=${limit}&after=${after}`);
    rows.push(...(body.results as Row[]));
    after = body.paging?.next.after as string | undefined;
  }
  return rows;
}
async function contacts(count: number): Promise<string[]> {
  const inputs = Array.from({ length: count }, (_, n) => ({
    properties: { firstname: `N${n}` },
    associations: [],
  }));
  const { body } = await crm.post(`${CONTACTS}/batch/create`, { inputs });
  return (body.results as Row[]).map(({ id }) => id).sort();
}

describe('an archived record', () => {
  it('is in the archived list, which has no order, with its time, and in no search, list or read', async () => {
    const ids = await contacts(40);
    const before = (await crm.get(`${CONTACTS}/${ids[0]}`)).body;
    await crm.post(`${CONTACTS}/batch/archive`, { inputs: ids.map((id) => ({ id })) });
    const rows = await archivedList(7);
    expect(rows.map(({ id }) => id).sort()).toEqual(ids);
    expect(rows.map(({ id }) => id)).not.toEqual(ids);
    for (const { archivedAt } of rows) expect(Date.parse(archivedAt!)).toBeGreaterThan(0);
    const first = rows.find(({ id }) => id === ids[0])!;
    expect(first.properties['lastmodifieddate']).toBe(before.properties.lastmodifieddate);
    expect(await found()).toEqual([]);
    expect((await crm.get(`${CONTACTS}/${ids[0]}`)).status).toBe(404);
    expect((await crm.get(CONTACTS)).body.results).toEqual([]);
  });

  it('is named by a batch read, or left out in silence if that is set', async () => {
    const [gone = '', left = ''] = await contacts(2);
    await crm.delete(`${CONTACTS}/${gone}`);
    expect((await readBatch([gone, left])).status).toBe(207);
    await crm.settings({ batchReadsReportMissingIds: false });
    const silent = await readBatch([gone, left, '1']);
    expect([silent.status, silent.body.errors]).toEqual([200, undefined]);
    expect((silent.body.results as Row[]).map(({ id }) => id)).toEqual([left]);
  });

  it('comes back as it was, without a new time of change', async () => {
    const id = await crm.create('contacts', { firstname: 'Ada', email: 'a@example.com' });
    const before = (await crm.get(`${CONTACTS}/${id}`)).body;
    await crm.delete(`${CONTACTS}/${id}`);
    expect((await restore([id])).body).toEqual({ restored: 1 });
    expect((await crm.get(`${CONTACTS}/${id}`)).body).toEqual(before);
    expect(await found()).toEqual([id]);
    expect(await archivedList(10)).toEqual([]);
    expect((await crm.get(`${CONTACTS}/a@example.com?idProperty=email`)).body.id).toBe(id);
  });

  it('does not come back while another has its address', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    await crm.delete(`${CONTACTS}/${id}`);
    await crm.create('contacts', { email: 'a@example.com' });
    expect((await restore([id])).status).toBe(409);
    expect((await restore(['1'])).status).toBe(404);
  });

  it('is deleted for good when its time in the bin is over', async () => {
    const [gone = '', later = ''] = await contacts(2);
    await crm.delete(`${CONTACTS}/${gone}`);
    await crm.settings({ recycleBinMs: 40 });
    await eventually(async () => (await archivedList(10)).length === 0);
    expect((await crm.get(`${CONTACTS}/${gone}?archived=true`)).status).toBe(404);
    expect((await restore([gone])).status).toBe(404);
    expect(await found()).toEqual([later]);
  });

  it('is seen by no record that it was associated with, until it is restored', async () => {
    const company = await crm.create('companies', {});
    const id = await crm.create('contacts', {});
    await crm.post(`${LINKS}/associate/default`, { inputs: [{ from: { id }, to: { id: company } }] });
    const links = async (): Promise<string[]> => {
      const { body } = await crm.get(`/crm/objects/2026-03/companies/${company}?associations=contacts`);
      const found = (body.associations?.contacts?.results ?? []) as { id: string }[];
      return [...new Set(found.map((one) => one.id))];
    };
    expect(await links()).toEqual([id]);
    await crm.delete(`${CONTACTS}/${id}`);
    expect(await links()).toEqual([]);
    expect((await crm.post(`${LINKS}/read`, { inputs: [{ id }] })).body.results).toEqual([]);
    await restore([id]);
    expect(await links()).toEqual([id]);
  });
});

describe('a merge', () => {
  it('of a merged record: all ids lead to the last one, which names them all', async () => {
    const [one = '', two = '', three = ''] = await contacts(3);
    const merge = async (primaryObjectId: string, objectIdToMerge: string) =>
      (await crm.post(`${CONTACTS}/merge`, { primaryObjectId, objectIdToMerge })).body as Row;
    const first = await merge(one, two);
    const last = await merge(first.id, three);
    expect(last.properties['hs_merged_object_ids']?.split(';').sort()).toEqual(
      [one, two, three, first.id].sort(),
    );
    for (const id of [one, two, three, first.id]) {
      expect((await crm.get(`${CONTACTS}/${id}`)).body.id).toBe(last.id);
      expect((await crm.patch(`${CONTACTS}/${id}`, { properties: { phone: id } })).body.id).toBe(last.id);
      const batch = await crm.post(`${CONTACTS}/batch/update`, {
        inputs: [{ id, properties: { phone: '0' } }],
      });
      expect(batch.body.results).toEqual([]);
    }
    expect(await found()).toEqual([last.id]);
    expect(await archivedList(10)).toEqual([]);
  });
});

describe('a privacy deletion', () => {
  it('leaves nothing: no archived record, no association, no address, and no way back', async () => {
    const company = await crm.create('companies', {});
    const id = await crm.create('contacts', { email: 'a@example.com' });
    await crm.post(`${LINKS}/associate/default`, { inputs: [{ from: { id }, to: { id: company } }] });
    await crm.post(`${CONTACTS}/gdpr-delete`, { objectId: id });
    expect(await archivedList(10)).toEqual([]);
    expect((await restore([id])).status).toBe(404);
    const back = await crm.post('/crm/associations/2026-03/companies/contacts/batch/read', {
      inputs: [{ id: company }],
    });
    expect(back.body.results).toEqual([]);
    await crm.create('contacts', { email: 'a@example.com' });
  });
});
