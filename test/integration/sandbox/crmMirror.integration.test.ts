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
  properties: Record<string, string | null>;
  updatedAt: string;
}
interface DumpRow {
  portalId: number;
  objectType: string;
  id: string | number;
  properties: Record<string, string | null>;
  archived?: boolean;
}

const CONTACTS = '/crm/objects/2026-03/contacts';
const control = (method: string, path: string, body?: unknown) =>
  crm.control(method, `/portals/${PORTAL}/crm${path}`, body);
const generate = (count: number, more: Record<string, unknown> = {}) =>
  control('POST', '/contacts/generate', { count, ...more });
const verify = async (rows: readonly DumpRow[], query = '') =>
  (await crm.control('POST', `/verify${query}`, rows.map((row) => JSON.stringify(row)).join('\n'))).body;

/** All pages of the list, one after the other. */
async function listed(properties = 'firstname,email'): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after: string | undefined = '0'; after !== undefined;) {
    const { body } = await crm.get(`${CONTACTS}?limit=100&after=${after}&properties=${properties}`);
    rows.push(...(body.results as Row[]));
    after = body.paging?.next.after as string | undefined;
  }
  return rows;
}
const dump = (rows: readonly Row[]): DumpRow[] =>
  rows.map(({ id, properties }) => ({ portalId: PORTAL, objectType: 'contacts', id, properties }));

describe('records that are associated all at once', () => {
  it('have each one of the others, in turn, as their primary one', async () => {
    await generate(5);
    await crm.create('companies', { name: 'Acme' });
    await crm.create('companies', { name: 'Bolt' });
    expect((await control('POST', '/contacts/associate', { to: 'companies' })).body).toEqual({
      associated: 5,
    });
    const { body } = await crm.get(`${CONTACTS}?limit=100&associations=companies`);
    const linked = (
      body.results as { associations: { companies: { results: { id: string; type: string }[] } } }[]
    ).map(({ associations }) => associations.companies.results);
    expect(linked.map((links) => links.map(({ type }) => type))).toEqual(
      Array(5).fill(['contact_to_company_primary', 'contact_to_company']),
    );
    expect(new Set(linked.flat().map(({ id }) => id)).size).toBe(2);
  });
});

describe('the comparison of a mirror with the truth', () => {
  it('says that all is there, and of which records', async () => {
    await crm.create('contacts', { firstname: 'Ada' });
    await crm.create('companies', { name: 'Acme' });
    const rows = dump(await listed());
    const { body } = await crm.get('/crm/objects/2026-03/companies');
    const [company] = body.results as Row[];
    const whole = [...rows, { portalId: PORTAL, objectType: '0-2', ...company! }].map((row) => ({
      ...{ portalId: row.portalId, objectType: row.objectType, id: row.id, properties: row.properties },
    }));
    expect(await verify(whole)).toMatchObject({
      ok: true,
      missing: 0,
      ghosts: 0,
      stale: 0,
      records: 2,
      rows: 2,
    });
    // A type that has no row at all is missing, unless it is left out on purpose.
    expect(await verify(rows)).toMatchObject({ ok: false, missing: 1 });
    expect(await verify(rows, '?types=contacts')).toMatchObject({ ok: true, records: 1 });
    expect(await verify(whole, '?types=contacts')).toMatchObject({ ok: true, rows: 1, skipped: 1 });
    expect(await verify([])).toMatchObject({ ok: false, missing: 2 });
  });

  it('finds what is missing, what is no more, and what is old, with examples', async () => {
    const [kept, gone, purged, changed, one, two, unread] = await Promise.all(
      ['kept', 'gone', 'purged', 'changed', 'one', 'two'].map((firstname) =>
        crm.create('contacts', { firstname }),
      ),
    );
    expect(unread).toBeUndefined();
    const rows = dump(await listed());
    await crm.delete(`${CONTACTS}/${gone}`);
    await crm.post(`${CONTACTS}/gdpr-delete`, { objectId: purged });
    await crm.patch(`${CONTACTS}/${changed}`, { properties: { firstname: 'new' } });
    const merged = await crm.post(`${CONTACTS}/merge`, { primaryObjectId: one, objectIdToMerge: two });
    const result = await verify(rows);
    expect(result).toMatchObject({ ok: false, missing: 1, ghosts: 4, stale: 1 });
    expect(result.examples.missing).toEqual([
      { portalId: PORTAL, objectType: 'contacts', id: merged.body.id },
    ]);
    expect(result.examples.ghosts.map(({ id }: Row) => id).sort()).toEqual([gone, purged, one, two].sort());
    expect(result.examples.stale).toMatchObject([
      {
        id: changed,
        property: expect.stringMatching(/firstname|lastmodifieddate/),
        mirror: expect.any(String),
      },
    ]);
    expect(rows.map(({ id }) => id)).toContain(kept);
    const mended = [...dump(await listed()), { ...rows.find(({ id }) => id === gone)!, archived: true }];
    expect(await verify(mended)).toMatchObject({ ok: true, ghosts: 0, records: 3, rows: 4 });
  });

  it('takes no archived row for a live record, no second row, and no value that was cleared or left out', async () => {
    const id = await crm.create('contacts', { firstname: 'Ada' });
    const row = {
      portalId: PORTAL,
      objectType: 'contacts',
      id,
      properties: { firstname: 'Ada', lastname: '' },
    };
    expect(await verify([row])).toMatchObject({ ok: true });
    expect(await verify([{ ...row, archived: true }])).toMatchObject({ ok: false, missing: 1 });
    expect(await verify([row, row])).toMatchObject({ ok: false, ghosts: 1 });
    expect(await verify([{ ...row, properties: {} }])).toMatchObject({ ok: true });
    expect(await verify([{ ...row, properties: {} }], '?properties=firstname')).toMatchObject({ stale: 1 });
    expect(await verify([{ ...row, properties: { firstname: null } }])).toMatchObject({ stale: 1 });
    expect(await verify([row, { ...row, portalId: 5 }])).toMatchObject({ ok: false, ghosts: 1 });
  });

  it('says which line is no row', async () => {
    const answer = await crm.control('POST', '/verify', '{"portalId": 1}\nx');
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('line 1')]);
    const good = { portalId: PORTAL, objectType: 'contacts', id: '1', properties: {} };
    expect((await crm.control('POST', '/verify', `${JSON.stringify(good)}\nx`)).body.error).toContain(
      'Line 2',
    );
  });
});

