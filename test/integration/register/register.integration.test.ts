import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OTHER_WORKSPACE } from '../http/harness.js';
import { startRegister, type RegisterRig } from './registerRig.js';

let rig: RegisterRig;
beforeAll(async () => {
  rig = await startRegister();
});
afterAll(() => rig.end());
afterEach(() => rig.letGo());

const DEAL = { dealname: 'Boat', dealstage: 'appointmentscheduled' };
const TICKET = { subject: 'Late', hs_pipeline_stage: '1' };
let n = 0;
const someone = () => ({ email: `registered${(n += 1)}@example.com` });

describe('a registration', () => {
  it('takes seven requests however many rows, once it is known what the portal has', async () => {
    const of = (rows: number) => ({
      contact: someone(),
      deals: Array.from({ length: rows }, (_, at) => ({ ...DEAL, amount: at })),
      tickets: Array.from({ length: rows }, () => TICKET),
      associations: { 'deals-tickets': {} },
    });
    await rig.register(of(1));
    rig.requests.length = 0;
    expect((await rig.register(of(40))).status).toBe(200);
    expect(rig.requests.map(({ resource }) => resource)).toEqual([
      ...['readObjects', 'createObjects', 'upsertObjects', 'upsertObjects'],
      ...['createDefaultAssociations', 'createDefaultAssociations', 'createDefaultAssociations'],
    ]);
  });
});

describe('a database that went back to before a registration', () => {
  /** As of a backup: it has nothing of what came since, whoever numbers what comes next. */
  const goBack = () => rig.database.admin.query('DELETE FROM registration_steps; DELETE FROM registrations');

  it('makes no deal and no ticket twice when the request comes again under its key, whatever number it gets; another body under that key makes its own', async () => {
    const [contact, key] = [someone(), randomUUID()];
    const body = { contact, deals: [DEAL, { ...DEAL, dealname: 'Sail' }], tickets: [TICKET] };
    const { status, body: first } = await rig.register(body, key);
    expect(status).toBe(200);
    await goBack();
    await rig.register({ contact: someone() });
    const again = await rig.register(body, key);
    expect(again).toMatchObject({
      status: 200,
      body: { contact_id: first.contact_id, deal_ids: first.deal_ids, ticket_ids: first.ticket_ids },
    });

    await goBack();
    const other = await rig.register({ ...body, deals: [DEAL] }, key);
    expect(other.status).toBe(200);
    expect(first.deal_ids).not.toContain(other.body.deal_ids[0]);
  });
});

