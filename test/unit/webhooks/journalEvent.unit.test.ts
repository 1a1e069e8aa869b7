import { describe, expect, it } from '@jest/globals';
import { readJournalFile } from '../../../src/domain/webhooks/journalEvent.js';

const PORTAL = 41_000_009;
const event = (over: Record<string, unknown> = {}) => ({
  ...{ type: 'crmObject', portalId: PORTAL, action: 'UPDATE', occurredAt: '2026-10-01T10:00:00.000Z' },
  ...{ objectTypeId: '0-1', objectId: 51, propertyChanges: { firstname: 'Ada' } },
  ...over,
});
const fileOf = (...journalEvents: unknown[]) =>
  readJournalFile(JSON.stringify({ offset: 'x', journalEvents, publishedAt: '2026-10-01T10:00:01Z' }))!;
const one = (over: Record<string, unknown> = {}) => fileOf(event(over)).events[0]!;

describe('an event of the webhooks journal', () => {
  it.each([
    ['CREATE', 'object.creation', true],
    ['UPDATE', 'object.propertyChange', false],
    ['DELETE', 'object.deletion', false],
    ['RESTORE', 'object.restore', true],
    ['GDPR_DELETE', 'object.privacyDeletion', false],
  ])('%s is one of webhooks, %s: its record is read', (action, subscriptionType, associations) => {
    expect(one({ action })).toMatchObject({
      ...{ portalId: PORTAL, subscriptionType, associations, erases: action === 'GDPR_DELETE' },
      ...{ records: [{ objectType: 'contacts', recordId: '51' }], unknown: null },
      occurredAtMs: Date.parse('2026-10-01T10:00:00.000Z'),
    });
  });

  it('of a merge names all that took part, by whatever names it has them', () => {
    const merge = one({
      action: 'MERGE',
      objectId: 3,
      newObjectId: 3,
      primaryObjectId: 1,
      mergedObjectIds: [2],
    });
    expect(merge.records.map(({ recordId }) => recordId)).toEqual(['3', '1', '2']);
  });

  it('of an association names both sides, of a type of the portal too', () => {
    const link = one({
      ...{ action: 'ASSOCIATION_REMOVED', objectTypeId: undefined, objectId: undefined },
      ...{ fromObjectTypeId: '0-1', fromObjectId: 51, toObjectTypeId: '2-77', toObjectId: 61 },
    });
    expect(link).toMatchObject({
      ...{ subscriptionType: 'object.associationChange', associations: true },
      records: [
        { objectType: 'contacts', recordId: '51' },
        { objectType: '2-77', recordId: '61' },
      ],
    });
  });

  it('keeps the id of a record whose digits a number does not hold', () => {
    const text = JSON.stringify({ journalEvents: [event({ objectId: 0 })] }).replace(
      '"objectId":0',
      '"objectId":750727362669608961',
    );
    expect(readJournalFile(text)!.events[0]!.records[0]!.recordId).toBe('750727362669608961');
  });

  it('is another one where anything of it is another, and the same one when it comes again', () => {
    const key = (over = {}) => one(over).key.toString('hex');
    expect(key()).toBe(key());
    const others = [
      { objectId: 52 },
      { action: 'DELETE' },
      { propertyChanges: { firstname: 'B' } },
      { portalId: 7 },
    ];
    expect(new Set([key(), ...others.map(key)]).size).toBe(others.length + 1);
  });

  it('that is not understood is kept whole, without what the database cannot take', () => {
    const { events } = fileOf(
      event({ action: 'SNAPSHOT', note: 'a\u0000b\ud800' }),
      event({ objectTypeId: '0-48' }),
    );
    expect(events.map(({ records }) => records)).toEqual([[], []]);
    expect(events[0]).toMatchObject({ subscriptionType: 'journal.SNAPSHOT' });
    expect(JSON.parse(events[0]!.unknown!)).toMatchObject({ action: 'SNAPSHOT', note: 'a\ufffdb\ufffd' });
  });

  it('without a portal is counted, and holds up none of the others', () => {
    const file = fileOf(event({ portalId: null }), null, 'text', 7, event());
    expect([file.unreadable, file.events.length]).toEqual([4, 1]);
  });

  it('of a time that cannot be has none', () => {
    for (const occurredAt of ['soon', -1, 1e20, null, '+275760-09-13T00:00:00Z'])
      expect(one({ occurredAt }).occurredAtMs).toBeNull();
    expect(one({ occurredAt: 1_790_000_000_000 }).occurredAtMs).toBe(1_790_000_000_000);
  });
});

describe('a file of the webhooks journal', () => {
  it('tells of installs and uninstalls, and whether values have changed', () => {
    const file = fileOf(
      event({ action: 'CREATE' }),
      {
        type: 'app_lifecycle_event',
        portalId: PORTAL,
        action: 'APP_UNINSTALL',
        occurredAt: '2026-10-01T10:00:00Z',
      },
      {
        type: 'app_lifecycle_event',
        portalId: PORTAL,
        action: 'APP_INSTALL',
        occurredAt: '2026-10-01T10:00:01Z',
      },
    );
    expect(file.lifecycle.map(({ isInstall }) => isInstall)).toEqual([false, true]);
    expect(file.events.filter(({ unknown }) => unknown !== null)).toEqual([]);
    expect([file.hasUpdates, fileOf(event()).hasUpdates]).toEqual([false, true]);
    expect(file.publishedAtMs).toBe(Date.parse('2026-10-01T10:00:01Z'));
  });

  it.each(['', '{', '[]', 'null', '{"journalEvents": {}}', '<Error/>', '{"journalEvents":[{"a":1}'])(
    '%s is none',
    (text) => {
      expect(readJournalFile(text)).toBeUndefined();
    },
  );
});