describe('many contacts', () => {
  it('are generated, the same ones for the same seed, and are found by list, read, address and search', async () => {
    expect((await generate(20_000, { seed: 7 })).body.records).toEqual({ contacts: 20_000 });
    expect((await generate(1)).status).toBe(409);
    const { body } = await crm.get(`${CONTACTS}?limit=100&properties=email,firstname,city`);
    const [first, second] = body.results as [Row, Row];
    expect(Number(second.id)).toBeGreaterThan(Number(first.id));
    expect((await crm.get(`${CONTACTS}/${first.properties.email}?idProperty=email`)).body.id).toBe(first.id);
    const twin = await crm.post(CONTACTS, {
      properties: { email: first.properties.email },
      associations: [],
    });
    expect(twin.status).toBe(409);
    const newest = await crm.search('contacts', {
      sorts: [{ propertyName: 'hs_object_id', direction: 'DESCENDING' }],
      limit: 1,
    });
    expect(newest.body.total).toBe(20_000);
    const last = newest.body.results[0] as Row;
    const since = {
      propertyName: 'lastmodifieddate',
      operator: 'GTE',
      value: String(Date.parse(last.updatedAt) - 1_000),
    };
    const sorts = [{ propertyName: 'lastmodifieddate', direction: 'ASCENDING' }];
    const recent = await crm.search('contacts', { filterGroups: [{ filters: [since] }], sorts });
    expect(recent.body.results.map(({ id }: Row) => id).at(-1)).toBe(last.id);
    expect(recent.body.total).toBe(5);
    const other = await startCrm();
    await other.control('POST', `/portals/${PORTAL}/crm/contacts/generate`, { count: 20_000, seed: 7 });
    const same = await other.get(`${CONTACTS}?limit=100&properties=email,firstname,city`);
    const values = (rows: Row[]) =>
      rows.map(({ properties: { email, firstname, city } }) => [email, firstname, city]);
    expect(values(same.body.results)).toEqual(values(body.results));
    await other.close();
  });

  it('are like all others once they change: edits, deletes, merges, and what is searched', async () => {
    await generate(1_000);
    const before = await listed();
    const [a, b, c, d] = before.map(({ id }) => id) as [string, string, string, string];
    await crm.patch(`${CONTACTS}/${a}`, { properties: { firstname: 'Edited' } });
    await crm.delete(`${CONTACTS}/${b}`);
    const merged = (await crm.post(`${CONTACTS}/merge`, { primaryObjectId: c, objectIdToMerge: d }))
      .body as Row;
    expect((await crm.get(`${CONTACTS}/${d}`)).body.id).toBe(merged.id);
    const edited = await crm.search('contacts', {
      filterGroups: [{ filters: [{ propertyName: 'firstname', operator: 'EQ', value: 'Edited' }] }],
    });
    expect(edited.body.results).toMatchObject([{ id: a }]);
    const created = await crm.create('contacts', { firstname: 'Late' });
    const after = await listed();
    expect(after.map(({ id }) => id)).toEqual([
      ...before.map(({ id }) => id).filter((id) => ![b, c, d].includes(id)),
      merged.id,
      created,
    ]);
    expect(await verify(dump(after))).toMatchObject({ ok: true, records: 999 });
    expect(await verify(dump(before))).toMatchObject({ missing: 2, ghosts: 3, stale: 1 });
    expect((await crm.get(`${CONTACTS}?archived=true`)).body.results).toMatchObject([{ id: b }]);
    expect((await crm.search('contacts', {})).body.total).toBe(999);
  });
});

