import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { unavailable } from '../../../src/hubspot/wire/outcomes.js';
import { until } from '../../support/until.js';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { PORTAL } from '../sandbox/harness.js';
import { startWrites, type Written, type WritesRig } from './writesRig.js';

let rig: WritesRig;
beforeAll(async () => {
  rig = await startWrites();
});
afterAll(() => rig.end());
afterEach(() => rig.letGo());

let n = 0;
/** A contact of its own: its id, and its address. */
async function contact(properties: Record<string, string> = {}) {
  n += 1;
  const email = `writes${n}@example.com`;
  return { email, id: await rig.crm.create('contacts', { email, external_id: `ext-${n}`, ...properties }) };
}
const shown = async (id: string, names = 'firstname,lastname,email') =>
  (await rig.crm.get(`${rig.crm.objects('contacts')}/${id}?properties=${names}`)).body as {
    properties: Record<string, string | null>;
  };
const change = (id: string, properties: unknown) =>
  rig.api.patch(`/api/objects/contacts/${id}`, { properties }) as Promise<{
    status: number;
    body: Written;
    headers: Headers;
  }>;
const batch = (body: unknown) =>
  rig.api.post<{
    results: readonly (Written & { index: number; status: string; error?: Row })[];
    failed: number;
  }>('/api/objects/contacts/batch/upsert', body);
interface Row {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly errors: readonly { readonly path: string }[];
}
const sent = (resource: string) => rig.requests.filter((one) => one.resource === resource);
const inputsOf = (resource: string) =>
  sent(resource).map(({ body }) => (body as { inputs: readonly unknown[] }).inputs.length);

describe('a change of a record', () => {
  it('is made at HubSpot at once, with the priority of those who wait for it', async () => {
    const { id } = await contact();
    const { status, body, headers } = await change(id, { firstname: 'Ada', lastname: null });
    expect([status, body.outcome, body.record.id]).toEqual([200, 'updated', id]);
    expect((await shown(id)).properties.firstname).toBe('Ada');
    expect(headers.get('x-sluice-fresh')).toBe(body.fresh);
    expect(rig.requests.map(({ priority, resource }) => [priority, resource])).toEqual([
      ['interactive', 'updateObjects'],
    ]);
  });

  it('of a record that HubSpot does not have is answered 404, and what HubSpot refuses 400 with its property', async () => {
    expect((await change('999999999', { firstname: 'Ada' })).status).toBe(404);
    const { id } = await contact();
    const refused = await change(id, { no_such_property: '1' });
    expect([refused.status, refused.body.type]).toEqual([400, 'urn:sluice:invalid_input']);
    expect(refused.body.errors?.map(({ path }) => path)).toEqual(['properties.no_such_property']);
  });

  it.each([
    ['a text with a null character', { firstname: `a${String.fromCharCode(0)}b` }, 'properties.firstname'],
    ['a text of more than 64 KiB', { firstname: 'x'.repeat(65_537) }, 'properties.firstname'],
    ['a list', { firstname: ['Ada'] }, 'properties.firstname'],
    ['a name that is none', { 'First Name': 'Ada' }, 'properties.First Name'],
  ])('with %s is refused before HubSpot is asked, with its path', async (_, properties, path) => {
    const { status, body } = await change('51', properties);
    expect([status, body.errors?.[0]?.path]).toEqual([400, path]);
    expect(rig.requests).toEqual([]);
  });

  it('in a portal of another workspace, or of a type that there is not, is refused before HubSpot is asked', async () => {
    const stranger = await rig.client({ workspaceId: OTHER_WORKSPACE });
    const asked = await stranger.patch(`/api/objects/contacts/51?portalId=${PORTAL}`, {
      properties: { firstname: 'x' },
    });
    expect(asked.status).toBe(404);
    expect((await rig.api.patch('/api/objects/unicorns/51', { properties: {} })).status).toBe(400);
    expect(rig.requests).toEqual([]);
  });

  it.each([
    [
      'HubSpot limits the portal',
      { kind: 'throttled', policy: 'DAILY', retryAfterMs: 90_000, message: '' },
      429,
      '90',
    ],
    ['HubSpot is away', { ...unavailable('breaker', 'open'), retryAfterMs: 4000 }, 503, '4'],
  ] as const)('says when to come again where %s', async (_, outcome, status, retryAfter) => {
    const { id } = await contact();
    rig.gateway.answerInstead(() => outcome);
    const answer = await change(id, { firstname: 'Ada' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, retryAfter]);
  });
});

