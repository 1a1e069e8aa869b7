import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAsFresh, readFreshness, writeFreshness } from '../../../src/domain/crm/freshness.js';

const moment = fc.integer({ min: 0, max: 9_999_999_999_999 });
const version = fc.record({
  portalId: fc.integer({ min: 1, max: 999_999_999_999_999 }),
  objectType: fc.oneof(
    fc.constantFrom('contacts', 'deals'),
    fc.nat().map((n) => `2-${n + 1}`),
  ),
  recordId: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  modifiedMs: fc.option(moment),
  answeredMs: moment,
  isGone: fc.boolean(),
});

describe('the word of a write', () => {
  it('is read as it was written, and fits into a header', () => {
    fc.assert(
      fc.property(version, (one) => {
        const text = writeFreshness(one);
        expect(text).toMatch(/^[\w.-]{1,100}$/);
        expect(readFreshness(text)).toEqual(one);
      }),
    );
  });

  it.each([
    '',
    '1',
    '3.1.contacts.1.1.1',
    '1.0.contacts.1.1.1',
    '1.1.con tacts.1.1.1',
    `1.1.contacts.${'9'.repeat(19)}.1.1`,
  ])('is none that we did not write: "%s"', (text) => expect(readFreshness(text)).toBeUndefined());

  const of = { portalId: 1, objectType: 'contacts', recordId: '1', modifiedMs: 100, answeredMs: 200 };
  const mirrored = (modified: number, read: number, isArchived = false) => ({
    ...{ modifiedAt: new Date(modified), readAt: new Date(read), isArchived },
  });
  it.each([
    ['a record that the mirror does not have', { isGone: false }, undefined, false],
    ['an older version', { isGone: false }, mirrored(99, 199), false],
    ['that version', { isGone: false }, mirrored(100, 150), true],
    ['one that was read since, whatever time it names', { isGone: false }, mirrored(50, 200), true],
    ['a record that was deleted and is there', { isGone: true, modifiedMs: null }, mirrored(500, 199), false],
    ['one that is in the recycle bin', { isGone: true, modifiedMs: null }, mirrored(1, 1, true), true],
    ['one that is nowhere', { isGone: true, modifiedMs: null }, undefined, true],
  ] as const)('is held against %s', (_, more, there, fresh) => {
    expect(isAsFresh({ ...of, ...more }, there)).toBe(fresh);
  });
});
