import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

const CONTACTS = '/crm/objects/2026-03/contacts';

describe('one record', () => {
  it('is created with 201, an id beyond 32 bits, and texts as values', async () => {
    const { status, body } = await crm.post(CONTACTS, {
      properties: { email: 'Ada@Example.com', firstname: 'Ada', numemployees: 12 },
    });
    expect(status).toBe(201);
    expect(Number(body.id)).toBeGreaterThan(2 ** 32);
    expect(body).toMatchObject({
      properties: { email: 'ada@example.com', firstname: 'Ada', numemployees: '12', hs_object_id: body.id },
      archived: false,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(body.properties.lastmodifieddate).toBe(body.updatedAt);
  });

  it('is read by id, by a unique property, and under every path', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    for (const path of [
      `${CONTACTS}/${id}`,
      `${CONTACTS}/a@example.com?idProperty=email`,
      `/crm/objects/2026-09/contacts/${id}`,
      `/crm/v3/objects/contacts/${id}`,
      `/crm/v3/objects/0-1/${id}`,
    ]) {
      const { status, body } = await crm.get(path);
      expect([path, status, body.id]).toEqual([path, 200, id]);
    }
    const wanted = await crm.get(`${CONTACTS}/${id}?properties=phone,company&properties=nothing`);
    expect(Object.keys(wanted.body.properties).sort()).toEqual(
      ['company', 'createdate', 'hs_object_id', 'lastmodifieddate', 'phone'].sort(),
    );
    expect(wanted.body.properties.phone).toBeNull();
    expect((await crm.get(`${CONTACTS}/1`)).body).toMatchObject({
      status: 'error',
      category: 'OBJECT_NOT_FOUND',
    });
    expect((await crm.get(`${CONTACTS}/x?idProperty=firstname`)).status).toBe(400);
  });

  it('of deals has a path by the number of its type as well as by the name', async () => {
    const id = await crm.create('deals', { dealname: 'One', amount: '10.50' });
    expect((await crm.get(`/crm/objects/2026-03/0-3/${id}`)).body.properties.dealname).toBe('One');
    expect((await crm.get(`/crm/objects/2026-03/deals/${id}`)).body.properties.amount).toBe('10.50');
    const { status, body } = await crm.get('/crm/objects/2026-03/unicorns');
    expect(status).toBe(400);
    expect(body.message).toBe('Unable to infer object type from: unicorns');
  });

  it('has another modification date after an update: contacts under the short name, others under the long', async () => {
    for (const [type, name, properties] of [
      ['contacts', 'lastmodifieddate', { firstname: 'Ada' }],
      ['companies', 'hs_lastmodifieddate', { name: 'Acme' }],
    ] as const) {
      const id = await crm.create(type, properties);
      const path = `${crm.objects(type)}/${id}`;
      const before = (await crm.get(path)).body;
      const { status, body } = await crm.patch(path, { properties: { phone: '1' } });
      expect(status).toBe(200);
      expect(Date.parse(body.properties[name])).toBeGreaterThanOrEqual(Date.parse(before.updatedAt));
      expect(body.updatedAt).toBe(body.properties[name]);
    }
  });

  it('loses a property to an empty text, and keeps its history', async () => {
    const id = await crm.create('contacts', { firstname: 'Ada' });
    const path = `${CONTACTS}/${id}`;
    await crm.patch(path, { properties: { firstname: 'Grace' } });
    await crm.patch(path, { properties: { firstname: '' } });
    const { body } = await crm.get(`${path}?properties=firstname&propertiesWithHistory=firstname`);
    expect(body.properties.firstname).toBeNull();
    expect(body.propertiesWithHistory.firstname.map(({ value }: { value: string }) => value)).toEqual([
      'Grace',
      'Ada',
    ]);
  });

  it('has an address to itself: 409 names the record that has it', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    const again = await crm.post(CONTACTS, { properties: { email: 'A@example.com' } });
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({
      category: 'CONFLICT',
      message: `Contact already exists. Existing ID: ${id}`,
    });
    const other = await crm.create('contacts', { email: 'b@example.com' });
    const moved = await crm.patch(`${CONTACTS}/${other}`, { properties: { email: 'a@example.com' } });
    expect(moved.status).toBe(409);
    await crm.create('companies', { domain: 'example.com' });
    await crm.create('companies', { domain: 'example.com' }); // a company's domain is not unique
  });

  it('goes into the recycle bin, whose address is free again, and is 204 when it is archived already', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    const path = `${CONTACTS}/${id}`;
    expect((await crm.delete(path)).status).toBe(204);
    expect((await crm.delete(path)).status).toBe(204);
    expect((await crm.get(path)).status).toBe(404);
    const archived = await crm.get(`${path}?archived=true`);
    expect(archived.body).toMatchObject({ archived: true, archivedAt: expect.any(String) });
    expect((await crm.patch(path, { properties: {} })).status).toBe(404);
    await crm.create('contacts', { email: 'a@example.com' });
  });

  it('is deleted for good by the privacy route: by id, or by an address that need not exist', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    const path = `${CONTACTS}/gdpr-delete`;
    expect((await crm.post(path, { objectId: 'a@example.com', idProperty: 'email' })).status).toBe(204);
    expect((await crm.get(`${CONTACTS}/${id}?archived=true`)).status).toBe(404);
    expect((await crm.post(path, { objectId: 'a@example.com', idProperty: 'email' })).status).toBe(204);
    expect((await crm.post(path, { objectId: id })).status).toBe(404);
  });

  it('is merged into a third, to which both old ids lead; but not in a batch', async () => {
    const one = await crm.create('contacts', { email: 'a@example.com', firstname: 'Ada' });
    const two = await crm.create('contacts', { email: 'b@example.com', phone: '1' });
    const { status, body } = await crm.post(`${CONTACTS}/merge`, {
      primaryObjectId: one,
      objectIdToMerge: two,
    });
    expect(status).toBe(200);
    expect([one, two]).not.toContain(body.id);
    expect(body.properties).toMatchObject({
      email: 'a@example.com',
      firstname: 'Ada',
      phone: '1',
      hs_merged_object_ids: `${one};${two}`,
    });
    for (const id of [one, two, 'b@example.com?idProperty=email']) {
      expect((await crm.get(`${CONTACTS}/${id}`)).body.id).toBe(body.id);
    }
    expect((await crm.patch(`${CONTACTS}/${two}`, { properties: { phone: '2' } })).body.id).toBe(body.id);
    await crm.settings({ batchUpdatesReportMergedIds: true });
    const batch = await crm.post(`${CONTACTS}/batch/update`, {
      inputs: [{ id: two, properties: { phone: '3' } }],
    });
    expect(batch.status).toBe(404);
    // Both addresses are free again once the merged record is archived.
    await crm.delete(`${CONTACTS}/${body.id}`);
    for (const email of ['a@example.com', 'b@example.com']) await crm.create('contacts', { email });
  });
});