describe('writes that come at the same time', () => {
  it('go together when the first one has gone alone, and each has its own answer', async () => {
    const people = await Promise.all(Array.from({ length: 30 }, () => contact()));
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    rig.requests.length = 0;
    rig.hold(() => gate);
    const first = change(people[0]?.id ?? '', { firstname: 'n0' });
    await until('the first one is out', () => rig.requests.length === 1, 5000);
    const others = people.slice(1).map(({ id }, at) => change(id, { firstname: `n${at + 1}` }));
    const bad = change('999999998', { firstname: 'nobody' });
    await new Promise((resolve) => setTimeout(resolve, 500));
    open();
    const answers = await Promise.all([first, ...others]);
    expect(answers.map(({ status, body }) => [status, body.record.properties.firstname])).toEqual(
      people.map((_, at) => [200, `n${at}`]),
    );
    expect((await bad).status).toBe(404);
    const sizes = inputsOf('updateObjects');
    expect(sizes[0]).toBe(1);
    expect(sizes.length).toBeLessThan(6);
  });

  it('to one record end as the last of them says', async () => {
    const { id } = await contact();
    for (let round = 0; round < 5; round += 1) {
      const first = change(id, { firstname: 'first' });
      await until('it is out', () => sent('updateObjects').length > 2 * round, 5000, 5);
      const last = change(id, { firstname: `last ${round}` });
      expect([(await first).status, (await last).status]).toEqual([200, 200]);
      expect((await shown(id)).properties.firstname).toBe(`last ${round}`);
    }
  });
});

describe('a batch', () => {
  it('changes what is there, makes what is not, and one bad row fails alone', async () => {
    const { id } = await contact();
    const key = `ext-${n}`;
    const { status, body } = await batch({
      idProperty: 'external_id',
      records: [
        { id: key, properties: { firstname: 'there' } },
        { id: `new-${n}`, properties: { firstname: 'new', email: `new${n}@example.com` } },
        { id: `bad-${n}`, properties: { no_such_property: 'x' } },
      ],
    });
    expect(status).toBe(200);
    expect(body.results.map(({ index, status: said, outcome }) => [index, said, outcome])).toEqual([
      [0, 'done', 'updated'],
      [1, 'done', 'created'],
      [2, 'failed', undefined],
    ]);
    expect(body.failed).toBe(1);
    expect(body.results[0]?.record.id).toBe(id);
    expect(body.results[2]?.error).toMatchObject({ status: 400, type: 'urn:sluice:invalid_input' });
    expect(body.results[2]?.error?.errors.map(({ path }) => path)).toEqual([
      'records.2.properties.no_such_property',
    ]);
  });

  it('with one record twice writes it once, as the later row says', async () => {
    const { id } = await contact();
    const records = ['one', 'two'].map((firstname) => ({ id: `ext-${n}`, properties: { firstname } }));
    rig.requests.length = 0;
    const { body } = await batch({ idProperty: 'external_id', records });
    expect(body.results.map(({ record }) => record.id)).toEqual([id, id]);
    expect((await shown(id)).properties.firstname).toBe('two');
    expect(inputsOf('upsertObjects')).toEqual([1]);
  });

  it('finds contacts by a further address, too, and keeps it one', async () => {
    const { id, email } = await contact();
    const { body } = await batch({
      idProperty: 'email',
      records: [{ id: email.toUpperCase(), properties: { firstname: 'A' } }],
    });
    expect(body.results[0]).toMatchObject({ status: 'done', outcome: 'updated', record: { id } });
  });

  it('is answered as before under its Idempotency-Key', async () => {
    const body = {
      idProperty: 'external_id',
      properties: { external_id: `once-${(n += 1)}`, email: `once${n}@example.com` },
    };
    const headers = { 'idempotency-key': `key-${n}` };
    const first = await rig.api.request<Written>('POST', '/api/objects/contacts', body, headers);
    const again = await rig.api.request<Written>('POST', '/api/objects/contacts', body, headers);
    expect([first.status, first.body.outcome]).toEqual([201, 'created']);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(sent('upsertObjects')).toHaveLength(1);
  });
});

describe('what was written', () => {
  it('is in the mirror with its answer, and what others changed meanwhile is read by whoever follows', async () => {
    const { id } = await contact({ firstname: 'before', lastname: 'before' });
    await rig.mirror();
    await rig.crm.patch(`${rig.crm.objects('contacts')}/${id}`, {
      properties: { lastname: 'by somebody else' },
    });
    await change(id, { firstname: 'by us' });
    const read = () => rig.api.get<Written['record']>(`/api/objects/contacts/${id}`);
    expect((await read()).body.properties).toMatchObject({ firstname: 'by us' });
    await rig.follow();
    expect((await read()).body.properties).toMatchObject({
      firstname: 'by us',
      lastname: 'by somebody else',
    });
  });

  it('is in the mirror where it was made, and is counted there', async () => {
    await rig.mirror();
    const count = async () =>
      (await rig.database.admin.query<{ live: number }>('SELECT live FROM sync_states')).rows[0]?.live;
    const before = Number(await count());
    const { body } = await batch({
      idProperty: 'external_id',
      records: [{ id: `made-${(n += 1)}`, properties: { email: `made${n}@example.com` } }],
    });
    const found = await rig.api.get<Written['record']>(`/api/objects/contacts/${body.results[0]?.record.id}`);
    expect(found.body.properties).toMatchObject({ email: `made${n}@example.com`, external_id: `made-${n}` });
    expect(Number(await count())).toBe(before + 1);
    const { rows } = await rig.database.admin.query<{ action: string }>(
      'SELECT action FROM crm_changes WHERE record_id = $1',
      [body.results[0]?.record.id],
    );
    expect(rows.map(({ action }) => action)).toEqual(['Created']);
  });
});
