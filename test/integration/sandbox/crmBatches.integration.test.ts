import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startCrm, type CrmHarness } from './crmHarness.js';

let crm: CrmHarness;
beforeEach(async () => {
  crm = await startCrm();
});
afterEach(() => crm.close());

const CONTACTS = '/crm/objects/2026-03/contacts';
const batch = (kind: string, body: unknown) => crm.post(`${CONTACTS}/batch/${kind}`, body);
const inputs = (count: number, more: (n: number) => Record<string, unknown> = () => ({})) =>
  Array.from({ length: count }, (_, n) => ({
    properties: { email: `c${n}@example.com` },
    associations: [],
    ...more(n),
  }));
const count = async () => (await crm.get(`${CONTACTS}?limit=100`)).body.results.length;

describe('a batch of records', () => {
  it('takes a hundred inputs at most', async () => {
    const { status, body } = await batch('create', { inputs: inputs(100) });
    expect(status).toBe(201);
    expect(body).toMatchObject({ status: 'COMPLETE', startedAt: expect.any(String) });
    expect(body.results).toHaveLength(100);
    expect((await batch('create', { inputs: inputs(101) })).status).toBe(400);
  });

  it('is all or nothing without trace ids', async () => {
    const rows = inputs(3);
    const bad = await batch('create', { inputs: [...rows, { properties: { email: 'nobody' } }] });
    expect(bad.status).toBe(400);
    expect(bad.body.errors[0].code).toBe('INVALID_EMAIL');
    const twice = await batch('create', { inputs: [...rows, rows[0]] });
    expect(twice.status).toBe(409);
    expect(await count()).toBe(0);
  });

  it('is 207 with trace ids, by which each error names its row', async () => {
    const rows = inputs(3, (n) => ({ objectWriteTraceId: `row-${n}` }));
    rows[1] = { ...rows[1]!, properties: { email: 'nobody' } };
    const { status, body } = await batch('create', { inputs: rows });
    expect(status).toBe(207);
    const emails = body.results.map((row: { properties: { email: string } }) => row.properties.email);
    expect(emails.toSorted()).toEqual(['c0@example.com', 'c2@example.com']);
    expect(body).toMatchObject({
      numErrors: 1,
      errors: [
        {
          status: 'error',
          category: 'VALIDATION_ERROR',
          context: { objectWriteTraceId: ['row-1'] },
          errors: [{ code: 'INVALID_EMAIL' }],
        },
      ],
    });
    expect(body.errors[0].correlationId).toBeUndefined();
    expect(await count()).toBe(2);
  });

  it('is refused as a whole when two of its inputs name the same record', async () => {
    const id = await crm.create('contacts', {});
    const twice = [1, 2].map(() => ({ id, properties: { phone: '1' } }));
    for (const kind of ['update', 'upsert', 'archive']) {
      const { status, body } = await batch(kind, { inputs: twice });
      expect([kind, status]).toEqual([kind, 400]);
      expect(body.message).toContain(`Duplicate IDs found in batch input: [${id}]`);
    }
  });

  it('reads the records that exist, and names all missing ids in one error with 207', async () => {
    const id = await crm.create('contacts', { email: 'a@example.com' });
    const { status, body } = await batch('read', {
      inputs: [{ id }, { id: '5' }, { id: '6' }],
      properties: ['phone'],
    });
    expect(status).toBe(207);
    expect(body.results).toMatchObject([{ id, properties: { phone: null } }]);
    expect(body.numErrors).toBe(1);
    expect(body.errors[0]).toMatchObject({ category: 'OBJECT_NOT_FOUND', context: { ids: ['5', '6'] } });
    const byEmail = await batch('read', {
      inputs: [{ id: 'a@example.com' }],
      idProperty: 'email',
      properties: [],
    });
    expect(byEmail).toMatchObject({ status: 200, body: { results: [{ id }] } });
  });

  it('updates and archives', async () => {
    const ids = [await crm.create('contacts', {}), await crm.create('contacts', {})];
    const updated = await batch('update', { inputs: ids.map((id) => ({ id, properties: { phone: id } })) });
    const phones = updated.body.results.map((row: { id: string; properties: { phone: string } }) => [
      row.id,
      row.properties.phone,
    ]);
    expect(new Map(phones)).toEqual(new Map(ids.map((id) => [id, id])));
    expect((await batch('archive', { inputs: ids.map((id) => ({ id })) })).status).toBe(204);
    expect(await count()).toBe(0);
  });
});

describe('an upsert', () => {
  const upsert = (rows: Record<string, unknown>[]) => batch('upsert', { inputs: rows });
  const own = (n: number, more: Record<string, unknown> = {}) => ({
    id: `u-${n}`,
    idProperty: 'our_id',
    properties: { firstname: `F${n}` },
    ...more,
  });
  type Upserted = { id: string; properties: { our_id: string } };
  const resultOf = ({ results }: { results: Upserted[] }, n: number) =>
    results.find(({ properties }) => properties.our_id === `u-${n}`) as Upserted;
  beforeEach(async () => {
    const property = {
      name: 'our_id',
      label: 'Our id',
      groupName: 'contactinformation',
      hasUniqueValue: true,
    };
    await crm.post('/crm/properties/2026-03/contacts', { ...property, type: 'string', fieldType: 'text' });
  });

  it('says of each row whether it is new', async () => {
    const first = await upsert([own(1), own(2)]);
    expect(first.status).toBe(200);
    expect(resultOf(first.body, 1)).toMatchObject({ new: true, properties: { firstname: 'F1' } });
    expect(resultOf(first.body, 2)).toMatchObject({ new: true, properties: { firstname: 'F2' } });
    const second = await upsert([own(2, { properties: { phone: '1' } }), own(3)]);
    expect(resultOf(second.body, 2)).toMatchObject({
      new: false,
      id: resultOf(first.body, 2).id,
      properties: { firstname: 'F2', phone: '1' },
    });
    expect(resultOf(second.body, 3)).toMatchObject({ new: true });
  });

  it("succeeds in part by a unique property of one's own, but never by e-mail", async () => {
    const bad = { properties: { numemployees: 'many' } };
    const part = await upsert([
      own(1, { objectWriteTraceId: 'a' }),
      own(2, { objectWriteTraceId: 'b', ...bad }),
    ]);
    expect(part.status).toBe(207);
    expect(part.body.errors[0].context.objectWriteTraceId).toEqual(['b']);
    const byEmail = (n: number) => ({
      id: `e${n}@example.com`,
      idProperty: 'email',
      objectWriteTraceId: `e${n}`,
    });
    const whole = await upsert([
      { ...byEmail(1), properties: {} },
      { ...byEmail(2), ...bad },
    ]);
    expect(whole.status).toBe(400);
    expect(await count()).toBe(1);
  });

  it('of a property that is not unique is refused', async () => {
    const { status, body } = await upsert([{ id: 'x', idProperty: 'firstname', properties: {} }]);
    expect(status).toBe(400);
    expect(body.message).toContain('not a unique property');
  });

  it('of 5,000 rows costs the sandbox so little that a benchmark does not measure it', async () => {
    const before = process.cpuUsage(); // processor time, which a busy machine does not lengthen
    for (let page = 0; page < 50; page += 1) {
      const rows = Array.from({ length: 100 }, (_, n) => own(page * 100 + n));
      expect((await upsert(rows)).status).toBe(200);
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(2_500); // 2,000 rows a second
  });
});
