import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, until, type Stack } from '../support/stack.js';

/** As the earlier service documents it. */
const EXAMPLE = {
  contact: { email: 'john.doe@example.com', firstname: 'John', lastname: 'Doe', phone: '123-456-7890' },
  deals: [{ dealname: 'New deal', amount: 1200, dealstage: 'appointmentscheduled' }],
  tickets: [
    {
      subject: 'Issue with billing',
      description: 'The invoice is wrong',
      category: 'billing',
      hs_pipeline: 'support',
      hs_ticket_priority: 'HIGH',
      hs_pipeline_stage: '1',
    },
  ],
};
const MESSAGE = 'Contact, Deal(s), and Ticket(s) processed successfully.';

interface Registered {
  success: boolean;
  message: string;
  contact_id: string;
  deal_ids: string[];
  ticket_ids: string[];
  notes: { path: string; message: string }[];
}

describe('POST /crm/register, end to end', () => {
  let stack: Stack;
  let portalId: number;

  beforeAll(async () => {
    stack = await startStack();
    portalId = await stack.connectPortal();
  }, 120_000);
  afterAll(() => stack.stop());

  const post = async <T>(body: object, headers: Record<string, string> = {}, path = '/crm/register') => {
    const response = await fetch(`${stack.apis[0]?.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stack.secrets.apiKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  };
  const atHubSpot = async (path: string) => {
    const token = stack.secrets.tokens.get(portalId) ?? '';
    const answer = await fetch(`${stack.sandboxProcess.url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await answer.json()) as {
      properties?: Record<string, string>;
      results?: { id: string; toObjectId: number }[];
    };
  };
  const ticketsOf = async (dealId: string | undefined) => {
    const { results = [] } = await atHubSpot(`/crm/objects/2026-03/deals/${dealId}/associations/tickets`);
    return results.map(({ toObjectId }) => String(toObjectId)).sort((a, b) => Number(a) - Number(b));
  };
  const counts = async () => (await stack.sandbox.crm(portalId)).records;
  const callsSince = async (after: number) =>
    (await stack.sandbox.requests({ portalId, after, limit: 1000 })).items.map(
      ({ method, path }) => `${method} ${path}`,
    );
  const last = async () => (await stack.sandbox.requests({ portalId, limit: 1000 })).next;

  it('the example of the earlier service succeeds as it stands, and is answered to the letter', async () => {
    const { status, headers, body } = await post<Registered>(EXAMPLE, { prefer: 'wait=30' });
    expect({ status, body }).toMatchObject({ status: 200 });
    expect(body).toMatchObject({ success: true, message: MESSAGE });
    const { contact_id: contactId, deal_ids: deals, ticket_ids: tickets } = body;
    expect([contactId, ...deals, ...tickets].every((id) => /^\d+$/.test(id))).toBe(true);
    expect([deals.length, tickets.length]).toEqual([1, 1]);
    expect(headers.get('idempotency-key')).toMatch(/^[0-9a-f-]{36}$/);

    const contact = await atHubSpot(`/crm/objects/2026-03/contacts/${contactId}?properties=email,phone`);
    expect(contact.properties).toMatchObject({ email: 'john.doe@example.com', phone: '123-456-7890' });
    const deal = await atHubSpot(
      `/crm/objects/2026-03/deals/${deals[0]}?properties=amount,dealstage,pipeline`,
    );
    expect(deal.properties).toMatchObject({ amount: '1200', dealstage: 'appointmentscheduled' });
    const ticket = await atHubSpot(
      `/crm/objects/2026-03/tickets/${tickets[0]}?properties=content,hs_ticket_category,hs_pipeline,hs_ticket_priority`,
    );
    expect(ticket.properties).toMatchObject({
      content: 'The invoice is wrong',
      hs_ticket_category: 'BILLING_ISSUE',
      hs_pipeline: '0',
      hs_ticket_priority: 'HIGH',
    });
    for (const type of ['deals', 'tickets']) {
      const linked = await atHubSpot(`/crm/objects/2026-03/contacts/${contactId}/associations/${type}`);
      expect(linked.results).toHaveLength(1);
    }
  }, 60_000);

  it('forty deals and forty tickets, each with each, take eight requests at most, and come in the order of the input', async () => {
    const many = {
      contact: { email: 'many@example.com' },
      deals: Array.from({ length: 40 }, (_, n) => ({ dealname: `Deal ${n}`, dealstage: 'closedwon' })),
      tickets: Array.from({ length: 40 }, (_, n) => ({ subject: `Ticket ${n}`, hs_pipeline_stage: '2' })),
      associations: { 'deals-tickets': {} },
    };
    const before = await last();
    const { status, body } = await post<Registered>(many, { prefer: 'wait=30' });
    expect({ status, body }).toMatchObject({ status: 200 });
    const calls = await callsSince(before);
    // Named, where there are more.
    expect(calls.filter((one) => one.includes('/crm/')).slice(8)).toEqual([]);
    expect(body.deal_ids).toHaveLength(40);
    const deal = await atHubSpot(`/crm/objects/2026-03/deals/${body.deal_ids[17]}?properties=dealname`);
    expect(deal.properties?.['dealname']).toBe('Deal 17');
    for (const id of [body.deal_ids[0], body.deal_ids[39]])
      expect(await ticketsOf(id)).toEqual(body.ticket_ids);
  }, 60_000);

  it('the same request with its key is done once, and is answered as before', async () => {
    const before = await counts();
    const key = { 'idempotency-key': 'order-4711', prefer: 'wait=30' };
    const answers = await Promise.all([1, 2, 3].map(() => post<Registered>(EXAMPLE, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.deal_ids[0])).size).toBe(1);
    // With several of each, a deal is not meant to have every ticket: it is asked for.
    expect(await ticketsOf(answers[0]?.body.deal_ids[0])).toEqual([]);
    expect((await counts())['deals']).toBe((before['deals'] ?? 0) + 1);
    const other = await post<{ type: string }>({ ...EXAMPLE, deals: [] }, key);
    expect(other).toMatchObject({ status: 422, body: { type: 'urn:sluice:idempotency_conflict' } });
  }, 60_000);

  it('what is not valid in the portal is refused with all of it, and nothing is written', async () => {
    const before = await counts();
    const { status, body } = await post<{ errors: { path: string }[] }>(
      {
        contact: { email: 'refused@example.com', shoe_size: 44 },
        deals: [{ dealname: 'x', dealstage: 'perhaps' }],
        tickets: [{ subject: 'y', hs_pipeline_stage: 'waiting' }],
      },
      { prefer: 'wait=30' },
    );
    expect(status).toBe(400);
    expect(body.errors.map(({ path }) => path).sort()).toEqual([
      'contact.shoe_size',
      'deals.0.dealstage',
      'tickets.0.hs_pipeline_stage',
    ]);
    expect(await counts()).toEqual(before);
  }, 60_000);

  it('who does not wait is told where to ask', async () => {
    const { status, headers } = await post({ contact: { email: 'later@example.com' } }, { prefer: 'wait=0' });
    expect(status).toBe(202);
    const location = headers.get('location') ?? '';
    expect(location).toMatch(/^\/crm\/register\/\d+$/);
    const isDone = async () => (await stack.api.must<{ state: string }>('GET', location)).state === 'done';
    await until('it is written', isDone, 30_000, 100);
  }, 60_000);

  const DEAL = { dealname: 'Boat', dealstage: 'appointmentscheduled' };
  const TICKET = { subject: 'Late', hs_pipeline_stage: '1' };
  const patient = { prefer: 'wait=60' };

  it.each([
    ['the look-up of the contact', '/contacts/batch/read'],
    ['the contact', '/contacts/batch/create'],
    ['the deals', '/deals/batch/upsert'],
    ['the tickets', '/tickets/batch/upsert'],
    ['the association of the deals', '/contacts/deals/batch/associate/default'],
    ['the association of the tickets', '/contacts/tickets/batch/associate/default'],
  ])(
    'a limit, an error and a lost answer at %s are gone through: each record is there once',
    async (_, path) => {
      const before = await counts();
      const any = { portalId, target: 'any', path, count: 1 } as const;
      await stack.sandbox.fault({ ...any, kind: 'status', status: 429, retryAfterSeconds: 1 });
      await stack.sandbox.fault({ ...any, kind: 'status', status: 502 });
      await stack.sandbox.fault({ ...any, kind: 'answerLost' });
      const email = `faults-${path.replaceAll('/', '-')}@example.com`;
      const { status, body } = await post<Registered>(
        { contact: { email }, deals: [DEAL], tickets: [TICKET] },
        patient,
      );
      expect({ status, body }).toMatchObject({ status: 200 });
      const { items } = await stack.sandbox.faults();
      expect(items.filter((one) => one.path === path && one.hits === 0)).toEqual([]);
      await stack.sandbox.endFaults();
      const after = await counts();
      const made = ['contacts', 'deals', 'tickets'].map((type) => (after[type] ?? 0) - (before[type] ?? 0));
      expect(made).toEqual([1, 1, 1]);
      for (const type of ['deals', 'tickets'])
        expect(
          (await atHubSpot(`/crm/objects/2026-03/contacts/${body.contact_id}/associations/${type}`)).results,
        ).toHaveLength(1);
    },
    90_000,
  );

  interface Incomplete {
    type: string;
    registration: {
      id: string;
      created: { contact_id: string | null; deal_ids: (string | null)[]; ticket_ids: (string | null)[] };
      failed: { row: string; property: string | null; reason: string }[];
      not_tried: string[];
      resume: string;
    };
  }
  const rules = (type: string, plan: object) =>
    fetch(`${stack.sandboxProcess.url}/_sandbox/portals/${portalId}/crm/${type}/rules`, {
      method: 'PUT',
      body: JSON.stringify(plan),
    });

  it('a deal that a rule of the portal refuses fails alone, is named with its property, and is written by a resume', async () => {
    await stack.sandbox.settings({ enforceValidationRules: 'always' });
    await rules('deals', {
      conditional: [{ property: 'dealstage', value: 'closedwon', requires: ['closedate'] }],
    });
    const before = await counts();
    const first = await post<Incomplete>(
      {
        contact: { email: 'rules@example.com' },
        deals: [DEAL, { ...DEAL, dealstage: 'Closed Won' }],
        tickets: [TICKET],
        associations: { 'deals-tickets': {} },
      },
      patient,
    );
    expect(first.status).toBe(424);
    const { registration, type } = first.body;
    expect(type).toBe('urn:sluice:registration_failed');
    const { created, failed, not_tried: notTried, resume } = registration;
    expect(created).toMatchObject({ deal_ids: [expect.any(String), null], ticket_ids: [expect.any(String)] });
    expect(failed).toEqual([
      { row: 'deals.1', property: 'closedate', reason: expect.stringContaining('MISSING_CONDITIONAL') },
    ]);
    expect(notTried).toEqual([]);

    await rules('deals', {});
    const again = await post<Registered>({}, patient, resume);
    expect({ status: again.status, body: again.body }).toMatchObject({ status: 200 });
    expect(again.body).toMatchObject({ contact_id: created.contact_id, ticket_ids: created.ticket_ids });
    expect(again.body.deal_ids[0]).toBe(created.deal_ids[0]);
    const after = await counts();
    const made = ['contacts', 'deals', 'tickets'].map((kind) => (after[kind] ?? 0) - (before[kind] ?? 0));
    expect(made).toEqual([1, 2, 1]);
    const linked = await atHubSpot(`/crm/objects/2026-03/contacts/${created.contact_id}/associations/deals`);
    expect(linked.results).toHaveLength(2);
    for (const id of again.body.deal_ids) expect(await ticketsOf(id)).toEqual(created.ticket_ids);
  }, 90_000);

  it('an address that HubSpot refuses ends it with its reason, before anything else is written', async () => {
    const before = await counts();
    const { status, body } = await post<Incomplete>(
      { contact: { email: 'x@y.con' }, deals: [DEAL] },
      patient,
    );
    expect(status).toBe(424);
    expect(body.registration).toMatchObject({
      created: { contact_id: null },
      failed: [{ row: 'contact', property: 'email' }],
      not_tried: ['deals', 'tickets', 'contact-deals', 'contact-tickets'],
    });
    expect(await counts()).toEqual(before);
  }, 60_000);

  it('an option that the portal has changed since it was read is read anew, and found by its new value', async () => {
    const of = (level: string) =>
      post<Registered>({ contact: { email: 'options@example.com', sluice_level: level } }, patient);
    const token = stack.secrets.tokens.get(portalId) ?? '';
    const options = (value: string) => [{ label: 'Gold', value, displayOrder: 0, hidden: false }];
    const define = (method: string, path: string, property: object) =>
      fetch(`${stack.sandboxProcess.url}/crm/properties/2026-03/contacts${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(property),
      });
    const level = { name: 'sluice_level', label: 'Level', groupName: 'contactinformation' };
    const kind = { type: 'enumeration', fieldType: 'select' };
    expect((await define('POST', '', { ...level, ...kind, options: options('gold') })).status).toBe(201);
    expect((await of('Gold')).status).toBe(200);
    expect((await define('PATCH', '/sluice_level', { options: options('gold_2') })).status).toBe(200);
    const { status, body } = await of('Gold');
    expect({ status, body }).toMatchObject({ status: 200 });
    const path = `/crm/objects/2026-03/contacts/${body.contact_id}?properties=sluice_level`;
    expect((await atHubSpot(path)).properties).toMatchObject({ sluice_level: 'gold_2' });
  }, 60_000);

  it('what was written is in the mirror when it is answered', async () => {
    const at = `/api/sync/${portalId}/deals`;
    await stack.api.must('POST', at, { action: 'start' });
    const isLoaded = async () => (await stack.api.must<{ state: string }>('GET', at)).state === 'following';
    await until('the deals are mirrored', isLoaded, 60_000, 200);
    const { body } = await post<Registered>(
      { contact: { email: 'mirrored@example.com' }, deals: [{ ...DEAL, dealname: 'Mirrored' }] },
      patient,
    );
    const { rows } = await stack.pool.query<{ properties: Record<string, string> }>(
      `SELECT properties FROM crm_records WHERE portal_id = $1 AND object_type = 'deals' AND id = $2`,
      [portalId, body.deal_ids[0]],
    );
    expect(rows[0]?.properties).toMatchObject({ dealname: 'Mirrored', dealstage: 'appointmentscheduled' });
  }, 90_000);

  it('a contact is found by a further address of it, and keeps its first one', async () => {
    const of = async (email: string, firstname: string) =>
      (await post<Registered>({ contact: { email, firstname } }, patient)).body.contact_id;
    const [one, other] = [await of('first@example.com', 'A'), await of('second@example.com', 'B')];
    const token = stack.secrets.tokens.get(portalId) ?? '';
    const merged = (await (
      await fetch(`${stack.sandboxProcess.url}/crm/objects/2026-03/contacts/merge`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ primaryObjectId: one, objectIdToMerge: other }),
      })
    ).json()) as { id: string };
    const before = await counts();
    const id = await of('Second@Example.com', 'C');
    expect(id).toBe(merged.id);
    expect(await counts()).toEqual(before);
    const { properties } = await atHubSpot(`/crm/objects/2026-03/contacts/${id}?properties=email,firstname`);
    expect(properties).toMatchObject({ email: 'first@example.com', firstname: 'C' });
  }, 60_000);

  it('a row with an id of its caller is changed by a later call with that id', async () => {
    const of = (amount: number) => ({
      contact: { email: 'external@example.com' },
      deals: [{ ...DEAL, amount, external_id: 'order-1' }],
    });
    const [first, second] = [await post<Registered>(of(1), patient), await post<Registered>(of(2), patient)];
    expect(second.body.deal_ids).toEqual(first.body.deal_ids);
    const deal = await atHubSpot(
      `/crm/objects/2026-03/deals/${first.body.deal_ids[0]}?properties=amount,sluice_external_id`,
    );
    expect(deal.properties).toMatchObject({ amount: '2', sluice_external_id: 'order-1' });
  }, 60_000);

  it.each<[string, object | string, number]>([
    ['nothing', {}, 400],
    ['no address', { contact: { firstname: 'A' } }, 400],
    ['41 deals', { contact: { email: 'a@example.com' }, deals: Array(41).fill(DEAL) }, 400],
    [
      'a text of 64 KiB and one more',
      { contact: { email: 'a@example.com', firstname: 'x'.repeat(65_537) } },
      400,
    ],
    ['a null byte in an address', { contact: { email: 'a\u0000@example.com' } }, 400],
    ['an object as a value', { contact: { email: 'a@example.com', firstname: { a: 1 } } }, 400],
    ['a field that is none', { contact: { email: 'a@example.com' }, deal: [] }, 400],
    ['another portal', { portalId: 1, contact: { email: 'a@example.com' } }, 404],
  ])('%s is refused in words', async (_, body, expected) => {
    const { status } = await post(body as object, patient);
    expect(status).toBe(expected);
  });

  it('text that Postgres cannot keep is written as it was given', async () => {
    const { status, body } = await post<Registered>(
      { contact: { email: 'odd@example.com', firstname: 'a\u0000b', lastname: '\ud800' } },
      patient,
    );
    expect({ status, body }).toMatchObject({ status: 200 });
    const { properties } = await atHubSpot(
      `/crm/objects/2026-03/contacts/${body.contact_id}?properties=firstname,lastname`,
    );
    expect(properties).toMatchObject({ firstname: 'a\u0000b' });
  }, 60_000);
});
