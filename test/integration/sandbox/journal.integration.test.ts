import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../../support/until.js';
import { PORTAL } from './harness.js';
import { JOURNAL, startJournal, SUBSCRIPTIONS, type JournalHarness } from './journalHarness.js';

let journal: JournalHarness;
beforeEach(async () => {
  journal = await startJournal();
});
afterEach(() => journal.close());

const CONTACTS = '/crm/objects/2026-03/contacts';
const contact = (firstname = 'Ada') => journal.create('contacts', { firstname });
const actions = async () => (await journal.events()).map(({ action }) => action);

describe('the webhooks journal', () => {
  it('tells what happens to records that are subscribed to, in order, with the values that changed', async () => {
    await journal.subscribe();
    const id = await contact();
    await journal.patch(`${CONTACTS}/${id}`, { properties: { firstname: 'Grace' } });
    await journal.create('companies', { name: 'Acme' });
    const events = await journal.events();
    expect(events).toEqual([
      expect.objectContaining({
        type: 'crmObject',
        action: 'CREATE',
        objectTypeId: '0-1',
        objectId: Number(id),
      }),
      expect.objectContaining({ action: 'UPDATE', propertyChanges: { firstname: 'Ada' } }),
      expect.objectContaining({ action: 'UPDATE', propertyChanges: { firstname: 'Grace' } }),
    ]);
    for (const { portalId, occurredAt } of events) {
      expect(portalId).toBe(PORTAL);
      expect(new Date(occurredAt).toISOString()).toBe(occurredAt);
    }
  });

  it('tells only of the actions, types and properties that are subscribed to, and by its filters', async () => {
    const { body } = await journal.subscribe({ actions: ['UPDATE'], properties: ['city'] });
    const id = await contact();
    const conditions = [
      { filterType: 'CRM_OBJECT_PROPERTY', operator: 'EQ', property: 'city', value: 'Bern' },
    ];
    const filter = { subscriptionId: body.id, filter: { conditions } };
    expect(await journal.call('POST', `${SUBSCRIPTIONS}/filters`, filter)).toMatchObject({ status: 200 });
    for (const city of ['Basel', 'Bern'])
      await journal.patch(`${CONTACTS}/${id}`, { properties: { city, lastname: city } });
    expect(await journal.events()).toEqual([
      expect.objectContaining({ action: 'UPDATE', propertyChanges: { city: 'Bern' } }),
    ]);
  });

  it('tells of installs and uninstalls, and of no record of an account that the app has left', async () => {
    for (const eventTypeId of ['4-1909196', '4-1916193'])
      await journal.call('POST', SUBSCRIPTIONS, {
        ...{ subscriptionType: 'APP_LIFECYCLE_EVENT', eventTypeId, properties: [] },
      });
    await journal.subscribe();
    await journal.control('POST', `/portals/${PORTAL}/uninstall`, {});
    await journal.control('POST', `/portals/${PORTAL}/crm/contacts/seed`, { count: 1 });
    await journal.control('POST', `/portals/${PORTAL}/install`, { lifetimeSeconds: 60 });
    expect(await actions()).toEqual(['APP_UNINSTALL', 'APP_INSTALL']);
  });

  it('ends with 204, also where it is empty, and goes on behind an offset', async () => {
    for (const what of ['earliest', 'latest'])
      expect(await journal.call('GET', `${JOURNAL}/${what}`)).toMatchObject({ status: 204, body: '' });
    await journal.subscribe();
    await contact();
    const { body } = await journal.call('GET', `${JOURNAL}/latest`);
    const next = `${JOURNAL}/offset/${body.currentOffset}/next`;
    expect((await journal.call('GET', next)).status).toBe(204);
    await contact('Grace');
    expect(await journal.call('GET', next)).toMatchObject({ status: 200 });
    expect(await journal.events(body.currentOffset)).toHaveLength(2);
  });

  it('has files of so many events, one after the other, and gives a hundred of them at once', async () => {
    await journal.settings({ journalEventsPerFile: 2 });
    await journal.subscribe({ actions: ['CREATE'] });
    for (let n = 0; n < 5; n += 1) await contact();
    const { body } = await journal.call('GET', `${JOURNAL}/batch/earliest/100`);
    expect(body.results).toHaveLength(3);
    const [first, ...rest] = body.results.map((one: { currentOffset: string }) => one.currentOffset);
    const after = await journal.call('GET', `${JOURNAL}/batch/${first}/next/100`);
    expect(after.body.results.map((one: { currentOffset: string }) => one.currentOffset)).toEqual(rest);
    expect(await journal.events()).toHaveLength(5);
  });

  it('does not know an offset that it never had, has lost, or no longer keeps', async () => {
    await journal.subscribe();
    await contact();
    const { body } = await journal.call('GET', `${JOURNAL}/latest`);
    const next = (offset: string) => journal.call('GET', `${JOURNAL}/offset/${offset}/next`);
    expect((await next('550e8400-e29b-41d4-a716-446655440000')).status).toBe(404);
    expect((await next('1')).status).toBe(400);
    await journal.control('POST', '/journal/lose', {});
    expect(await next(body.currentOffset)).toMatchObject({
      status: 404,
      body: { category: 'OBJECT_NOT_FOUND' },
    });
    await contact();
    const later = await journal.call('GET', `${JOURNAL}/latest`);
    await journal.settings({ journalRetentionMs: 1 });
    expect((await next(later.body.currentOffset)).status).toBe(404);
  });

  it("takes the app's own token while it lasts, with the scope, and no portal's; no other API takes it", async () => {
    const earliest = `${JOURNAL}/earliest`;
    const reader = await journal.appToken(['developer.webhooks_journal.read']);
    expect((await journal.call('GET', earliest, undefined, reader)).status).toBe(204);
    expect((await journal.call('GET', SUBSCRIPTIONS, undefined, reader)).status).toBe(403);
    expect((await journal.call('GET', earliest, undefined, journal.token)).status).toBe(401);
    expect((await journal.call('GET', CONTACTS, undefined, reader)).status).toBe(401);
    await journal.settings({ tokenLifetimeSeconds: 0.001 });
    const token = await journal.appToken();
    const expired = async () => {
      const answer = await journal.call('GET', earliest, undefined, token);
      return answer.status === 401 && answer;
    };
    expect(await until('the token is not taken any more', expired, 5000, 5)).toMatchObject({
      body: { category: 'EXPIRED_AUTHENTICATION' },
    });
  });

  it('has a limit of its own, by the second', async () => {
    await journal.settings({ journalRequestsPerSecond: 3 });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => journal.call('GET', `${JOURNAL}/earliest`)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 204, 204, 429, 429]);
    expect(answers.find(({ status }) => status === 429)!.body.policyName).toBe('SECONDLY');
  });
});