describe('associations with labels', () => {
  interface Type {
    readonly category: string;
    readonly typeId: number;
    readonly label: string | null;
  }
  /** A label of its own. */
  const label = async (from: string, to: string, name: string): Promise<Type> => {
    const { body } = await rig.crm.post(`/crm/associations/2026-03/${from}/${to}/labels`, {
      ...{ label: name, name: name.toLowerCase().replaceAll(' ', '_') },
    });
    return (body as { results: Type[] }).results[0]!;
  };
  const labelsOf = async (from: string, id: string, to: string) => {
    const { body } = await rig.crm.get(`/crm/objects/2026-03/${from}/${id}/associations/${to}`);
    const { results } = body as { results: { toObjectId: string; associationTypes: Type[] }[] };
    return results.map(({ associationTypes }) => associationTypes.flatMap((one) => one.label ?? []).sort());
  };

  it('have them by their names and their type ids, in no call more where the records are new', async () => {
    await label('contacts', 'deals', 'Decision maker');
    const payer = await label('contacts', 'deals', 'Payer');
    await label('contacts', 'tickets', 'Reporter');
    await label('deals', 'tickets', 'Caused by');
    const body = {
      contact: someone(),
      deals: [DEAL, { ...DEAL, dealname: 'Sail' }],
      tickets: [TICKET],
      associations: {
        'contact-deals': { labels: ['decision', payer.typeId] },
        'contact-tickets': { labels: ['Reporter'] },
        'deals-tickets': { labels: ['Caused by'] },
      },
    };
    await rig.register({ ...body, contact: someone() });
    rig.requests.length = 0;
    const { status, body: done } = await rig.register(body);
    expect({ status, done }).toMatchObject({ status: 200 });
    expect(done.notes).toContainEqual({
      path: 'associations.contact-deals.labels.0',
      message: expect.stringContaining('Decision maker') as unknown,
    });
    expect(await labelsOf('contacts', done.contact_id, 'deals')).toEqual([
      ['Decision maker', 'Payer'],
      ['Decision maker', 'Payer'],
    ]);
    expect(await labelsOf('contacts', done.contact_id, 'tickets')).toEqual([['Reporter']]);
    for (const id of done.deal_ids) expect(await labelsOf('deals', id, 'tickets')).toEqual([['Caused by']]);
    expect(rig.requests.map(({ resource }) => resource)).toEqual([
      ...['readObjects', 'createObjects', 'upsertObjects', 'upsertObjects'],
      ...['createAssociations', 'createAssociations', 'createAssociations'],
    ]);
  });

  it('of a contact that is there to new deals need no look, those to a deal that was there do', async () => {
    await label('contacts', 'deals', 'Witness');
    const contact = someone();
    const of = (deals: object[]) => ({
      ...{ contact, deals, associations: { 'contact-deals': { labels: ['Witness'] } } },
    });
    const looks = () => rig.requests.filter(({ resource }) => resource === 'readAssociations').length;
    await rig.register(of([{ ...DEAL, external_id: 'witnessed' }]));
    rig.requests.length = 0;
    const { body: second } = await rig.register(of([DEAL]));
    expect([second.deal_ids.length, looks()]).toEqual([1, 0]);
    const { body: third } = await rig.register(of([DEAL, { ...DEAL, external_id: 'witnessed' }]));
    expect([third.deal_ids.length, looks()]).toEqual([2, 1]);
    expect(await labelsOf('contacts', third.contact_id, 'deals')).toEqual([
      ...[['Witness'], ['Witness'], ['Witness']],
    ]);
  });

  it('keep those that somebody else has given them', async () => {
    await label('contacts', 'deals', 'Sponsor');
    const theirs = await label('contacts', 'deals', 'Blocker');
    const contact = someone();
    const of = (labels: string[]) => ({
      contact,
      deals: [{ ...DEAL, external_id: 'kept-1' }],
      associations: { 'contact-deals': { labels } },
    });
    const { body: first } = await rig.register(of(['Sponsor']));
    await rig.api.put(`/api/objects/contacts/${first.contact_id}/associations/deals/${first.deal_ids[0]}`, {
      labels: [{ category: theirs.category, typeId: theirs.typeId }],
    });
    const { status, body } = await rig.register(of(['Sponsor']));
    expect([status, body.deal_ids]).toEqual([200, first.deal_ids]);
    expect(await labelsOf('contacts', body.contact_id, 'deals')).toEqual([['Blocker', 'Sponsor']]);
  });

  it('of labels that the portal does not have are refused with those that it has, before anything is written', async () => {
    await label('contacts', 'deals', 'Signatory');
    rig.requests.length = 0;
    const { status, body } = await rig.register({
      contact: someone(),
      deals: [DEAL],
      associations: {
        'contact-deals': { labels: ['Nobody', 'Signatory', 987_654] },
        'deals-tickets': { labels: ['s'] },
      },
    });
    expect(status).toBe(400);
    expect(body.errors?.map(({ path }) => path)).toEqual([
      'associations.contact-deals.labels.0',
      'associations.contact-deals.labels.2',
      'associations.deals-tickets.labels.0',
    ]);
    expect(body.errors?.[0]?.message).toContain('Signatory');
    expect(rig.requests.filter(({ resource }) => !resource.startsWith('list'))).toEqual([]);
  });

  it('of a label that was made since its like were read are found', async () => {
    const of = () =>
      rig.register({
        contact: someone(),
        deals: [DEAL],
        associations: { 'contact-deals': { labels: ['Newcomer'] } },
      });
    expect((await of()).status).toBe(400);
    await label('contacts', 'deals', 'Newcomer');
    const { status, body } = await of();
    expect(status).toBe(200);
    expect(await labelsOf('contacts', body.contact_id, 'deals')).toEqual([['Newcomer']]);
  });
});

