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
  properties: Record<string, string>;
}

const search = (body: Record<string, unknown>) => crm.search('contacts', body);
const seed = (count: number, properties: Record<string, string>) =>
  crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, { count, properties });
const where = (propertyName: string, operator: string, more: Record<string, unknown> = {}) => ({
  filterGroups: [{ filters: [{ propertyName, operator, ...more }] }],
});
const firstnames = async (body: Record<string, unknown>) => {
  const answer = await search({ properties: ['firstname'], limit: 200, ...body });
  expect(answer.status).toBe(200);
  return answer.body.results.map((row: Row) => row.properties.firstname).sort();
};

describe('an operator', () => {
  beforeEach(async () => {
    const rows: [string, Record<string, string>][] = [
      [
        'Ada',
        { email: 'ada@north.example', numemployees: '9', lifecyclestage: 'lead', jobtitle: 'Chief Engineer' },
      ],
      ['Bob', { email: 'bob@south.example', numemployees: '10', lifecyclestage: 'customer' }],
      ['Cleo', { numemployees: '100', jobtitle: 'engineer in chief' }],
      ['Dan', {}],
    ];
    for (const [firstname, more] of rows) await crm.create('contacts', { firstname, ...more });
  });

  it.each([
    ['EQ', 'firstname', { value: 'ADA' }, ['Ada']],
    ['EQ', 'lifecyclestage', { value: 'Lead' }, []],
    ['EQ', 'lifecyclestage', { value: 'lead' }, ['Ada']],
    ['NEQ', 'lifecyclestage', { value: 'lead' }, ['Bob', 'Cleo', 'Dan']],
    ['LT', 'numemployees', { value: '10' }, ['Ada']],
    ['LTE', 'numemployees', { value: '10' }, ['Ada', 'Bob']],
    ['GT', 'numemployees', { value: '10' }, ['Cleo']],
    ['GTE', 'numemployees', { value: '10' }, ['Bob', 'Cleo']],
    ['BETWEEN', 'numemployees', { value: '9', highValue: '10' }, ['Ada', 'Bob']],
    ['IN', 'firstname', { values: ['ada', 'bob'] }, ['Ada', 'Bob']],
    ['IN', 'firstname', { values: ['Ada'] }, []], // texts must be in lower case here
    ['IN', 'lifecyclestage', { values: ['lead', 'customer'] }, ['Ada', 'Bob']],
    ['NOT_IN', 'firstname', { values: ['ada'] }, ['Bob', 'Cleo', 'Dan']],
    ['HAS_PROPERTY', 'email', {}, ['Ada', 'Bob']],
    ['NOT_HAS_PROPERTY', 'email', {}, ['Cleo', 'Dan']],
    ['CONTAINS_TOKEN', 'jobtitle', { value: 'engineer' }, ['Ada', 'Cleo']],
    ['CONTAINS_TOKEN', 'email', { value: '*north*' }, ['Ada']],
    ['NOT_CONTAINS_TOKEN', 'jobtitle', { value: 'chief engineer' }, ['Bob', 'Dan']],
  ])('%s on %s with %j finds %j', async (operator, name, more, expected) => {
    expect(await firstnames(where(name, operator, more))).toEqual(expected);
  });

  it('joins the filters of a group by and, groups by or', async () => {
    const has = (propertyName: string) => ({ propertyName, operator: 'HAS_PROPERTY' });
    const none = { propertyName: 'numemployees', operator: 'NOT_HAS_PROPERTY' };
    const filterGroups = [{ filters: [has('email'), has('jobtitle')] }, { filters: [none] }];
    expect(await firstnames({ filterGroups })).toEqual(['Ada', 'Dan']);
  });

  it('is not needed: `query` searches the usual properties', async () => {
    expect(await firstnames({ query: 'SOUTH' })).toEqual(['Bob']);
  });
});

describe('a search is refused', () => {
  const filter = { propertyName: 'firstname', operator: 'EQ', value: 'x' };
  const group = (count: number) => ({ filters: Array.from({ length: count }, () => filter) });
  it.each([
    ['six groups', { filterGroups: Array.from({ length: 6 }, () => group(1)) }],
    ['seven filters in a group', { filterGroups: [group(7)] }],
    ['nineteen filters', { filterGroups: [group(6), group(6), group(6), group(1)] }],
    ['two sorts', { sorts: ['firstname', 'lastname'] }],
    ['201 results a page', { limit: 201 }],
    ['a cursor that is no integer', { after: 'abc' }],
    ['an operator that does not exist', where('firstname', 'LIKE', { value: 'x' })],
    ['a property that does not exist', where('shoe_size', 'EQ', { value: '9' })],
    ['no value', where('firstname', 'EQ')],
    ['IN without values', where('firstname', 'IN', { value: 'x' })],
    ['a number that is none', where('numemployees', 'GT', { value: 'many' })],
    ['more than 3,000 characters', { query: 'x'.repeat(3_000) }],
  ])('for %s', async (_, body) => {
    const answer = await search(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ category: 'VALIDATION_ERROR', correlationId: expect.any(String) });
  });

  it('but not for 18 filters in three groups', async () => {
    expect((await search({ filterGroups: [group(6), group(6), group(6)] })).status).toBe(200);
  });
});

