import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';

let crm: CrmHarness;
let contact: string;
let acme: string;
let bolt: string;
beforeEach(async () => {
  crm = await startCrm();
  contact = await crm.create('contacts', { firstname: 'Ada' });
  acme = await crm.create('companies', { name: 'Acme' });
  bolt = await crm.create('companies', { name: 'Bolt' });
});
afterEach(() => crm.close());

const LINKS = '/crm/associations/2026-03/contacts/companies';
const hubspot = (associationTypeId: number) => ({
  associationCategory: 'HUBSPOT_DEFINED',
  associationTypeId,
});
const custom = (associationTypeId: number) => ({ associationCategory: 'USER_DEFINED', associationTypeId });
const read = (ids: string[], path = LINKS) =>
  crm.post(`${path}/batch/read`, { inputs: ids.map((id) => ({ id })) });
const link = (company: string, types: unknown[]) => ({ from: { id: contact }, to: { id: company }, types });
const labelsOf = async (company: string): Promise<(string | null)[]> => {
  const { body } = await read([contact]);
  const other = body.results[0].to.find((to: { toObjectId: string }) => to.toObjectId === company);
  return other.associationTypes.map(({ label }: { label: string | null }) => label);
};

describe('an association', () => {
  it('is created inline, and seen from both sides', async () => {
    const association = { to: { id: acme }, types: [hubspot(1), hubspot(279)] };
    const id = await crm.create('contacts', {}, { associations: [association] });
    const { body } = await read([id]);
    expect(body).toMatchObject({
      status: 'COMPLETE',
      results: [{ from: { id }, to: [{ toObjectId: acme }] }],
    });
    expect(body.results[0].to[0].associationTypes).toEqual([
      { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' },
      { category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
    ]);
    const back = await read([acme], '/crm/associations/2026-03/companies/contacts');
    expect(
      back.body.results[0].to[0].associationTypes.map((type: { typeId: number }) => type.typeId),
    ).toEqual([2, 280]);
    const shown = await crm.get(`${crm.objects('contacts')}/${id}?associations=companies`);
    expect(shown.body.associations.companies.results).toContainEqual({
      id: acme,
      type: 'contact_to_company',
    });
  });

  it('with a record or of a type that does not exist is refused, and nothing is created', async () => {
    for (const [association, status] of [
      [{ to: { id: '5' }, types: [hubspot(279)] }, 404],
      [{ to: { id: acme }, types: [hubspot(9_999)] }, 400],
      [{ to: { id: acme }, types: [] }, 400],
    ] as const) {
      const answer = await crm.post(crm.objects('contacts'), { properties: {}, associations: [association] });
      expect(answer.status).toBe(status);
    }
    expect((await crm.get(crm.objects('contacts'))).body.results).toHaveLength(1);
  });

  it('of which a record has none is an error of its row with 207, which means none', async () => {
    await crm.post(`${LINKS}/batch/associate/default`, {
      inputs: [{ from: { id: contact }, to: { id: acme } }],
    });
    const lonely = await crm.create('contacts', {});
    const { status, body } = await read([contact, lonely]);
    expect(status).toBe(207);
    expect(body.results).toHaveLength(1);
    expect(body.errors).toEqual([
      {
        status: 'error',
        category: 'OBJECT_NOT_FOUND',
        subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
        message: `No company is associated with contact ${lonely}.`,
        context: { fromObjectId: [lonely], fromObjectType: ['contact'], toObjectType: ['company'] },
        errors: [],
        links: {},
      },
    ]);
  });

  it('has the other id as a number in v4', async () => {
    await crm.call('PUT', `/crm/v4/objects/contacts/${contact}/associations/default/companies/${acme}`);
    const { body } = await crm.get(`/crm/v4/objects/contacts/${contact}/associations/companies`);
    expect(body.results[0].toObjectId).toBe(Number(acme));
  });

  it('pages by 500, and is removed again', async () => {
    const path = `/crm/objects/2026-03/contacts/${contact}/associations/companies`;
    for (const company of [acme, bolt]) {
      const put = await crm.call('PUT', `${path}/${company}`, [hubspot(279)]);
      expect(put).toMatchObject({ status: 201, body: { fromObjectId: contact, toObjectId: company } });
    }
    const first = await crm.get(`${path}?limit=1`);
    expect(first.body.results).toHaveLength(1);
    const next = await crm.get(`${path}?limit=1&after=${first.body.paging.next.after}`);
    expect(next.body.results[0].toObjectId).toBe(bolt);
    expect((await crm.delete(`${path}/${acme}`)).status).toBe(204);
    expect((await crm.get(path)).body.results).toHaveLength(1);
    expect((await crm.get(`${path}?limit=501`)).status).toBe(400);
  });

  it('is moved to the record of a merge', async () => {
    await crm.post(`${LINKS}/batch/create`, { inputs: [link(acme, [hubspot(1)])] });
    const merge = { primaryObjectId: await crm.create('contacts', {}), objectIdToMerge: contact };
    const { body } = await crm.post(`${crm.objects('contacts')}/merge`, merge);
    expect((await read([body.id])).body.results[0].to[0].toObjectId).toBe(acme);
  });
});

describe('labels', () => {
  it('replace those that were there: to add one, all must be sent', async () => {
    const label = (name: string) => crm.post(`${LINKS}/labels`, { name, label: name });
    const [boss, guest] = [
      (await label('Boss')).body.results[0].typeId,
      (await label('Guest')).body.results[0].typeId,
    ];
    await crm.post(`${LINKS}/batch/create`, { inputs: [link(acme, [custom(boss)])] });
    expect(await labelsOf(acme)).toEqual(['Boss', null]);
    await crm.post(`${LINKS}/batch/create`, { inputs: [link(acme, [custom(guest)])] });
    expect(await labelsOf(acme)).toEqual(['Guest', null]);
    await crm.post(`${LINKS}/batch/create`, { inputs: [link(acme, [custom(guest), custom(boss)])] });
    expect(await labelsOf(acme)).toEqual(['Guest', 'Boss', null]);
    await crm.post(`${LINKS}/batch/labels/archive`, { inputs: [link(acme, [custom(boss)])] });
    expect(await labelsOf(acme)).toEqual(['Guest', null]);
    expect((await label('Boss')).status).toBe(400);
  });

  it("are a portal's own with ids of its own, beside HubSpot's", async () => {
    const paired = { name: 'employs', label: 'Works for', inverseLabel: 'Employs' };
    const { typeId } = (await crm.post(`${LINKS}/labels`, paired)).body.results[0];
    const { body } = await crm.get(`${LINKS}/labels`);
    expect(body.results).toEqual(
      expect.arrayContaining([
        { category: 'HUBSPOT_DEFINED', typeId: 279, label: null },
        { category: 'HUBSPOT_DEFINED', typeId: 1, label: 'Primary' },
        { category: 'USER_DEFINED', typeId, label: 'Works for' },
      ]),
    );
    const back = await crm.get('/crm/associations/2026-03/companies/contacts/labels');
    expect(back.body.results.map(({ label }: { label: string }) => label)).toContain('Employs');
  });

  it('allow one primary company at most', async () => {
    await crm.post(`${LINKS}/batch/create`, { inputs: [link(acme, [hubspot(1)]), link(bolt, [hubspot(1)])] });
    expect(await labelsOf(acme)).toEqual([null]);
    expect(await labelsOf(bolt)).toEqual(['Primary', null]);
  });
});

describe('a batch of associations', () => {
  it('reads 1,000, creates 2,000, archives 100, and not one more', async () => {
    const inputs = (count: number) => Array.from({ length: count }, () => link(acme, [hubspot(279)]));
    expect((await crm.post(`${LINKS}/batch/create`, { inputs: inputs(2_000) })).status).toBe(201);
    expect((await crm.post(`${LINKS}/batch/create`, { inputs: inputs(2_001) })).status).toBe(400);
    expect((await read(Array.from({ length: 1_001 }, () => contact))).status).toBe(400);
    const gone = { from: { id: contact }, to: [{ id: acme }] };
    expect((await crm.post(`${LINKS}/batch/archive`, { inputs: Array(101).fill(gone) })).status).toBe(400);
    expect((await crm.post(`${LINKS}/batch/archive`, { inputs: [gone] })).status).toBe(200);
    expect((await read([contact])).status).toBe(207);
  });

  it('counts under a limit of its own', async () => {
    await crm.settings({ associationsTenSecondlyLimit: 2, tenSecondlyLimit: 4 });
    for (let n = 0; n < 2; n += 1) {
      const { headers } = await read([contact]);
      expect(headers.get('x-hubspot-ratelimit-max')).toBe('2');
    }
    expect((await read([contact])).body.policyName).toBe('TEN_SECONDLY_ROLLING');
    // Three records were made before, so this is the fourth call that counts there.
    expect((await crm.get(crm.objects('contacts'))).headers.get('x-hubspot-ratelimit-remaining')).toBe('0');
  });

  it('requires the scope of one side', async () => {
    await crm.control('POST', '/portals/26816943/scopes', { scopes: ['crm.objects.companies.read'] });
    expect((await read([contact])).status).toBe(207);
    await crm.control('POST', '/portals/26816943/scopes', { scopes: ['oauth'] });
    expect((await read([contact])).status).toBe(403);
  });
});