describe("a file's signed address", () => {
  const address = async (): Promise<string> => {
    await journal.subscribe();
    await contact();
    return (await journal.call('GET', `${JOURNAL}/latest`)).body.url;
  };

  it('needs no token, takes none, and leads nowhere with another signature or when it has expired', async () => {
    const url = await address();
    expect((await journal.fileAt(url)).status).toBe(200);
    expect((await fetch(url, { headers: { authorization: 'Bearer x' } })).status).toBe(400);
    expect((await journal.fileAt(`${url}x`)).status).toBe(403);
    await journal.settings({ journalFiles: 'expired' });
    expect((await journal.fileAt(await address())).status).toBe(403);
  });

  it('may be of a foreign host, and what it leads to cut off, redirected or larger than anybody takes', async () => {
    await journal.settings({ journalFiles: 'foreign' });
    expect(new URL(await address()).host).toBe('files.example.net');
    await journal.settings({ journalFiles: 'redirected' });
    expect((await journal.fileAt(await address())).status).toBe(307);
    await journal.settings({ journalFiles: 'cut' });
    const { text } = await journal.fileAt(await address());
    expect(() => JSON.parse(text)).toThrow();
    await journal.settings({ journalFiles: 'oversized' });
    expect((await journal.fileAt(await address())).text.length).toBeGreaterThan(64 * 1024 * 1024);
  });
});

describe('subscriptions of the webhooks journal', () => {
  it('are as many as the app may have, one of a kind; one that is made again is changed', async () => {
    await journal.settings({ journalSubscriptions: 2 });
    const first = await journal.subscribe();
    expect((await journal.subscribe({ actions: ['CREATE'] })).body).toMatchObject({
      ...{ id: first.body.id, actions: ['CREATE'] },
    });
    expect((await journal.subscribe({ objectTypeId: '0-2' })).status).toBe(200);
    expect((await journal.subscribe({ objectTypeId: '0-3' })).status).toBe(400);
    expect((await journal.call('GET', SUBSCRIPTIONS)).body.results).toHaveLength(2);
  });

  it('end one by one, or with all of their portal', async () => {
    const { body } = await journal.subscribe();
    await journal.subscribe({ objectTypeId: '0-2' });
    await journal.subscribe({ objectTypeId: '0-3' });
    expect((await journal.call('DELETE', `${SUBSCRIPTIONS}/${body.id}`)).status).toBe(204);
    expect((await journal.call('DELETE', `${SUBSCRIPTIONS}/${body.id}`)).status).toBe(404);
    expect((await journal.call('DELETE', `${SUBSCRIPTIONS}/portals/${PORTAL}`)).status).toBe(204);
    expect((await journal.call('GET', SUBSCRIPTIONS)).body.results).toEqual([]);
  });

  it('are refused without what the description requires, and of an account without the app', async () => {
    expect((await journal.call('POST', SUBSCRIPTIONS, { subscriptionType: 'OBJECT' })).status).toBe(400);
    expect((await journal.subscribe({ actions: ['RENAME'] })).status).toBe(400);
    expect((await journal.subscribe({ targetUrl: 'https://example.com' })).status).toBe(400);
    expect((await journal.subscribe({ portalId: 9 })).status).toBe(403);
  });
});