describe('what is wrong with a registration', () => {
  it('is answered at once: what is wrong by itself, and what the portal has against the other rows', async () => {
    rig.requests.length = 0;
    const { status, body } = await rig.register({
      contact: { firstname: 'Ada' },
      deals: [DEAL, { dealname: 'x' }, { ...DEAL, dealstage: 'perhaps' }, 7],
      tickets: [{ ...TICKET, shoe_size: 44 }, { subject: 'y' }],
      associations: { 'contact-deals': { labels: ['no such label'] } },
      more: 1,
    });
    expect(status).toBe(400);
    expect(body.errors?.map(({ path }) => path).sort()).toEqual([
      'associations.contact-deals.labels.0',
      'contact.email',
      'deals.1.dealstage',
      'deals.2.dealstage',
      'deals.3',
      'more',
      'tickets.0.shoe_size',
      'tickets.1.hs_pipeline_stage',
    ]);
    expect(rig.requests.filter(({ resource }) => !resource.startsWith('list'))).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['nothing else is there', {}],
    ['it is no object', [1]],
    ['it is of a portal of somebody else', { portalId: 1, deals: [DEAL], contact: {} }],
  ])('is its shape alone where %s', async (_, body) => {
    rig.requests.length = 0;
    const answer = await rig.register(body);
    expect(answer.status).toBe(400);
    expect(rig.requests).toEqual([]);
  });

  it('is what the request alone tells where HubSpot does not say what the portal has', async () => {
    const unread = await startRegister();
    unread.gateway.answerInstead(({ resource }) =>
      resource === 'listPipelines' ? { kind: 'unknown', reason: 'timeout', message: 'No answer' } : undefined,
    );
    const { status, body } = await unread.register({
      contact: {},
      deals: [
        { ...DEAL, dealstage: 'perhaps', external_id: 'A-1' },
        { ...DEAL, external_id: ' A-1' },
      ],
      tickets: [{ external_id: 'B-1' }, { external_id: 'B-1' }],
    });
    await unread.end();
    expect([status, body.errors?.map(({ path }) => path).sort()]).toEqual([
      400,
      [
        ...['contact.email', 'deals.1.external_id', 'tickets.0.hs_pipeline_stage', 'tickets.0.subject'],
        ...['tickets.1.external_id', 'tickets.1.hs_pipeline_stage', 'tickets.1.subject'],
      ],
    ]);
  });
});

