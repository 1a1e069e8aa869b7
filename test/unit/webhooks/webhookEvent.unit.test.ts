import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExactJson } from '../../../src/domain/exactJson.js';
import { readWebhookEvent } from '../../../src/domain/webhooks/webhookEvent.js';

const AT = 1_787_843_156_000;
/** As they are seen (docs/hubspot.md#webhooks). */
const change = (over: Record<string, unknown> = {}) => ({
  ...{ eventId: 4_101_286_121, subscriptionId: 7_562_680, portalId: 41_000_009, appId: 50_780_459 },
  ...{ occurredAt: AT, subscriptionType: 'contact.propertyChange', attemptNumber: 0, objectId: 541_935 },
  ...{ propertyName: 'email', propertyValue: 'a@b.c', changeSource: 'INTEGRATION', sourceId: '50780459' },
  ...over,
});
const read = (event: unknown) => readWebhookEvent(event)!;
const named = (event: unknown) => read(event).records.map((one) => `${one.objectType}/${one.recordId}`);

describe('an event of a webhook', () => {
  it('names its record and property, and nothing of the value is kept', () => {
    const event = read(change());
    expect(event).toMatchObject({
      ...{ portalId: 41_000_009, occurredAtMs: AT, property: 'email', changeSource: 'INTEGRATION' },
      ...{ records: [{ objectType: 'contacts', recordId: '541935' }], unknown: null },
      ...{ associations: false, erases: false, eventId: '4101286121', subscriptionId: '7562680' },
    });
    expect(JSON.stringify(event)).not.toContain('a@b.c');
  });

  it('of an import is taken as any other', () => {
    expect(named(change({ changeSource: 'IMPORT' }))).toEqual(['contacts/541935']);
  });

  it.each([
    ['company.creation', {}, ['companies/541935']],
    ['deal.deletion', {}, ['deals/541935']],
    ['ticket.restore', {}, ['tickets/541935']],
    ['object.creation', { objectTypeId: '0-1' }, ['contacts/541935']],
    ['object.propertyChange', { objectTypeId: '2-3465404' }, ['2-3465404/541935']],
  ])('%s names a record of its type', (subscriptionType, over, records) => {
    expect(named(change({ subscriptionType, ...over }))).toEqual(records);
  });

  it('of a merge names all its records, which have no objectId', () => {
    const merge = change({
      ...{ subscriptionType: 'contact.merge', objectId: undefined },
      ...{ primaryObjectId: 1, mergedObjectIds: [2, 3], newObjectId: 4 },
    });
    expect(named(merge)).toEqual(['contacts/4', 'contacts/1', 'contacts/2', 'contacts/3']);
    expect(read(merge)).toMatchObject({ associations: true, unknown: null });
  });

  it('of an association names both ends, each of its type', () => {
    const link = change({
      ...{
        subscriptionType: 'deal.associationChange',
        associationType: 'COMPANY_TO_DEAL',
        objectId: undefined,
      },
      ...{ fromObjectId: 7, toObjectId: 8, associationRemoved: false },
    });
    expect(named(link)).toEqual(['companies/7', 'deals/8']);
    expect(read(link).associations).toBe(true);
    const custom = {
      ...link,
      fromObjectTypeId: '2-77',
      toObjectTypeId: '0-1',
      associationType: 'CAR_TO_OWNER',
    };
    expect(named(custom)).toEqual(['2-77/7', 'contacts/8']);
  });

  it('of a privacy deletion erases its record', () => {
    expect(read(change({ subscriptionType: 'contact.privacyDeletion' }))).toMatchObject({
      ...{ erases: true, records: [{ objectType: 'contacts', recordId: '541935' }] },
    });
  });

  it.each([
    ['a type that is not known', { subscriptionType: 'line_item.creation' }],
    ['an action that is not known', { subscriptionType: 'contact.levitation' }],
    ['a type that every object has by nature', { subscriptionType: 'constructor.creation' }],
    ['an id that is none', { objectId: -1 }],
    ['an id that no record can have', { objectId: '9223372036854775808' }],
  ])('with %s is kept as it is, for who can read it', (_, over) => {
    const event = read(change(over));
    expect(event.records).toEqual([]);
    expect(JSON.parse(event.unknown!)).toMatchObject({ portalId: 41_000_009, propertyValue: 'a@b.c' });
  });

  it('that is kept as it is is JSON that Postgres takes, whatever it holds', () => {
    const event = read(change({ subscriptionType: 'x.y', propertyValue: 'a\0b\ud800c😀' }));
    expect(event.unknown).not.toMatch(/\\u0000|\\ud800/);
    expect(JSON.parse(event.unknown!)).toMatchObject({ propertyValue: 'a\ufffdb\ufffdc😀' });
  });

  it('of an id that no double holds names that very record', () => {
    expect(named(parseExactJson(JSON.stringify(change()).replace('541935', '750727362669608961')))).toEqual([
      'contacts/750727362669608961',
    ]);
  });

  it.each([
    { occurredAt: 'now' },
    { occurredAt: undefined },
    { subscriptionType: undefined },
    { portalId: '41000009' },
  ])('is kept as far as it can be read, where it has %j', (over) => {
    expect(read(change(over))).toMatchObject({ portalId: 41_000_009, eventId: '4101286121' });
  });

  it('that is not understood differs from others by whatever it says, but not by how often it was sent', () => {
    const key = (over: object) => read(change({ subscriptionType: 'x.y', ...over })).key.toString('hex');
    expect(key({ attemptNumber: 3 })).toBe(key({}));
    expect(key({ somethingNew: 1 })).not.toBe(key({}));
  });

  it.each([[null], ['x'], [[]], [{}], [change({ portalId: 'x' })]])(
    'cannot be read at all where it is %j',
    (event) => {
      expect(readWebhookEvent(event)).toBeUndefined();
    },
  );

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom(...Object.keys(change()), 'mergedObjectIds'),
        (value, name) => {
          readWebhookEvent(value);
          readWebhookEvent(change({ [name]: value }));
        },
      ),
    );
  });

  it('has the same key when it is sent again, and another where anything that tells events apart differs', () => {
    const key = (over: Record<string, unknown>) => read(change(over)).key.toString('hex');
    expect(key({ attemptNumber: 9, propertyValue: 'other' })).toBe(key({}));
    const others = [
      ...[{ eventId: 2 }, { subscriptionId: 2 }, { portalId: 2 }, { occurredAt: AT + 1 }, { objectId: 2 }],
      ...[{ propertyName: 'x' }, { subscriptionType: 'contact.creation' }, { objectTypeId: '0-1' }],
      ...[{ fromObjectId: 1 }, { toObjectId: 1 }, { associationRemoved: true }, { mergedObjectIds: [1] }],
    ];
    expect(new Set([{}, ...others].map(key)).size).toBe(others.length + 1);
  });
});