describe('what is wrong with a value', () => {
  it.each([
    ['contacts', { shoe_size: '9' }, 'PROPERTY_DOESNT_EXIST', 'Property "shoe_size" does not exist'],
    ['contacts', { email: 'nobody' }, 'INVALID_EMAIL', 'Email address nobody is invalid'],
    ['contacts', { numemployees: 'many' }, 'INVALID_INTEGER', 'many was not a valid number.'],
    ['contacts', { lifecyclestage: 'Lead' }, 'INVALID_OPTION', 'Lead was not one of the allowed options'],
    ['contacts', { hs_object_id: '1' }, 'READ_ONLY_VALUE', 'read only'],
    ['deals', { closedate: 'tomorrow' }, 'INVALID_LONG', 'tomorrow was not a valid long.'],
    ['tickets', { subject: 'No stage' }, 'MISSING_REQUIRED_PROPERTY', 'hs_pipeline_stage'],
  ])('of %s is answered with its code: %j', async (type, properties, code, message) => {
    const { status, body } = await crm.post(crm.objects(type), { properties });
    const [name] = type === 'tickets' ? ['hs_pipeline_stage'] : Object.keys(properties);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      status: 'error',
      category: 'VALIDATION_ERROR',
      errors: [
        { code, in: name, context: { propertyName: [name] }, message: expect.stringContaining(message) },
      ],
    });
    expect(body.message).toMatch(/^Property values were not valid: \[\{"isValid":false/);
  });

  it('is answered for all properties at once, and nothing is written', async () => {
    const { body } = await crm.post(CONTACTS, { properties: { a: '1', b: '2', firstname: 'Ada' } });
    expect(body.errors.map((error: { in: string }) => error.in)).toEqual(['a', 'b']);
    expect((await crm.get(CONTACTS)).body.results).toEqual([]);
  });

  it("may be an administrator's rule, which holds from 2026-09 on", async () => {
    const rules = {
      required: ['phone'],
      conditional: [{ property: 'lifecyclestage', value: 'customer', requires: ['company'] }],
    };
    await crm.control('PUT', `/portals/${PORTAL}/crm/contacts/rules`, rules);
    const write = (version: string, properties: Record<string, string>) =>
      crm.post(crm.objects('contacts', version), { properties });
    expect((await write('2026-03', { firstname: 'Ada' })).status).toBe(201);
    const bare = await write('2026-09', { lifecyclestage: 'customer' });
    expect(bare.status).toBe(400);
    expect(bare.body.errors.map((error: { code: string }) => error.code)).toEqual([
      'MISSING_REQUIRED_PROPERTY',
      'MISSING_CONDITIONAL_REQUIRED_PROPERTY',
    ]);
    const { body } = await write('2026-09', { phone: '1' });
    const update = await crm.patch(`/crm/objects/2026-09/contacts/${body.id}`, {
      properties: { lifecyclestage: 'customer' },
    });
    expect(update.body.errors[0]).toMatchObject({
      code: 'MISSING_CONDITIONAL_REQUIRED_PROPERTY',
      in: 'company',
    });
    await crm.settings({ enforceValidationRules: 'always' });
    expect((await write('2026-03', { firstname: 'Ada' })).status).toBe(400);
  });
});

