import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';
import { PORTAL } from './harness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

const SCHEMAS = '/crm-object-schemas/2026-03/schemas';
const CARS = {
  name: 'cars',
  labels: { singular: 'Car', plural: 'Cars' },
  primaryDisplayProperty: 'model',
  secondaryDisplayProperties: ['year'],
  requiredProperties: ['model'],
  searchableProperties: ['model'],
  properties: [
    { name: 'model', label: 'Model', type: 'string', fieldType: 'text' },
    { name: 'year', label: 'Year', type: 'number', fieldType: 'number' },
    { name: 'vin', label: 'VIN', type: 'string', fieldType: 'text', hasUniqueValue: true },
  ],
  associatedObjects: ['CONTACT'],
};
const define = async (more: Record<string, unknown> = {}) => crm.post(SCHEMAS, { ...CARS, ...more });

describe('a custom type', () => {
  it('is defined once, with an id of its own, and is found by id, name and full name, in any version', async () => {
    const made = await define();
    expect(made).toMatchObject({
      status: 201,
      body: {
        objectTypeId: expect.stringMatching(/^2-\d+$/),
        fullyQualifiedName: `p${PORTAL}_cars`,
        labels: CARS.labels,
        archived: false,
      },
    });
    const names = made.body.properties.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['model', 'year', 'vin', 'hs_object_id', 'hs_lastmodifieddate']),
    );
    for (const name of [made.body.objectTypeId, 'cars', `p${PORTAL}_cars`]) {
      expect((await crm.get(`${SCHEMAS}/${name}`)).body).toEqual(made.body);
    }
    for (const path of [SCHEMAS, '/crm/v3/schemas', '/crm-object-schemas/2026-09/schemas']) {
      expect((await crm.get(path)).body.results).toEqual([made.body]);
    }
    expect((await define()).status).toBe(409);
    expect((await crm.get(`${SCHEMAS}/boats`)).status).toBe(404);
  });

  it.each([
    ['no properties', { properties: [] }],
    ['a display property that it has not', { primaryDisplayProperty: 'color' }],
    ['a name that is none', { name: '1 car' }],
    ['no labels', { labels: {} }],
    ['an associated type that there is not', { associatedObjects: ['boats'] }],
  ])('with %s is refused, and not defined', async (_, more) => {
    expect((await define(more)).status).toBe(400);
    expect((await crm.get(SCHEMAS)).body.results).toEqual([]);
  });

  it('has records like any other, by its id and by its name', async () => {
    const { objectTypeId } = (await define()).body;
    const missing = await crm.post(crm.objects('cars'), { properties: { year: '1965' }, associations: [] });
    expect(missing.body.errors[0]).toMatchObject({ code: 'MISSING_REQUIRED_PROPERTY', in: 'model' });
    const id = await crm.create('cars', { model: 'DS', year: '1965', vin: 'V1' });
    const twin = await crm.post(crm.objects('cars'), {
      properties: { model: 'DS', vin: 'V1' },
      associations: [],
    });
    expect(twin.status).toBe(400);
    for (const name of [objectTypeId, 'cars', `p${PORTAL}_cars`]) {
      const { body } = await crm.get(`${crm.objects(name)}/${id}`);
      expect(body).toMatchObject({ id, properties: { model: 'DS', year: '1965' }, archived: false });
      expect((await crm.get(crm.objects(name))).body.results).toHaveLength(1);
      const filters = [{ propertyName: 'hs_lastmodifieddate', operator: 'GTE', value: '1' }];
      const found = await crm.search(name, { filterGroups: [{ filters }] });
      expect(found.body.results.map((row: { id: string }) => row.id)).toEqual([id]);
    }
    expect((await crm.get(`${crm.objects('cars')}/V1?idProperty=vin`)).body.id).toBe(id);
    await crm.delete(`${crm.objects('cars')}/${id}`);
    expect((await crm.get(`${crm.objects('cars')}?archived=true`)).body.results).toMatchObject([{ id }]);
  });

  it('is associated with the types that it was defined with, and with others later', async () => {
    const { objectTypeId, associations } = (await define()).body;
    expect(associations).toMatchObject([{ fromObjectTypeId: objectTypeId, toObjectTypeId: '0-1' }]);
    const [car, contact] = [await crm.create('cars', { model: 'DS' }), await crm.create('contacts', {})];
    const path = `${crm.objects('contacts')}/${contact}`;
    expect((await crm.call('PUT', `${path}/associations/default/cars/${car}`)).status).toBe(200);
    expect((await crm.get(`${path}?associations=cars`)).body.associations.cars.results).toMatchObject([
      { id: car },
    ]);
    const back = await crm.post(`/crm/associations/2026-03/${objectTypeId}/contacts/batch/read`, {
      inputs: [{ id: car }],
    });
    expect(back.body.results[0].to).toMatchObject([{ toObjectId: contact }]);
    const company = await crm.create('companies', {});
    const companies = `${crm.objects('cars')}/${car}/associations/default/companies/${company}`;
    expect((await crm.call('PUT', companies)).status).toBe(400);
    await crm.post(`${SCHEMAS}/cars/associations`, { toObjectTypeId: 'COMPANY', name: 'car_to_company' });
    expect((await crm.call('PUT', companies)).status).toBe(200);
  });

  it('is changed, and deleted once it has no records', async () => {
    await define();
    const id = await crm.create('cars', { model: 'DS' });
    const changed = await crm.patch(`${SCHEMAS}/cars`, { requiredProperties: ['year'] });
    expect(changed.body).toMatchObject({ name: 'cars', requiredProperties: ['year'], labels: CARS.labels });
    const lacks = await crm.post(crm.objects('cars'), { properties: { model: 'X' }, associations: [] });
    expect(lacks.status).toBe(400);
    expect((await crm.delete(`${SCHEMAS}/cars`)).status).toBe(400);
    await crm.delete(`${crm.objects('cars')}/${id}`);
    expect((await crm.delete(`${SCHEMAS}/cars`)).status).toBe(204);
    expect((await crm.get(SCHEMAS)).body.results).toEqual([]);
    expect((await crm.get(`${SCHEMAS}?archived=true`)).body.results).toHaveLength(1);
    expect((await crm.get(crm.objects('cars'))).status).toBe(400);
    expect((await define()).status).toBe(201);
  });

  it('needs the scopes of custom types, for its definition and for its records', async () => {
    const { objectTypeId } = (await define()).body;
    await crm.control('POST', `/portals/${PORTAL}/scopes`, { scopes: ['crm.objects.contacts.read'] });
    for (const path of [SCHEMAS, crm.objects(objectTypeId), crm.objects('cars')]) {
      const { status, body } = await crm.get(path);
      expect([status, body.category]).toEqual([403, 'MISSING_SCOPES']);
      expect(body.errors[0].context.requiredGranularScopes.join()).toContain('custom.read');
    }
  });
});

