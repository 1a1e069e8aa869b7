import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { queueNameOf } from '../../../src/domain/throttle/queueName.js';

const folded = (value: unknown) => queueNameOf(value)?.folded;
const LION = '\u{1f981}';
const FAMILY = '\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}';

describe('the name of a queue', () => {
  it.each([
    ['Mail', 'mail'],
    [' mail ', 'MAIL'],
    ['caf\u00e9', 'cafe\u0301'],
    ['a\u00a0b', 'a b'],
    ['a \t\n b', 'a b'],
    ['Stra\u00dfe', 'STRASSE'],
    ['mail\u200b', 'mail'],
    ['\u2764\ufe0f', '\u2764'],
    [5, '5'],
  ])('%j and %j are one to people, and one here', (one, other) => {
    expect(folded(one)).toBe(folded(other));
    expect(folded(one)).toBeTruthy();
  });

  it('keeps names apart that people tell apart', () => {
    const names = ['mail', 'mails', 'ma il', 'm\u00e4il', LION, FAMILY, '\u2460', '1'];
    expect(new Set(names.map(folded)).size).toBe(names.length);
  });

  it('stays as it was written, without what nobody sees around it', () => {
    expect(queueNameOf(' Partner  Caf\u0065\u0301 ')).toEqual({
      name: 'Partner Caf\u00e9',
      folded: 'partner caf\u00e9',
      note: null,
    });
  });

  it('is cut at a character, never within one, and says so', () => {
    const cut = queueNameOf('x'.repeat(99) + LION + 'tail');
    expect(cut?.name).toBe('x'.repeat(99) + LION);
    expect(cut?.note).toContain('cut to 100 characters');
    expect(queueNameOf('x'.repeat(99) + FAMILY)).toMatchObject({ name: 'x'.repeat(99) + FAMILY, note: null });
    expect(queueNameOf('x'.repeat(100))).toMatchObject({ name: 'x'.repeat(100), note: null });
    expect(queueNameOf('x'.repeat(300))?.name).toBe('x'.repeat(100));
  });

  it.each([null, undefined, '', '  ', '\u200b', '\0', '\ud800', [], ['a'], {}, true])(
    'is none where the field has %j',
    (value) => expect(queueNameOf(value)).toBeNull(),
  );

  it('is text that a database takes, of a length that an index takes, whatever was written; and is its own name', () => {
    const written = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 800 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 600 })
        .map((units) => String.fromCharCode(...units)),
      fc.nat(3000).map((n) => `a${'\u0301'.repeat(n)}`),
    );
    fc.assert(
      fc.property(written, (text) => {
        const queue = queueNameOf(text);
        if (queue === null) return;
        for (const one of [queue.name, queue.folded]) {
          expect(one).not.toMatch(/\0|\p{Cs}/u);
          expect(one).toBe(one.trim());
          expect(Buffer.byteLength(one)).toBeLessThanOrEqual(2500);
        }
        expect(folded(queue.name)).toBe(queue.folded);
      }),
      { numRuns: 1000 },
    );
  });
});
