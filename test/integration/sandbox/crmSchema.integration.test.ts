import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

const PATH = '/crm/properties/2026-03/contacts';
const score = {
  name: 'acme_score',
  label: 'Acme score',
  groupName: 'acme',
  type: 'number',
  fieldType: 'number',
  hasUniqueValue: false,
  formField: false,
};
const group = () => crm.post(`${PATH}/groups`, { name: 'acme', label: 'Acme' });

describe('a property', () => {
  beforeEach(async () => {
    expect((await group()).status).toBe(201);
  });

  it('is created with 201, and then takes values of its type', async () => {
    const { status, body } = await crm.post(PATH, score);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...score, archived: false, options: [], description: '' });
    const wrong = await crm.post(crm.objects('contacts'), { properties: { acme_score: 'high' } });
    expect(wrong.body.errors[0].code).toBe('INVALID_INTEGER');
    await crm.create('contacts', { acme_score: '7' });
    expect((await crm.get(`${PATH}/acme_score`)).body.label).toBe('Acme score');
    const names = (await crm.get(PATH)).body.results.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['acme_score', 'email', 'lastmodifieddate']));
  });

  it('whose name is taken is 409 with its own category', async () => {
    await crm.post(PATH, score);
    const { status, body } = await crm.post(PATH, score);
    expect(status).toBe(409);
    expect(body).toMatchObject({
      category: 'OBJECT_ALREADY_EXISTS',
      subCategory: 'Properties.PROPERTY_WITH_NAME_EXISTS',
    });
  });

  it.each([
    ['capitals', { name: 'AcmeScore' }],
    ['a digit first', { name: '1score' }],
    ['a group that does not exist', { groupName: 'nobody' }],
    ['a type that does not exist', { type: 'json' }],
    ['a field that does not fit its type', { fieldType: 'checkbox' }],
    ['an enumeration without options', { type: 'enumeration', fieldType: 'select' }],
  ])('with %s is refused', async (_, wrong) => {
    expect((await crm.post(PATH, { ...score, ...wrong })).status).toBe(400);
  });

  it('keeps its name; its options are replaced as a whole', async () => {
    const option = (value: string) => ({ label: value, value, displayOrder: 0, hidden: false });
    const options = [option('a'), option('b')];
    const plan = { ...score, type: 'enumeration', fieldType: 'select', options };
    expect((await crm.post(PATH, plan)).status).toBe(201);
    await crm.create('contacts', { acme_score: 'b' });
    await crm.patch(`${PATH}/acme_score`, { name: 'other', options: [option('a')] });
    const { body } = await crm.get(`${PATH}/acme_score`);
    expect(body.options.map(({ value }: { value: string }) => value)).toEqual(['a']);
    const stale = await crm.post(crm.objects('contacts'), { properties: { acme_score: 'b' } });
    expect(stale.body.errors[0].code).toBe('INVALID_OPTION');
  });

  it('of several choices takes `;c` as one more', async () => {
    const options = ['a', 'b', 'c'].map((value) => ({ label: value, value, displayOrder: 0, hidden: false }));
    await crm.post(PATH, { ...score, type: 'enumeration', fieldType: 'checkbox', options });
    const id = await crm.create('contacts', { acme_score: 'a;b' });
    const { body } = await crm.patch(`${crm.objects('contacts')}/${id}`, {
      properties: { acme_score: ';c' },
    });
    expect(body.properties.acme_score).toBe('a;b;c');
  });

  it('that is archived takes no values, is listed apart, and is live again when it is created again', async () => {
    await crm.post(PATH, score);
    expect((await crm.delete(`${PATH}/acme_score`)).status).toBe(204);
    const write = () => crm.post(crm.objects('contacts'), { properties: { acme_score: '1' } });
    expect((await write()).body.errors[0].code).toBe('PROPERTY_DOESNT_EXIST');
    expect((await crm.get(`${PATH}/acme_score`)).status).toBe(404);
    const archived = (await crm.get(`${PATH}?archived=true`)).body.results;
    expect(archived).toMatchObject([{ name: 'acme_score', archived: true }]);
    expect((await crm.post(PATH, score)).status).toBe(201);
    expect((await write()).status).toBe(201);
    expect((await crm.delete(`${PATH}/email`)).status).toBe(400);
  });

  it('can be unique, ten times at most', async () => {
    const unique = (n: number) => crm.post(PATH, { ...score, name: `own_${n}`, hasUniqueValue: true });
    for (let n = 0; n < 10; n += 1) expect((await unique(n)).status).toBe(201);
    expect((await unique(10)).status).toBe(400);
    const id = await crm.create('contacts', { own_1: '7' });
    const again = await crm.post(crm.objects('contacts'), { properties: { own_1: '7' } });
    expect(again.body.errors[0]).toMatchObject({ code: 'CONFLICTING_UNIQUE_VALUE', in: 'own_1' });
    expect((await crm.get(`${crm.objects('contacts')}/7?idProperty=own_1`)).body.id).toBe(id);
  });

  it('is read and created in batches that may fail in part', async () => {
    const made = await crm.post(`${PATH}/batch/create`, { inputs: [score, { ...score, name: 'Bad' }] });
    expect(made).toMatchObject({ status: 207, body: { numErrors: 1, results: [{ name: 'acme_score' }] } });
    const wanted = { archived: false, dataSensitivity: 'non_sensitive' };
    const read = { ...wanted, inputs: [{ name: 'acme_score' }, { name: 'nothing' }] };
    expect(await crm.post(`${PATH}/batch/read`, read)).toMatchObject({ status: 207, body: { numErrors: 1 } });
    expect((await crm.post(`${PATH}/batch/read`, { inputs: [] })).status).toBe(400);
    expect((await crm.post(`${PATH}/batch/archive`, { inputs: [{ name: 'acme_score' }] })).status).toBe(204);
  });

  it('keeps its group from being archived', async () => {
    await crm.post(PATH, score);
    expect((await crm.delete(`${PATH}/groups/acme`)).status).toBe(400);
    await crm.delete(`${PATH}/acme_score`);
    expect((await crm.patch(`${PATH}/groups/acme`, { label: 'New' })).body.label).toBe('New');
    expect((await group()).status).toBe(409);
    expect((await crm.delete(`${PATH}/groups/acme`)).status).toBe(204);
    expect((await crm.get(`${PATH}/groups/acme`)).status).toBe(404);
  });

  it('of type date takes a day, or a time that is midnight', async () => {
    await crm.post(PATH, { ...score, type: 'date', fieldType: 'date' });
    const write = async (acme_score: string) => {
      const { body } = await crm.post(crm.objects('contacts'), { properties: { acme_score } });
      return body.errors?.[0].code ?? body.properties.acme_score;
    };
    expect(await write('2026-10-01')).toBe('2026-10-01');
    expect(await write('1790812800000')).toBe('2026-10-01');
    expect(await write('1790812800001')).toBe('INVALID_DATE');
    expect(await write('2026-02-30')).toBe('INVALID_DATE');
    expect(await write('soon')).toBe('INVALID_LONG');
  });
});

