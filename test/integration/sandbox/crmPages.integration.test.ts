import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

interface Other {
  toObjectId: string;
}

const LINKS = '/crm/associations/2026-03/companies/contacts/batch';
const COMPANIES = '/crm/objects/2026-03/companies';

describe('a company with 1,200 contacts', () => {
  let company: string;
  let contacts: string[];
  beforeEach(async () => {
    company = await crm.create('companies', {});
    await crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, { count: 1_200, properties: {} });
    contacts = [];
    for (let after: string | undefined = '0'; after !== undefined;) {
      const { body } = await crm.get(`/crm/objects/2026-03/contacts?limit=100&after=${after}`);
      contacts.push(...body.results.map(({ id }: { id: string }) => id));
      after = body.paging?.next.after as string | undefined;
    }
    const inputs = contacts.map((id) => ({ from: { id: company }, to: { id } }));
    await crm.post(`${LINKS}/associate/default`, { inputs });
  });

  it('has 100 of them in a read, with the next page for that type alone, from where the others are read', async () => {
    const deal = await crm.create('deals', {});
    await crm.call('PUT', `${COMPANIES}/${company}/associations/default/deals/${deal}`);
    const { body } = await crm.get(`${COMPANIES}/${company}?associations=contacts,deals`);
    const { results, paging } = body.associations.contacts;
    expect(results.map(({ id }: { id: string }) => id)).toEqual(contacts.slice(0, 100));
    expect(body.associations.deals.paging).toBeUndefined();
    const next = `${COMPANIES}/${company}/associations/contacts`;
    expect(paging.next.link).toBe(`https://api.hubapi.com${next}?after=${paging.next.after}`);
    const rest: string[] = [];
    for (let after = paging.next.after as string | undefined; after !== undefined;) {
      const page = await crm.get(`${next}?after=${after}`);
      rest.push(...page.body.results.map(({ toObjectId }: Other) => toObjectId));
      after = page.body.paging?.next.after as string | undefined;
    }
    expect(rest).toEqual(contacts.slice(100));
  });

  it('has 100 of them in a list as well', async () => {
    const { body } = await crm.get(`${COMPANIES}?associations=contacts`);
    expect(body.results[0].associations.contacts.results).toHaveLength(100);
    expect(body.results[0].associations.contacts.paging.next.after).toBe(contacts[99]);
  });

  it('has 500 of them in a batch read, each record with a cursor of its own', async () => {
    const small = await crm.create('companies', {});
    await crm.call('PUT', `${COMPANIES}/${small}/associations/default/contacts/${contacts[0]}`);
    const { body } = await crm.post(`${LINKS}/read`, { inputs: [{ id: company }, { id: small }] });
    const of = (id: string) => body.results.find((row: { from: { id: string } }) => row.from.id === id);
    expect([of(company).to.length, of(small).to.length, of(small).paging]).toEqual([500, 1, undefined]);
    const found = of(company).to.map(({ toObjectId }: Other) => toObjectId);
    for (let after = of(company).paging.next.after as string | undefined; after !== undefined;) {
      const page = await crm.post(`${LINKS}/read`, { inputs: [{ id: company, after }] });
      found.push(...page.body.results[0].to.map(({ toObjectId }: Other) => toObjectId));
      after = page.body.results[0].paging?.next.after as string | undefined;
    }
    expect(found).toEqual(contacts);
  });
});

describe('an address', () => {
  const withLength = (length: number) => {
    const path = '/crm/objects/2026-03/contacts?properties=';
    return path + 'p'.repeat(length - path.length);
  };

  it('of 16,000 characters is read, a longer one is refused before HubSpot sees it', async () => {
    expect((await crm.get(withLength(16_000))).status).toBe(200);
    for (const length of [16_001, 100_000]) {
      const { status, headers } = await crm.get(withLength(length));
      expect([status, headers.get('content-type')]).toEqual([414, 'text/html; charset=UTF-8']);
    }
  });
});

describe('the pipelines of tickets', () => {
  const ticket = (properties: Record<string, string>) =>
    crm.post(crm.objects('tickets'), { properties: { subject: 'Help', ...properties }, associations: [] });

  it('are data: with names and stages, by which the words of people can be looked up', async () => {
    const { body } = await crm.get('/crm/pipelines/2026-03/tickets');
    const [support] = body.results;
    expect(support).toMatchObject({ id: '0', label: 'Support Pipeline', archived: false });
    expect(support.stages[0]).toMatchObject({ id: '1', label: 'New', metadata: { ticketState: 'OPEN' } });
    expect((await crm.get('/crm/pipelines/2026-03/tickets/0/stages')).body.results).toEqual(support.stages);
  });

  it('hold writes to what there is: a word that is no id is refused, a stage alone brings its pipeline', async () => {
    const refused = await ticket({ hs_pipeline: 'support', hs_pipeline_stage: '1' });
    expect(refused.status).toBe(400);
    expect(refused.body.errors[0]).toMatchObject({ code: 'INVALID_OPTION', in: 'hs_pipeline' });
    expect((await ticket({ hs_pipeline_stage: '9' })).body.errors[0].in).toBe('hs_pipeline_stage');
    const made = await ticket({ hs_pipeline_stage: '1' });
    expect(made.body.properties).toMatchObject({ hs_pipeline: '0', hs_pipeline_stage: '1' });
    const path = `${crm.objects('tickets')}/${made.body.id}`;
    expect((await crm.patch(path, { properties: { hs_pipeline_stage: '9' } })).status).toBe(400);
    expect((await crm.patch(path, { properties: { hs_pipeline_stage: '4' } })).status).toBe(200);
  });

  it('can be others: a stage belongs to its own', async () => {
    const stages = (id: string) => [{ id, label: `Stage ${id}` }];
    const pipelines = [
      { id: '0', label: 'Support Pipeline', stages: stages('1') },
      { id: '7', label: 'Support for partners', stages: stages('8') },
    ];
    const put = await crm.control('PUT', `/portals/${PORTAL}/crm/tickets/pipelines`, { pipelines });
    expect(put.status).toBe(200);
    expect((await crm.get('/crm/pipelines/2026-03/tickets')).body.results).toHaveLength(2);
    expect((await ticket({ hs_pipeline: '7', hs_pipeline_stage: '1' })).status).toBe(400);
    expect((await ticket({ hs_pipeline_stage: '8' })).body.properties.hs_pipeline).toBe('7');
    const none = await crm.control('PUT', `/portals/${PORTAL}/crm/contacts/pipelines`, { pipelines });
    expect(none.status).toBe(400);
  });
});