describe('a bulk edit', () => {
  it('gives 25,000 records one time of change, which no search gets past without a second key', async () => {
    await generate(25_100);
    const done = await control('POST', '/contacts/bulk-edit', {
      count: 25_000,
      properties: { city: 'Bern' },
    });
    expect(done.body.edited).toBe(25_000);
    const at = String(Date.parse(done.body.lastModified));
    const filters = [{ propertyName: 'lastmodifieddate', operator: 'EQ', value: at }];
    const sorts = [{ propertyName: 'hs_object_id', direction: 'ASCENDING' }];
    const ask = (more: Record<string, unknown>) =>
      crm.search('contacts', {
        filterGroups: [{ filters }],
        sorts,
        properties: ['city'],
        limit: 200,
        ...more,
      });
    const { body } = await ask({});
    expect([body.total, body.results[0].properties.city]).toEqual([25_000, 'Bern']);
    expect((await ask({ after: '10000' })).status).toBe(400);
  });

  it('of nothing moves the time of change alone', async () => {
    const id = await crm.create('contacts', { firstname: 'Ada' });
    const before = (await crm.get(`${CONTACTS}/${id}`)).body;
    await eventually(() => Date.now() > Date.parse(before.updatedAt));
    await control('POST', '/contacts/bulk-edit', { count: 1 });
    const after = (await crm.get(`${CONTACTS}/${id}`)).body;
    expect(after.properties.firstname).toBe('Ada');
    expect(Date.parse(after.updatedAt)).toBeGreaterThan(Date.parse(before.updatedAt));
  });
});

describe('the mutator', () => {
  const weights = { edit: 4, create: 1, archive: 2, restore: 1, merge: 1, purge: 1, recalculate: 1 };

  it('changes records while their pages are read, the same ones for the same seed', async () => {
    const run = async (on: CrmHarness) => {
      const path = `/portals/${PORTAL}/crm`;
      await on.control('POST', `${path}/contacts/generate`, { count: 2_000, seed: 3 });
      await on.control('POST', `${path}/mutator`, { seed: 5, perPage: 9, weights });
      for (let after: string | undefined = '0'; after !== undefined;) {
        const { body } = await on.get(`${CONTACTS}?limit=100&after=${after}`);
        after = body.paging?.next.after as string | undefined;
      }
      return (await on.control('GET', `${path}/mutator`)).body;
    };
    const first = await run(crm);
    expect(first.running).toBe(true);
    for (const count of Object.values(first.done)) expect(count).toBeGreaterThan(0);
    const other = await startCrm();
    expect(await run(other)).toEqual(first);
    await other.close();
  });

  it('goes on at its rate until its count is done, or until it is told to end', async () => {
    await generate(500);
    await control('POST', '/mutator', { perSecond: 2_000, count: 60, weights: { ...weights, edit: 10 } });
    await eventually(async () => !(await control('GET', '/mutator')).body.running);
    const { done } = (await control('GET', '/mutator')).body;
    const total = Object.values<number>(done).reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(30);
    expect(total).toBeLessThanOrEqual(60);
    await control('POST', '/mutator', { perSecond: 1 });
    expect((await control('DELETE', '/mutator')).body.running).toBe(false);
    expect((await control('POST', '/mutator', { types: ['boats'] })).status).toBe(404);
  });

  it('makes a mirror of one pass wrong, which the comparison says', async () => {
    await generate(1_000);
    await control('POST', '/mutator', { seed: 1, perPage: 30, weights: { edit: 3, archive: 1, merge: 1 } });
    const onePass = dump(await listed());
    await control('DELETE', '/mutator');
    const { ok, ghosts, stale } = await verify(onePass);
    expect([ok, ghosts > 0, stale > 0]).toEqual([false, true, true]);
    expect(await verify(dump(await listed()))).toMatchObject({ ok: true });
  });
});