describe('what else an account has', () => {
  it('owners, by page, address, id and user', async () => {
    const { body } = await crm.get('/crm/owners/2026-03?limit=2');
    expect(body.results).toHaveLength(2);
    const [{ id, email, userId }] = body.results;
    expect((await crm.get(`/crm/owners/2026-03?after=${body.paging.next.after}`)).body.results).toHaveLength(
      1,
    );
    expect((await crm.get(`/crm/owners/2026-03?email=${email}`)).body.results).toMatchObject([{ id }]);
    expect((await crm.get(`/crm/v3/owners/${id}`)).body.email).toBe(email);
    expect((await crm.get(`/crm/owners/2026-09/${userId}?idProperty=userId`)).body.id).toBe(id);
    expect((await crm.get('/crm/owners/2026-03/1')).status).toBe(404);
  });

  it('pipelines of deals and tickets, with their stages', async () => {
    const { body } = await crm.get('/crm/pipelines/2026-03/deals');
    expect(body.results[0]).toMatchObject({ id: 'default', stages: expect.any(Array) });
    const closed = body.results[0].stages.find(({ id }: { id: string }) => id === 'closedwon');
    expect(closed.metadata).toEqual({ isClosed: 'true', probability: '1.0' });
    expect((await crm.get('/crm/v3/pipelines/tickets/0')).body.stages).toHaveLength(4);
    expect((await crm.get('/crm/v3/pipelines/contacts')).status).toBe(400);
  });

  it('a time zone', async () => {
    await crm.control('POST', '/portals', { portalId: PORTAL, timeZone: 'America/St_Johns' });
    const { body } = await crm.get('/account-info/2026-03/details');
    expect(body).toMatchObject({ portalId: PORTAL, timeZone: 'America/St_Johns' });
    expect(body.utcOffset).toMatch(/^-0[23]:30$/);
    expect(body.utcOffsetMilliseconds).toBeLessThan(0);
  });

  it('events: custom ones outside of all limits, timeline ones whose id is accepted once', async () => {
    await crm.settings({ tenSecondlyLimit: 3 });
    const custom = { eventName: `pe${PORTAL}_shipped`, objectId: '1', properties: { order: 'A' } };
    for (let n = 0; n < 5; n += 1) {
      const { status, headers } = await crm.post('/events/2026-03/send', custom);
      expect([status, headers.get('x-hubspot-ratelimit-max')]).toEqual([204, null]);
    }
    expect((await crm.post('/events/2026-03/send/batch', { inputs: [custom, custom] })).status).toBe(204);
    const event = { eventTypeName: 'ae1_shipped', id: 'outbox-42', objectId: '1', properties: {} };
    const timeline = '/integrators/timeline/2026-03/events';
    expect((await crm.post(timeline, event)).status).toBe(201);
    expect((await crm.post(timeline, event)).status).toBe(409);
    const inputs = [event, { ...event, id: 'outbox-43' }];
    expect((await crm.post(`${timeline}/batch`, { inputs })).status).toBe(409);
    const { body } = await crm.control('GET', `/portals/${PORTAL}/crm`);
    expect(body.events).toEqual({ [custom.eventName]: 7, ae1_shipped: 1 });
  });
});