describe('a calculated property', () => {
  const PROPERTIES = '/crm/properties/2026-03/contacts';
  const recalculate = (plan: Record<string, unknown>) =>
    crm.control('POST', `/portals/${PORTAL}/crm/contacts/recalculate`, plan);

  it("says so in its definition, HubSpot's own and one of the account's, and nobody else sets it", async () => {
    const own = { name: 'acme_sum', label: 'Sum', groupName: 'contactinformation', type: 'number' };
    const formula = { fieldType: 'calculation_equation', calculationFormula: 'numemployees + 1' };
    expect((await crm.post(PROPERTIES, { ...own, ...formula })).body).toMatchObject({
      calculated: true,
      calculationFormula: 'numemployees + 1',
    });
    for (const name of ['acme_sum', 'num_associated_deals']) {
      const { body } = await crm.get(`${PROPERTIES}/${name}`);
      expect(body).toMatchObject({ calculated: true, modificationMetadata: { readOnlyValue: true } });
      const write = await crm.post(crm.objects('contacts'), {
        properties: { [name]: '1' },
        associations: [],
      });
      expect(write.body.errors[0].code).toBe('READ_ONLY_VALUE');
    }
    expect((await crm.get(`${PROPERTIES}/email`)).body.calculated).toBe(false);
  });

  it('changes without a new time of change: no search for what changed finds it', async () => {
    const ids = [await crm.create('contacts', {}), await crm.create('contacts', {})];
    const path = `${crm.objects('contacts')}/${ids[0]}?properties=num_associated_deals`;
    const before = (await crm.get(path)).body;
    const done = await recalculate({ property: 'num_associated_deals', value: '{n}7' });
    expect(done.body).toEqual({ recalculated: 2 });
    const after = (await crm.get(path)).body;
    expect(after.properties.num_associated_deals).toBe('07');
    expect(after.updatedAt).toBe(before.updatedAt);
    const since = String(Date.parse(before.updatedAt) + 1);
    const filters = [{ propertyName: 'lastmodifieddate', operator: 'GTE', value: since }];
    const changed = (await crm.search('contacts', { filterGroups: [{ filters }] })).body.results;
    expect(changed.map(({ id }: { id: string }) => id)).not.toContain(ids[0]);
    const has = [{ propertyName: 'num_associated_deals', operator: 'EQ', value: '17' }];
    expect((await crm.search('contacts', { filterGroups: [{ filters: has }] })).body.results).toMatchObject([
      { id: ids[1] },
    ]);
    expect((await recalculate({ property: 'firstname', value: 'x' })).status).toBe(400);
    expect((await recalculate({ property: 'num_associated_deals', value: '9', ids: [ids[1]] })).body).toEqual(
      {
        recalculated: 1,
      },
    );
  });
});

describe('a sensitive property', () => {
  it('is listed and read only by those who ask for its kind', async () => {
    const path = '/crm/properties/2026-03/contacts';
    const plan = { name: 'acme_blood', label: 'Blood', groupName: 'contactinformation', type: 'string' };
    const made = await crm.post(path, { ...plan, fieldType: 'text', dataSensitivity: 'sensitive' });
    expect(made.body.dataSensitivity).toBe('sensitive');
    const names = async (query: string) =>
      (await crm.get(path + query)).body.results.map(({ name }: { name: string }) => name);
    expect(await names('')).not.toContain('acme_blood');
    expect(await names('?dataSensitivity=sensitive')).toEqual(['acme_blood']);
    const batch = async (dataSensitivity: string) =>
      (
        await crm.post(`${path}/batch/read`, {
          archived: false,
          dataSensitivity,
          inputs: [{ name: 'acme_blood' }],
        })
      ).status;
    expect([await batch('sensitive'), await batch('non_sensitive')]).toEqual([200, 207]);
    expect(
      (await crm.post(path, { ...plan, name: 'x', fieldType: 'text', dataSensitivity: 'secret' })).status,
    ).toBe(400);
  });
});
