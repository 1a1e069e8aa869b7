import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from '../integration/sandbox/crmHarness.js';
import { PORTAL } from '../integration/sandbox/harness.js';
import { describedOperations } from '../support/openapi.js';
import { describeAgainstHubSpot } from '../support/openapiAnswers.js';

const APP_LIMIT = '100000';
const FILES = [
  ...['contacts', 'companies', 'deals', 'tickets', 'objects', 'associations', 'properties'],
  ...['owners', 'account-info', 'custom-events', 'timeline', 'app-uninstalls'],
];
/** Sends a report by mail. */
const LEFT_OUT = ['POST /crm/associations/2026-03/usage/high-usage-report/{}'];
const TYPES = ['contacts', 'companies', '0-3', 'tickets', 'notes', 'cars'];
/** A custom type; the schemas API itself is not among the descriptions. */
const CARS = {
  ...{ name: 'cars', labels: { singular: 'Car', plural: 'Cars' }, primaryDisplayProperty: 'description' },
  properties: [{ name: 'description', label: 'Description', type: 'string', fieldType: 'text' }],
};

const shapeOf = (operation: string) => operation.replace(/\{\w+\}/g, '{}');
const noProperties = { properties: [], propertiesWithHistory: [] };

describeAgainstHubSpot("the sandbox's CRM answers by HubSpot's description", (hubspot) => {
  let crm: CrmHarness;
  /** Each operation once, as it was requested. */
  const asked = new Map<string, { method: string; url: string; body?: unknown }>();

  beforeAll(async () => {
    crm = await startCrm();
    await crm.post('/crm-object-schemas/2026-03/schemas', CARS);
  });
  afterAll(() => crm.close());

  /** The answer must be as described, as must the request unless an error is expected, and count under its limit. */
  async function call(method: string, url: string, status: number, body?: unknown) {
    const answer = await crm.call(method, url, body);
    const request = { method, url, contentType: 'application/json', body };
    const contentType = answer.headers.get('content-type') ?? undefined;
    const problems = [
      ...(status < 400 ? hubspot.request(request) : []),
      ...hubspot.answer(request, { status: answer.status, contentType, body: answer.body }),
    ];
    expect([method, url, answer.status, problems]).toEqual([method, url, status, []]);
    const isExempt = hubspot.exemptions(request).includes('ten-secondly');
    expect([url, answer.headers.get('x-hubspot-ratelimit-max') === APP_LIMIT]).toEqual([url, !isExempt]);
    asked.set(shapeOf(hubspot.operation(request)), { method, url, body });
    return answer.body;
  }

  const propertiesOf = (type: string) =>
    type === 'tickets'
      ? { subject: 'Help', hs_pipeline_stage: '1' }
      : type === 'notes'
        ? { hs_timestamp: '1790000000000' }
        : type === 'contacts'
          ? { firstname: 'Ada' }
          : { description: 'x' };

  it.each(TYPES)('%s: each way to read and write them', async (type) => {
    const path = crm.objects(type);
    const properties = propertiesOf(type);
    const input = { properties, associations: [] };
    const { id } = await call('POST', path, 201, input);
    const one = `${path}/${id}`;
    await call('PATCH', one, 200, { properties });
    const [name] = Object.keys(properties);
    const wanted = `properties=${name},nothing&propertiesWithHistory=${name}&archived=false`;
    await call('GET', `${one}?${wanted}`, 200);
    await call('GET', `${path}?limit=1&${wanted}`, 200);
    await call('GET', `${path}/1`, 404);
    await call('GET', `${path}?limit=1000`, 400);
    await call('POST', path, 400, { properties: { nothing: 'x' }, associations: [] });

    const made = await call('POST', `${path}/batch/create`, 201, { inputs: [input, input] });
    const [first, second] = made.results.map((row: { id: string }) => row.id);
    const inputs = [first, second].map((each: string) => ({ id: each, properties }));
    await call('POST', `${path}/batch/update`, 200, { inputs });
    await call('POST', `${path}/batch/update`, 404, { inputs: [{ id: '1', properties }] });
    const traced = [inputs[0], { id: '1', properties }].map((row, n) => ({
      ...row,
      objectWriteTraceId: `t${n}`,
    }));
    await call('POST', `${path}/batch/update`, 207, { inputs: traced });
    await call('POST', `${path}/batch/upsert`, 200, { inputs });
    await call('POST', `${path}/batch/upsert`, 207, { inputs: traced });
    const broken = { ...input, properties: { nothing: 'x' }, objectWriteTraceId: 'b' };
    const mixed = { inputs: [{ ...input, objectWriteTraceId: 'a' }, broken] };
    await call('POST', `${path}/batch/create`, 207, mixed);
    await call('POST', `${path}/batch/read`, 200, { inputs: [{ id }], ...noProperties });
    await call('POST', `${path}/batch/read`, 207, { inputs: [{ id }, { id: '1' }], ...noProperties });
    const sorts = ['hs_object_id'];
    const filters = [{ propertyName: 'hs_object_id', operator: 'GT', value: '0' }];
    const search = { filterGroups: [{ filters }], sorts, properties: [name], limit: 1, after: '0' };
    const found = await call('POST', `${path}/search`, 200, search);
    expect(found.paging.next.after).toBe('1');
    await call('POST', `${path}/search`, 400, { ...search, limit: 500 });
    if (!['notes', 'cars'].includes(type)) {
      await call('POST', `${path}/merge`, 200, { primaryObjectId: first, objectIdToMerge: second });
    }
    await call('DELETE', one, 204);
    await call('POST', `${path}/batch/archive`, 204, { inputs: [{ id: first }] });
    await call('GET', `${path}?archived=true`, 200);
  });

  it('contacts: privacy, and an address that is taken', async () => {
    const path = crm.objects('contacts');
    const input = { properties: { email: 'a@example.com' }, associations: [] };
    const { id } = await call('POST', path, 201, input);
    await call('POST', path, 409, input);
    await call('POST', `${path}/gdpr-delete`, 204, { objectId: id });
  });

  it('associations: single and in batches, labels and what is missing', async () => {
    const [contact, lonely] = [await crm.create('contacts', {}), await crm.create('contacts', {})];
    const company = await crm.create('companies', {});
    const spec = { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 };
    const association = { to: { id: company }, types: [spec] };
    const { id } = await call('POST', crm.objects('contacts'), 201, {
      properties: {},
      associations: [association],
    });
    await call('GET', `${crm.objects('contacts')}/${id}?associations=companies`, 200);

    const one = `${crm.objects('contacts')}/${contact}/associations`;
    await call('PUT', `${one}/default/companies/${company}`, 200);
    await call('PUT', `${one}/companies/${company}`, 201, [spec]);
    await call('PUT', `${one}/companies/1`, 404, [spec]);
    await call('GET', `${one}/companies?limit=1`, 200);

    const links = '/crm/associations/2026-03/contacts/companies/batch';
    const pair = { from: { id: contact }, to: { id: company } };
    await call('POST', `${links}/associate/default`, 200, { inputs: [pair] });
    await call('POST', `${links}/create`, 201, { inputs: [{ ...pair, types: [spec] }] });
    const wrong = { from: { id: '1' }, to: { id: company }, types: [spec] };
    await call('POST', `${links}/create`, 207, { inputs: [{ ...pair, types: [spec] }, wrong] });
    await call('POST', `${links}/read`, 200, { inputs: [{ id: contact }] });
    await call('POST', `${links}/read`, 207, { inputs: [{ id: contact }, { id: lonely }] });
    await call('POST', `${links}/labels/archive`, 200, { inputs: [{ ...pair, types: [spec] }] });
    await call('POST', `${links}/archive`, 200, { inputs: [{ from: pair.from, to: [pair.to] }] });
    await call('DELETE', `${one}/companies/${company}`, 204);
  });

  it('pages of associations in reads and batch reads', async () => {
    const company = await crm.create('companies', {});
    await crm.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, { count: 501, properties: {} });
    const { body } = await crm.search('contacts', { limit: 200 });
    const more = await crm.search('contacts', { limit: 200, after: '200' });
    const last = await crm.search('contacts', { limit: 200, after: '400' });
    const found = [body, more.body, last.body].flatMap(({ results }) => results as { id: string }[]);
    const links = '/crm/associations/2026-03/companies/contacts/batch';
    const inputs = found.map(({ id }) => ({ from: { id: company }, to: { id } }));
    await call('POST', `${links}/associate/default`, 200, { inputs });
    const read = await call('GET', `${crm.objects('companies')}/${company}?associations=contacts`, 200);
    expect(read.associations.contacts.paging.next.after).toEqual(expect.any(String));
    const batch = await call('POST', `${links}/read`, 200, { inputs: [{ id: company }] });
    expect(batch.results[0].paging.next.after).toEqual(expect.any(String));
  });

  it('properties and groups', async () => {
    const path = '/crm/properties/2026-03/companies';
    await call('POST', `${path}/groups`, 201, { name: 'acme', label: 'Acme', displayOrder: 1 });
    await call('GET', `${path}/groups`, 200);
    await call('GET', `${path}/groups/acme`, 200);
    await call('PATCH', `${path}/groups/acme`, 200, { label: 'New' });
    const option = { label: 'A', value: 'a', displayOrder: 0, hidden: false };
    const kind = { type: 'enumeration', fieldType: 'select', options: [option] };
    const plan = { name: 'acme_kind', label: 'Kind', groupName: 'acme', ...kind };
    await call('POST', path, 201, plan);
    await call('POST', path, 409, plan);
    await call('GET', path, 200);
    await call('GET', `${path}/acme_kind`, 200);
    await call('GET', `${path}/nothing`, 404);
    await call('PATCH', `${path}/acme_kind`, 200, { label: 'Sort' });
    await call('POST', `${path}/batch/create`, 201, { inputs: [{ ...plan, name: 'acme_two' }] });
    await call('POST', `${path}/batch/create`, 207, { inputs: [plan] });
    const wanted = { archived: false, dataSensitivity: 'non_sensitive' };
    await call('POST', `${path}/batch/read`, 200, { ...wanted, inputs: [{ name: 'acme_two' }] });
    await call('POST', `${path}/batch/read`, 207, { ...wanted, inputs: [{ name: 'nothing' }] });
    await call('POST', `${path}/batch/archive`, 204, { inputs: [{ name: 'acme_two' }] });
    await call('DELETE', `${path}/acme_kind`, 204);
    await call('GET', `${path}?archived=true`, 200);
    await call('DELETE', `${path}/groups/acme`, 204);
  });

  it('owners, account, events', async () => {
    const { results } = await call('GET', '/crm/owners/2026-03?limit=1', 200);
    await call('GET', `/crm/owners/2026-03/${results[0].id}`, 200);
    await call('GET', '/crm/owners/2026-03/1', 404);
    await call('GET', '/account-info/2026-03/details', 200);
    await call('GET', '/account-info/2026-03/api-usage/daily/private-apps', 200);
    const custom = { eventName: `pe${PORTAL}_shipped`, objectId: '1', properties: { order: 'A' } };
    await call('POST', '/events/2026-03/send', 204, custom);
    await call('POST', '/events/2026-03/send/batch', 204, { inputs: [custom] });
    await call('POST', '/events/2026-03/send', 400, { ...custom, eventName: 'shipped' });
    const timeline = '/integrators/timeline/2026-03';
    const event = {
      eventTypeName: 'ae1_shipped',
      id: 'a',
      objectId: '1',
      properties: {},
      extraData: {},
    };
    await call('POST', `${timeline}/events`, 201, event);
    await call('POST', `${timeline}/events`, 409, event);
    await call('POST', `${timeline}/events/batch`, 200, { inputs: [{ ...event, id: 'b' }] });
    const name = { projectName: 'Acme', developerSymbol: 'shipped' };
    await call('POST', `${timeline}/types/projects`, 200, name);
  });

  it('and a missing scope is answered with one that the description lists, route by route', async () => {
    await crm.control('POST', `/portals/${PORTAL}/scopes`, { scopes: [] });
    expect(asked.size).toBeGreaterThan(60);
    for (const { method, url, body } of asked.values()) {
      const { status, body: answer } = await crm.call(method, url, body);
      expect([method, url, status]).toEqual([method, url, 403]);
      const described = hubspot.scopes({ method, url });
      for (const scope of answer.errors[0].context.requiredGranularScopes as string[]) {
        expect([method, url, described.includes(scope) ? scope : described]).toEqual([method, url, scope]);
      }
      const given = { status, contentType: 'application/json', body: answer };
      expect(hubspot.answer({ method, url }, given)).toEqual([]);
    }
  });

  it('and no described operation is missing from this test', async () => {
    const url = '/appinstalls/2026-03/external-install';
    await crm.control('POST', `/portals/${PORTAL}/scopes`, { scopes: ['oauth'] });
    await call('DELETE', url, 204);
    const missing = describedOperations(FILES)
      .map(shapeOf)
      .filter((operation) => !asked.has(operation) && !LEFT_OUT.includes(operation));
    expect([...new Set(missing)]).toEqual([]);
  });
});
