import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, PORTAL } from './harness.js';
import { startWebhooks, type SentEvent, type WebhookHarness } from './webhookHarness.js';

let hooks: WebhookHarness;
beforeEach(async () => {
  hooks = await startWebhooks();
});
afterEach(() => hooks.close());

const APP = 77;
const CONTACTS = '/crm/objects/2026-03/contacts';
const control = (path: string, body: unknown) =>
  hooks.control('POST', `/portals/${PORTAL}/crm/${path}`, body);

/** What is sent for it, in the order of the events' ids. */
async function sentFor(work: () => Promise<unknown>, plan: Record<string, unknown> = {}) {
  await hooks.set(plan);
  const before = hooks.pushes.length;
  await work();
  await eventually(async () => (await hooks.counts()).pending === 0);
  await hooks.end();
  const events = hooks.pushes.slice(before).flatMap((push) => push.events);
  return events.sort((a, b) => a.eventId - b.eventId);
}
const types = (events: SentEvent[]) => events.map((event) => event.subscriptionType);
const contact = (firstname: string) => hooks.create('contacts', { firstname });

describe('a webhook', () => {
  it('tells of a new record and of each of its values, with who made it and when', async () => {
    const before = Date.now();
    let id = '';
    const events = await sentFor(async () => {
      id = await hooks.create('contacts', { firstname: 'Ada', email: 'a@example.com' });
    });
    const same = {
      ...{ portalId: PORTAL, appId: APP, attemptNumber: 0, objectId: Number(id) },
      ...{ changeSource: 'INTEGRATION', sourceId: String(APP) },
      ...{ eventId: expect.any(Number), subscriptionId: expect.any(Number), occurredAt: expect.any(Number) },
    };
    const value = (propertyName: string, propertyValue: string) => ({
      ...same,
      ...{ subscriptionType: 'contact.propertyChange', propertyName, propertyValue, isSensitive: false },
    });
    expect(events).toEqual([
      { ...same, subscriptionType: 'contact.creation', changeFlag: 'CREATED' },
      value('firstname', 'Ada'),
      value('email', 'a@example.com'),
    ]);
    expect(new Set(events.map(({ subscriptionId }) => subscriptionId)).size).toBe(3);
    for (const { occurredAt } of events) expect(occurredAt).toBeGreaterThanOrEqual(before);
  });

  it('tells of each value that changed, and of none that did not', async () => {
    const id = await hooks.create('contacts', { firstname: 'Ada', lastname: 'Lovelace', city: 'Bern' });
    const events = await sentFor(() =>
      hooks.patch(`${CONTACTS}/${id}`, { properties: { firstname: 'Ada', lastname: 'King', city: '' } }),
    );
    expect(events.map((event) => [event['propertyName'], event['propertyValue']])).toEqual([
      ['lastname', 'King'],
      ['city', ''],
    ]);
  });

  it('tells of a record that goes to the recycle bin and comes back, once each', async () => {
    const id = await contact('Ada');
    const events = await sentFor(async () => {
      await hooks.delete(`${CONTACTS}/${id}`);
      await hooks.delete(`${CONTACTS}/${id}`);
      await control('contacts/restore', { ids: [id] });
    });
    expect(types(events)).toEqual(['contact.deletion', 'contact.restore']);
    expect(events[0]).toMatchObject({ objectId: Number(id), changeFlag: 'DELETED' });
  });

  it('names the records of a merge, has no objectId, and tells of the moved associations', async () => {
    const [first, second] = [await contact('Ada'), await hooks.create('contacts', { lastname: 'King' })];
    const company = await hooks.create('companies', { name: 'Acme' });
    await hooks.call('PUT', `${CONTACTS}/${second}/associations/default/companies/${company}`);
    let merged = '';
    const events = await sentFor(async () => {
      const body = { primaryObjectId: first, objectIdToMerge: second };
      merged = (await hooks.post(`${CONTACTS}/merge`, body)).body.id;
    });
    expect(events[0]).toMatchObject({
      ...{ subscriptionType: 'contact.merge', primaryObjectId: Number(first) },
      ...{ mergedObjectIds: [Number(second)], newObjectId: Number(merged), numberOfPropertiesMoved: 1 },
    });
    expect(events[0]).not.toHaveProperty('objectId');
    const ends = events.slice(1).map((event) => [event['associationRemoved'], event['fromObjectId']]);
    expect(ends).toEqual([
      [true, Number(second)],
      [true, Number(company)],
      [false, Number(merged)],
      [false, Number(company)],
    ]);
  });

  it('names the first record as the new one where merges keep its id', async () => {
    await hooks.settings({ mergesKeepTheFirstId: true });
    const [first, second] = [await contact('Ada'), await contact('Grace')];
    const events = await sentFor(() =>
      hooks.post(`${CONTACTS}/merge`, { primaryObjectId: first, objectIdToMerge: second }),
    );
    expect(types(events)).toEqual(['contact.merge']);
    expect(events[0]).toMatchObject({ primaryObjectId: Number(first), newObjectId: Number(first) });
  });

  it('tells of an association from both of its sides, and has no objectId', async () => {
    const [id, company] = [await contact('Ada'), await hooks.create('companies', { name: 'Acme' })];
    const path = `${CONTACTS}/${id}/associations/companies/${company}`;
    const primary = [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 }];
    const events = await sentFor(async () => {
      await hooks.call('PUT', path, primary);
      await hooks.call('PUT', path, primary);
      await hooks.delete(path);
    });
    const side = (prefix: string, associationType: string, from: string, to: string, removed: boolean) => ({
      ...{ subscriptionType: `${prefix}.associationChange`, associationType, isPrimaryAssociation: true },
      ...{ fromObjectId: Number(from), toObjectId: Number(to), associationRemoved: removed },
    });
    expect(events).toMatchObject([
      side('contact', 'CONTACT_TO_COMPANY', id, company, false),
      side('company', 'COMPANY_TO_CONTACT', company, id, false),
      side('contact', 'CONTACT_TO_COMPANY', id, company, true),
      side('company', 'COMPANY_TO_CONTACT', company, id, true),
    ]);
    for (const event of events) expect(event).not.toHaveProperty('objectId');
  });

  it('tells of an association that a record is made with, and of one that goes with it', async () => {
    const company = await hooks.create('companies', { name: 'Acme' });
    const link = {
      to: { id: company },
      types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }],
    };
    const events = await sentFor(async () => {
      const objectId = await hooks.create('contacts', {}, { associations: [link] });
      await hooks.post(`${CONTACTS}/gdpr-delete`, { objectId });
    });
    expect(types(events)).toEqual([
      ...['contact.creation', 'contact.associationChange', 'company.associationChange'],
      ...['contact.deletion', 'contact.privacyDeletion'],
      ...['contact.associationChange', 'company.associationChange'],
    ]);
    expect(events[2]).toMatchObject({ isPrimaryAssociation: false, associationRemoved: false });
    expect(events[5]).toMatchObject({ associationRemoved: true });
  });

  it('tells of custom types as objects of a type, also at the ends of their associations', async () => {
    const made = await hooks.post('/crm-object-schemas/2026-03/schemas', {
      ...{ name: 'cars', labels: { singular: 'Car', plural: 'Cars' }, primaryDisplayProperty: 'plate' },
      properties: [{ name: 'plate', label: 'Plate', type: 'string', fieldType: 'text' }],
      ...{ requiredProperties: ['plate'], associatedObjects: ['CONTACT'] },
    });
    const objectTypeId = made.body.objectTypeId as string;
    const id = await contact('Ada');
    let car = '';
    const events = await sentFor(async () => {
      car = await hooks.create(objectTypeId, { plate: 'ZH 1' });
      await hooks.call('PUT', `${CONTACTS}/${id}/associations/default/${objectTypeId}/${car}`);
    });
    const ends = { subscriptionType: 'object.associationChange', associationRemoved: false };
    expect(events).toMatchObject([
      { subscriptionType: 'object.creation', objectTypeId, objectId: Number(car) },
      { subscriptionType: 'object.propertyChange', objectTypeId, propertyName: 'plate' },
      { ...ends, fromObjectTypeId: '0-1', toObjectTypeId: objectTypeId, fromObjectId: Number(id) },
      { ...ends, fromObjectTypeId: objectTypeId, toObjectTypeId: '0-1', fromObjectId: Number(car) },
    ]);
  });

  it('says who did it: an import, people, the app', async () => {
    const events = await sentFor(
      async () => {
        await hooks.seed(1);
        await control('contacts/bulk-edit', { count: 1, properties: { firstname: 'Edited' } });
        await control('contacts/recalculate', { property: 'num_associated_deals', value: '7' });
        await contact('Ada');
      },
      { subscriptions: ['contact.creation', 'contact.propertyChange'] },
    );
    const told = events.map((event) => [event['propertyName'] ?? 'new', event['changeSource']]);
    expect(told).toEqual([
      ['new', 'IMPORT'],
      ['firstname', 'IMPORT'],
      ['firstname', 'CRM_UI'],
      ['num_associated_deals', 'CRM_UI'],
      ['new', 'INTEGRATION'],
      ['firstname', 'INTEGRATION'],
    ]);
  });

  it('tells of all that the mutator does, as often as it did it', async () => {
    await hooks.seed(60);
    let done: Record<string, number> = {};
    const weights = { edit: 8, create: 3, archive: 3, restore: 3, merge: 3, purge: 3 };
    const events = await sentFor(async () => {
      await control('mutator', { seed: 7, perSecond: 10_000, count: 200, weights });
      await eventually(async () => {
        const { body } = await hooks.control('GET', `/portals/${PORTAL}/crm/mutator`);
        done = body.done;
        return body.running === false;
      });
    });
    const told = types(events);
    const times = (type: string) => told.filter((one) => one === `contact.${type}`).length;
    expect(done).toMatchObject({
      create: times('creation'),
      merge: times('merge'),
      restore: times('restore'),
    });
    expect(done).toMatchObject({ purge: times('privacyDeletion') });
    expect(times('deletion')).toBe(done['archive']! + done['purge']!);
    expect(times('propertyChange')).toBe(done['edit']! + done['create']!);
  });

  it('is of the types that were subscribed to, and of portals with the app', async () => {
    await hooks.control('POST', '/portals', { portalId: 9 });
    const events = await sentFor(
      async () => {
        const id = await contact('Ada');
        await hooks.delete(`${CONTACTS}/${id}`);
        await hooks.control('POST', '/portals/9/crm/contacts/seed', { count: 3 });
      },
      { subscriptions: ['contact.deletion', 'contact.creation'] },
    );
    expect(types(events)).toEqual(['contact.creation', 'contact.deletion']);
    const refused = await hooks.set({ subscriptions: ['contact.levitation'] });
    expect([refused.status, refused.body.error]).toEqual([400, expect.stringContaining('contact.creation')]);
  });

  it('has ids that the events of other portals have as well', async () => {
    await hooks.control('POST', '/portals', { portalId: 9 });
    await hooks.control('POST', '/portals/9/install', {});
    const events = await sentFor(
      async () => {
        await hooks.control('POST', '/portals/9/crm/contacts/seed', { count: 3 });
        await hooks.seed(3);
      },
      { subscriptions: ['contact.creation'] },
    );
    const idsOf = (portalId: number) =>
      events.filter((event) => event.portalId === portalId).map(({ eventId }) => eventId);
    expect(idsOf(9)).toHaveLength(3);
    expect(idsOf(PORTAL)).toEqual(idsOf(9));
  });
});