describe('a list', () => {
  it('pages by the id of the next record, a hundred at most', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.push(await crm.create('notes', { hs_timestamp: '1700000000000' }));
    const seen: string[] = [];
    let after = '';
    do {
      const { body } = await crm.get(`${crm.objects('notes')}?limit=3${after && `&after=${after}`}`);
      seen.push(...body.results.map(({ id }: { id: string }) => id));
      after = body.paging?.next.after ?? '';
      if (after) expect(ids).toContain(after);
    } while (after);
    expect(seen).toEqual(ids);
    expect((await crm.get(`${crm.objects('notes')}?limit=101`)).status).toBe(400);
  });

  it('shows archived ones only when asked for them', async () => {
    const [id] = [await crm.create('contacts', {}), await crm.create('contacts', {})];
    await crm.delete(`${CONTACTS}/${id}`);
    expect((await crm.get(CONTACTS)).body.results).toHaveLength(1);
    expect((await crm.get(`${CONTACTS}?archived=true`)).body.results).toMatchObject([{ id, archived: true }]);
  });
});

describe('each route', () => {
  it('requires the scope of its type of records', async () => {
    await crm.control('POST', `/portals/${PORTAL}/scopes`, {
      scopes: ['oauth', 'crm.objects.contacts.read'],
    });
    expect((await crm.get(CONTACTS)).status).toBe(200);
    const refused = await crm.post(CONTACTS, { properties: {} });
    expect(refused.status).toBe(403);
    expect(refused.body.errors[0].context.requiredGranularScopes).toEqual(['crm.objects.contacts.write']);
    expect((await crm.get(crm.objects('deals'))).status).toBe(403);
    expect((await crm.get(crm.objects('tickets'))).body.errors[0].context.requiredGranularScopes).toEqual([
      'tickets',
    ]);
  });

  it('can be locked (423) or in migration (477, Retry-After in seconds)', async () => {
    await crm.control('POST', '/faults', { target: 'crm', kind: 'status', status: 423, count: 1 });
    expect((await crm.get(CONTACTS)).status).toBe(423);
    const plan = { target: 'crm', kind: 'status', status: 477, retryAfterSeconds: 7_200, count: 1 };
    await crm.control('POST', '/faults', plan);
    const { status, headers } = await crm.get(CONTACTS);
    expect([status, headers.get('retry-after')]).toEqual([477, '7200']);
  });
});
