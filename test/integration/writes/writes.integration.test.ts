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
    const wait = async () => {
      const { text } = await rig.metrics.render();
      return /^sluice_waiting_writes\S* (\d+)$/m.exec(text)?.[1] === String(others.length + 1);
    };
    await until('all others wait', wait, 5000, 20);
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

describe('a record that is made', () => {
  const make = (type: string, properties: object, headers: Record<string, string> = {}) =>
    rig.api.request<Written>('POST', `/api/objects/${type}`, { properties }, headers);
  const deal = (name: string) => ({ dealname: name, dealstage: 'appointmentscheduled', pipeline: 'default' });
  const dealsNamed = async (name: string) => {
    const filters = [{ propertyName: 'dealname', operator: 'EQ', value: name }];
    const { body } = await rig.crm.search('deals', {
      ...{ filterGroups: [{ filters }], properties: [], sorts: [], limit: 10, after: '0' },
    });
    return (body.results as { id: string }[]).map(({ id }) => id);
  };
  /** HubSpot does what it is asked for, and its answer is lost. */
  const loseAnswers = () =>
    rig.gateway.changeAnswers((request, outcome) =>
      request.resource === 'createObjects'
        ? { kind: 'unknown', reason: 'timeout', message: 'No answer' }
        : outcome,
    );
  const minutesPass = (minutes: number) =>
    rig.database.admin.query(
      'UPDATE idempotency_keys SET answered_at = answered_at - make_interval(mins => $1) WHERE status < 200',
      [minutes],
    );

  it('twice at once under one key is made once', async () => {
    const key = { 'idempotency-key': `twice-${(n += 1)}` };
    const answers = await Promise.all([1, 2, 3].map(() => make('deals', deal(`Twice ${n}`), key)));
    expect(answers.map(({ status }) => status)).toContain(201);
    expect(answers.every(({ status }) => status === 201 || status === 503)).toBe(true);
    expect((await make('deals', deal(`Twice ${n}`), key)).status).toBe(201);
    expect(await dealsNamed(`Twice ${n}`)).toHaveLength(1);
  });

  it('whose answer was lost is looked for under the key that the answer names, and not made again', async () => {
    const name = `Lost ${(n += 1)}`;
    loseAnswers();
    const lost = await make('deals', deal(name));
    const key = { 'idempotency-key': lost.headers.get('idempotency-key') ?? '' };
    expect([lost.status, key['idempotency-key'] !== '']).toEqual([503, true]);
    rig.gateway.forget();
    expect((await make('deals', deal(name), key)).status).toBe(503);
    await minutesPass(4);
    const found = await make('deals', deal(name), key);
    expect([found.status, found.body.record.id]).toEqual([201, (await dealsNamed(name))[0]]);
    expect((await make('deals', deal(name), key)).body).toEqual(found.body);
    expect(await dealsNamed(name)).toHaveLength(1);
  });

  it('that was never made is made when it is looked for, and the key is free where HubSpot refused it', async () => {
    const name = `Never ${(n += 1)}`;
    const key = { 'idempotency-key': `never-${n}` };
    rig.gateway.answerInstead((request) =>
      request.resource === 'createObjects'
        ? { kind: 'unknown', reason: 'reset', message: 'No answer' }
        : undefined,
    );
    expect((await make('deals', deal(name), key)).status).toBe(503);
    rig.gateway.forget();
    await minutesPass(1);
    expect((await make('deals', deal(name), key)).status).toBe(503);
    await minutesPass(3);
    expect((await make('deals', deal(name), key)).status).toBe(201);
    expect(await dealsNamed(name)).toHaveLength(1);
    const other = { 'idempotency-key': `refused-${n}` };
    expect((await make('deals', { ...deal(name), no_such_property: '1' }, other)).status).toBe(400);
    expect((await make('deals', deal(`${name} b`), other)).status).toBe(201);
  });

  it('and is a contact whose address is there already is answered as it stands, and not changed', async () => {
    const { id, email } = await contact({ firstname: 'Before' });
    const { status, body } = await make('contacts', { email, firstname: 'After' });
    expect([status, body.outcome, body.record.id]).toEqual([200, 'existing', id]);
    expect((await shown(id)).properties.firstname).toBe('Before');
    const fresh = await make('contacts', { email: `made-${email}`, firstname: 'New' });
    expect([fresh.status, fresh.body.outcome]).toEqual([201, 'created']);
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

const read = (path: string, fresh: string) =>
  rig.api.request<Written['record'] & { items: readonly Written['record'][]; version: number }>(
    'GET',
    path,
    undefined,
    {
      'x-sluice-fresh': fresh,
    },
  );

describe('what was written, to a read that brings its word,', () => {
  /** The mirror loses what it was given, as where it did not take it. */
  const forget = (id: string) =>
    rig.database.admin.query(
      `UPDATE crm_records SET properties = properties - 'firstname', modified_at = created_at, read_at = created_at WHERE id = $1`,
      [id],
    );

  it('is seen by a read that brings its word, though the mirror did not take it', async () => {
    const { id } = await contact();
    await rig.mirror();
    const { body } = await change(id, { firstname: 'fresh' });
    await forget(id);
    const before = performance.now();
    const one = await read(`/api/objects/contacts/${id}`, body.fresh);
    expect(performance.now() - before).toBeGreaterThan(4000);
    expect([one.status, one.body.properties.firstname]).toEqual([200, 'fresh']);
    await forget(id);
    const list = await read(`/api/objects/contacts?limit=100`, body.fresh);
    expect(list.body.items.find((each) => each.id === id)?.properties.firstname).toBe('fresh');
  }, 30_000);

  it('is seen at once where the mirror has it, and costs HubSpot nothing', async () => {
    const { id } = await contact();
    await rig.mirror();
    const { body } = await change(id, { firstname: 'there' });
    rig.requests.length = 0;
    const { body: found } = await read(`/api/objects/contacts/${id}`, body.fresh);
    expect([found.properties.firstname, rig.requests]).toEqual(['there', []]);
  });

  it('is read from HubSpot where the type is paused or not mirrored; another tenant reads nothing by it', async () => {
    const id = await rig.crm.create('companies', { name: 'Acme' });
    const made = await rig.api.patch(`/api/objects/companies/${id}`, { properties: { name: 'Acme 2' } });
    const { fresh } = made.body as Written;
    const { status, body } = await read(`/api/objects/companies/${id}`, fresh);
    expect([status, body.properties.name, body.version]).toEqual([200, 'Acme 2', 0]);
    const stranger = await rig.client({ workspaceId: OTHER_WORKSPACE });
    const theirs = await stranger.request(
      'GET',
      `/api/objects/companies/${id}?portalId=${PORTAL}`,
      undefined,
      {
        'x-sluice-fresh': fresh,
      },
    );
    expect(theirs.status).toBe(404);
    expect((await rig.api.get(`/api/objects/companies/${id}`)).status).toBe(404);
  });

  it.each(['x', '1.2.contacts.3.4', ''.padEnd(300, '1.41000009.contacts.51.1.1,')])(
    'is refused where it is none: %s',
    async (text) => {
      expect((await read('/api/objects/contacts/51', text)).status).toBe(400);
    },
  );
});

describe('a record that is deleted', () => {
  it('is in the recycle bin and not in the mirror, and nobody is told of it twice', async () => {
    const { id } = await contact();
    await rig.mirror();
    const { status, headers } = await rig.api.delete(`/api/objects/contacts/${id}`);
    expect(status).toBe(204);
    expect((await rig.crm.get(`${rig.crm.objects('contacts')}/${id}`)).status).toBe(404);
    expect((await read(`/api/objects/contacts/${id}`, headers.get('x-sluice-fresh') ?? '')).status).toBe(404);
    expect((await rig.api.delete(`/api/objects/contacts/${id}`)).status).toBe(204);
    const { rows } = await rig.database.admin.query<{ action: string }>(
      `SELECT action FROM crm_changes WHERE record_id = $1 AND action = 'Deleted'`,
      [id],
    );
    expect(rows).toHaveLength(1);
  });
});

describe('two records', () => {
  const types = (answer: { body: unknown }) =>
    (answer.body as { types: readonly { typeId: number }[] }).types.map(({ typeId }) => typeId).sort();

  it('are associated, with labels added and none taken away, and apart again', async () => {
    const { id } = await contact();
    const company = await rig.crm.create('companies', { name: 'Acme' });
    const path = `/api/objects/contacts/${id}/associations/companies/${company}`;
    const plain = await rig.api.put(path, {});
    expect([plain.status, types(plain)]).toEqual([200, [279]]);
    const primary = await rig.api.put(path, { labels: [{ category: 'HUBSPOT_DEFINED', typeId: 1 }] });
    expect([primary.status, types(primary)]).toEqual([200, [1, 279]]);
    const without = await rig.api.delete(`${path}?category=HUBSPOT_DEFINED&typeId=1`);
    expect(types(without)).toEqual([279]);
    expect(types(await rig.api.delete(path))).toEqual([]);
  });

  it('of which one is not there are not associated', async () => {
    const { id } = await contact();
    const { status } = await rig.api.put(`/api/objects/contacts/${id}/associations/companies/999999997`, {});
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});

describe('GET /crm/objects', () => {
  interface Page {
    readonly contacts: readonly { readonly id: string; readonly properties: Record<string, string | null> }[];
    readonly next_after: string | null;
  }
  const list = async (query: string) => (await rig.api.get<Page>(`/crm/objects?${query}`)).body;

  it("goes through all records by HubSpot's cursor, with what was asked for", async () => {
    for (let each = 0; each < 3; each += 1) await contact();
    const ids: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await list(
        `limit=2&properties=external_id${after === null ? '' : `&after=${after}`}`,
      );
      expect(page.contacts.length).toBeLessThanOrEqual(2);
      ids.push(...page.contacts.map(({ id }) => id));
      after = page.next_after;
    } while (after !== null);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(3);
    expect(new Set(rig.requests.map(({ priority }) => priority))).toEqual(new Set(['interactive']));
  });

  it('shows the newest first, and other types under their plural', async () => {
    const { id } = await contact();
    await rig.crm.settings({ searchIndexLagMs: 0 });
    const [newest] = (await list('order=newest&limit=1')).contacts;
    expect(Number(newest?.id)).toBeGreaterThanOrEqual(Number(id) - 1);
    const { body } = await rig.api.get<Record<string, unknown>>('/crm/objects?type=deals');
    expect(Object.keys(body).sort()).toEqual(['deals', 'next_after']);
    expect((await rig.api.get('/crm/objects?order=newest&after=10000')).status).toBe(400);
  });
});