describe('whoever registers what nobody should', () => {
  const ask = (body: unknown, headers: Record<string, string> = {}) =>
    rig.api.request<{ errors?: readonly { path: string }[]; type?: string }>('POST', '/crm/register', body, {
      prefer: 'wait=0',
      ...headers,
    });
  const sent = () => rig.requests.filter(({ resource }) => !resource.startsWith('list'));

  it('one new address from ten callers at once makes one contact, and each has its deal', async () => {
    const contact = { ...someone(), firstname: 'Ada' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => rig.register({ contact, deals: [{ ...DEAL, amount: at }] })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => body.contact_id)).size).toBe(1);
    expect(new Set(answers.map(({ body }) => body.deal_ids[0])).size).toBe(10);
  });

  it('one external id from ten callers at once makes one deal', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () =>
        rig.register({ contact: someone(), deals: [{ ...DEAL, external_id: 'ten-at-once' }] }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(answers.map(({ body }) => body.deal_ids[0])).size).toBe(1);
  });

  it('a contact that is there and has nothing new is registered with its deal, and not written', async () => {
    const contact = someone();
    const { body: first } = await rig.register({ contact });
    rig.requests.length = 0;
    const { status, body } = await rig.register({ contact, deals: [DEAL] });
    expect([status, body.contact_id]).toEqual([200, first.contact_id]);
    expect(sent().map(({ resource }) => resource)).not.toContain('updateObjects');
  });

  it.each<[string, () => unknown, string[]]>([
    [
      'a name that is none',
      () => ({ contact: { ...someone(), 'a\u0000\ud800': 'x' } }),
      ['contact.a\u0000\ud800'],
    ],
    [
      'a name of every object',
      () => ({ contact: { ...someone(), constructor: 'x', toString: 'y' } }),
      ['contact.constructor', 'contact.toString'],
    ],
    [
      'associations of a type that there is not',
      () => ({ contact: someone(), associations: { 'deals-companies': {} } }),
      ['associations.deals-companies'],
    ],
    [
      'a label that is none',
      () => ({ contact: someone(), associations: { 'contact-deals': { labels: [{}] } } }),
      ['associations.contact-deals.labels.0'],
    ],
    [
      'a stage that is a list',
      () => ({ contact: someone(), deals: [{ ...DEAL, dealstage: ['a'] }] }),
      ['deals.0.dealstage'],
    ],
    [
      'a number beyond all numbers',
      () => ({ contact: someone(), deals: [{ ...DEAL, amount: '1e99999' }] }),
      ['deals.0.amount'],
    ],
    [
      'two rows with one id',
      () => ({ contact: someone(), deals: [DEAL, DEAL].map((one) => ({ ...one, external_id: 'x' })) }),
      ['deals.1.external_id'],
    ],
    [
      'an id that is a number',
      () => ({ contact: someone(), deals: [{ ...DEAL, external_id: 7 }] }),
      ['deals.0.external_id'],
    ],
  ])('%s is refused with its path, and nothing is written', async (_, body, paths) => {
    rig.requests.length = 0;
    const { status, body: problem } = await rig.register(body());
    expect([status, problem.errors?.map(({ path }) => path)]).toEqual([400, paths]);
    expect(sent()).toEqual([]);
  });

  it('a name that objects inherit from is none of a property', async () => {
    const text = `{"contact":{"email":"${someone().email}","__proto__":"x"}}`;
    const response = await fetch(`${rig.url}/crm/register`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await rig.key()}`,
        'content-type': 'application/json',
        prefer: 'wait=0',
      },
      body: text,
    });
    expect([200, 202, 400]).toContain(response.status);
  });

  it.each([
    ['2 MB', () => JSON.stringify({ contact: { ...someone(), firstname: 'x'.repeat(2_000_000) } }), 413],
    [
      'lists in lists, a hundred thousand deep',
      () => `{"contact":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      400,
    ],
    ['half a body', () => '{"contact":', 400],
    ['no object', () => '7', 400],
  ])('%s is refused in words', async (_, body, status) => {
    const response = await fetch(`${rig.url}/crm/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await rig.key()}`, 'content-type': 'application/json' },
      body: body(),
    });
    const problem = (await response.json()) as { detail?: string; status?: number };
    expect([response.status, problem.status]).toEqual([status, status]);
  });

  it.each([
    ['wait=0', 202],
    ['respond-async, wait=0', 202],
    ['WAIT = 0', 202],
    ['wait=61', 400],
    ['wait=999999999999', 400],
    // What cannot be read is no preference (RFC 7240).
    ['wait=abc', 202],
    ['wait=-1', 202],
    ['wait=', 202],
    ['handling=lenient', 202],
  ])('Prefer: %s is answered %i', async (prefer, expected) => {
    const { status } = await ask({ contact: someone() }, { prefer });
    expect(status).toBe(expected);
  });

  it('one key with another body, or for another portal, is refused, and the first stands', async () => {
    const key = { 'idempotency-key': `another-${n}` };
    const contact = someone();
    expect((await ask({ contact }, key)).status).toBe(202);
    expect((await ask({ contact, deals: [DEAL] }, key)).status).toBe(422);
    expect((await ask({ contact }, key)).status).toBe(202);
  });

  it('a resume that is asked for twice at once makes nothing twice, and one of what is done or refused does nothing', async () => {
    await rig.crm.settings({ enforceValidationRules: 'always' });
    const rules = (plan: object) =>
      rig.crm.control('PUT', `/portals/${rig.object.portalId}/crm/deals/rules`, plan);
    await rules({ conditional: [{ property: 'dealstage', value: 'closedwon', requires: ['closedate'] }] });
    const before = rig.ended.length;
    const first = await rig.register({
      contact: someone(),
      deals: [DEAL, { ...DEAL, dealstage: 'closedwon' }],
      associations: { 'contact-deals': {} },
    });
    expect(first.status).toBe(424);
    const { id = '', resume = '' } = first.body.registration ?? {};
    await rules({});
    rig.requests.length = 0;
    const resumed = await Promise.all(
      [1, 2].map(() => rig.api.request('POST', resume, {}, { prefer: 'wait=0' })),
    );
    expect(resumed.map(({ status }) => status)).toEqual([202, 202]);
    await Promise.all([rig.run(id), rig.run(id)]);
    const done = await rig.api.request<{ deal_ids: string[] }>('POST', resume, {}, { prefer: 'wait=0' });
    expect([done.status, done.body.deal_ids[0]]).toEqual([200, first.body.registration?.created.deal_ids[0]]);
    const { body } = await rig.crm.get(
      `/crm/objects/2026-03/contacts/${first.body.registration?.created.contact_id}/associations/deals`,
    );
    expect((body as { results: unknown[] }).results).toHaveLength(2);

    expect(rig.ended.slice(before)).toEqual(['failed', 'done']);

    const refused = await rig.register({ contact: { ...someone(), shoe_size: 1 } });
    expect(refused.status).toBe(400);
    const { body: list } = await rig.api.get<{ items: { id: string }[] }>(
      '/crm/register?state=refused&limit=1',
    );
    const again = await rig.api.request(
      'POST',
      `/crm/register/${list.items[0]?.id}/resume`,
      {},
      { prefer: 'wait=0' },
    );
    expect(again.status).toBe(400);
  });

  it('another tenant sees, resumes and repeats none of it', async () => {
    const key = { 'idempotency-key': `theirs-${n}`, prefer: 'wait=0' };
    const mine = await ask({ contact: someone() }, key);
    const id = (mine.body as { id?: string }).id ?? '';
    const stranger = await rig.client({ workspaceId: OTHER_WORKSPACE });
    expect((await stranger.get(`/crm/register/${id}`)).status).toBe(404);
    expect((await stranger.post(`/crm/register/${id}/resume`, {})).status).toBe(404);
    expect((await stranger.request('POST', '/crm/register', { contact: someone() }, key)).status).toBe(400);
    expect((await stranger.get<{ items: unknown[] }>('/crm/register')).body.items).toEqual([]);
  });
});