describe('pages', () => {
  it('go on by an offset up to 10,000 results', async () => {
    await seed(10_400, { firstname: 'N{n}' });
    const seen = new Set<string>();
    let after = '0';
    for (let page = 0; page < 50; page += 1) {
      const { body } = await search({ limit: 200, after });
      expect(body.total).toBe(10_400);
      for (const { id } of body.results as Row[]) seen.add(id);
      after = body.paging.next.after;
    }
    expect([seen.size, after]).toEqual([10_000, '10000']);
    const beyond = await search({ limit: 200, after });
    expect(beyond.status).toBe(400);
    expect(beyond.body.message).toContain('10000 total results');
  });

  it('sort by one property, numbers as numbers, records without it last', async () => {
    for (const numemployees of ['10', '9', '', '100']) await crm.create('contacts', { numemployees });
    const sorted = async (direction: string) => {
      const sorts = [{ propertyName: 'numemployees', direction }];
      const { body } = await search({ sorts, properties: ['numemployees'] });
      return body.results.map((row: Row) => row.properties.numemployees);
    };
    expect(await sorted('ASCENDING')).toEqual(['9', '10', '100', null]);
    expect(await sorted('DESCENDING')).toEqual(['100', '10', '9', null]);
  });

  it('by key: all records that were modified in a window are found, in the order of ids', async () => {
    await seed(450, { firstname: 'N{n}' });
    const sinceMs = Date.now();
    await eventually(() => Date.now() > sinceMs);
    const { body } = await crm.get(`${crm.objects('contacts')}?limit=100`);
    const changed = (body.results as Row[]).slice(10, 60).map(({ id }) => id);
    const inputs = changed.map((id) => ({ id, properties: { phone: '1' } }));
    await crm.post(`${crm.objects('contacts')}/batch/update`, { inputs });
    const found: string[] = [];
    let last = '0';
    for (;;) {
      const filters = [
        { propertyName: 'lastmodifieddate', operator: 'GT', value: String(sinceMs) },
        { propertyName: 'hs_object_id', operator: 'GT', value: last },
      ];
      const page = await search({
        filterGroups: [{ filters }],
        sorts: [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }],
        limit: 20,
      });
      if (page.body.results.length === 0) break;
      found.push(...(page.body.results as Row[]).map(({ id }) => id));
      last = found.at(-1) ?? '';
    }
    expect(found).toEqual(changed);
  });
});

describe('the index', () => {
  it('lags behind by the time that is set, for new, changed and archived records', async () => {
    const id = await crm.create('contacts', { firstname: 'Old' });
    expect(await firstnames({})).toEqual(['Old']);
    await crm.settings({ searchIndexLagMs: 600_000 });
    await crm.create('contacts', { firstname: 'New' });
    await crm.patch(`${crm.objects('contacts')}/${id}`, { properties: { firstname: 'Changed' } });
    expect(await firstnames({})).toEqual(['Old']);
    expect(await firstnames(where('firstname', 'EQ', { value: 'changed' }))).toEqual([]);
    await crm.settings({ searchIndexLagMs: 0 });
    expect(await firstnames({})).toEqual(['Changed', 'New']);
    await crm.settings({ searchIndexLagMs: 600_000 });
    await crm.delete(`${crm.objects('contacts')}/${id}`);
    expect(await firstnames({})).toContain('Changed');
    await crm.settings({ searchIndexLagMs: 0 });
    expect(await firstnames({})).toEqual(['New']);
  });

  it('never answers archived records', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    await crm.delete(`${crm.objects('contacts')}/${id}`);
    expect((await search(where('email', 'EQ', { value: 'a@example.com' }))).body.total).toBe(0);
  });

  it('finds by association', async () => {
    const company = await crm.create('companies', { name: 'Acme' });
    const types = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }];
    await crm.create('contacts', { firstname: 'In' }, { associations: [{ to: { id: company }, types }] });
    await crm.create('contacts', { firstname: 'Out' });
    expect(await firstnames(where('associations.company', 'EQ', { value: company }))).toEqual(['In']);
    expect(await firstnames(where('associations.company', 'IN', { values: [company, '5'] }))).toEqual(['In']);
  });
});

describe('the limit of a search', () => {
  it("is five a second and account, without rate headers, apart from the app's limit", async () => {
    await crm.settings({ searchPerSecond: 5, tenSecondlyLimit: 2 });
    for (let n = 0; n < 5; n += 1) {
      const { status, headers } = await search({});
      expect(status).toBe(200);
      expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
    const refused = await search({});
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      message: 'You have reached your secondly limit.',
      policyName: 'SECONDLY',
      errorType: 'RATE_LIMIT',
    });
    expect((await crm.get(crm.objects('contacts'))).status).toBe(200);
    const [portal] = (await crm.report()).portals;
    expect(portal).toMatchObject({
      maxSearchCallsIn1s: 6,
      maxCallsIn10s: 1,
      rejectedByPolicy: { SECONDLY: 1 },
    });
    await eventually(async () => (await search({})).status === 200);
  });

  it('is shared with all other apps of the account', async () => {
    await crm.settings({ searchPerSecond: 5 });
    const others = { ratePerSecond: 1_000, seconds: 0.02, bucket: 'search' };
    await crm.control('POST', `/portals/${PORTAL}/foreign`, others);
    await eventually(async () => (await crm.report()).portals[0].foreignCalls === 20);
    expect((await search({})).body.policyName).toBe('SECONDLY');
  });
});