describe('the daily limit', () => {
  it("is a private app's alone, and says so in headers and in the account's usage", async () => {
    const own = await startCrm({ lifetimeSeconds: null });
    try {
      await own.settings({ dailyLimit: 3 });
      const first = await own.get(own.objects('contacts'));
      expect(first.headers.get('x-hubspot-ratelimit-daily')).toBe('3');
      expect(first.headers.get('x-hubspot-ratelimit-daily-remaining')).toBe('2');
      const usage = await own.get('/account-info/2026-03/api-usage/daily/private-apps');
      expect(usage.body.results[0]).toMatchObject({ usageLimit: 3, currentUsage: 2, fetchStatus: 'SUCCESS' });
      expect(Date.parse(usage.body.results[0].resetsAt)).toBeGreaterThan(Date.now());
      expect((await own.search('contacts', {})).status).toBe(200);
      const refused = await own.get(own.objects('contacts'));
      expect(refused.status).toBe(429);
      expect(refused.body).toMatchObject({
        policyName: 'DAILY',
        message: 'You have reached your daily limit.',
        requestId: expect.any(String),
      });
      expect((await own.search('contacts', {})).status).toBe(429);
    } finally {
      await own.close();
    }
    await crm.settings({ dailyLimit: 1 });
    for (let n = 0; n < 3; n += 1) {
      const { status, headers } = await crm.get(crm.objects('contacts'));
      expect([status, headers.get('x-hubspot-ratelimit-daily')]).toEqual([200, null]);
    }
  });
});
