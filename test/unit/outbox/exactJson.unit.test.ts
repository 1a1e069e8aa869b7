import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addToDecimal, plainDecimal, textOfNumber } from '../../../src/domain/decimal.js';
import { ExactNumber, parseExactJson, stringifyExactJson } from '../../../src/domain/exactJson.js';

const LONG = [
  '750727362669608961',
  '9007199254740993',
  '12345678901234.567891',
  '-1e400',
  '0.1234567890123456789',
];

describe('JSON with exact numbers', () => {
  it.each(LONG)('keeps the digits of %s, wherever it stands, and writes them as they were', (digits) => {
    const text = `{"id":${digits},"list":[${digits},1.5],"text":"${digits}","deep":{"of":${digits}}}`;
    const value = parseExactJson(text) as Record<string, unknown>;
    expect(value['id']).toEqual(new ExactNumber(digits));
    expect(value['list']).toEqual([new ExactNumber(digits), 1.5]);
    expect(value['text']).toBe(digits);
    expect(stringifyExactJson(value)).toBe(text);
  });

  it.each(['1', '1.50', '-0', '1e21', '100000000000000000000', '0.30000000000000004', '9007199254740992'])(
    'gives a number for %s, which a double holds',
    (digits) => {
      expect(parseExactJson(`[${digits}]`)).toEqual(JSON.parse(`[${digits}]`));
    },
  );

  it('reads all other JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(stringifyExactJson(parseExactJson(text))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('refuses whatever JSON.parse refuses', () => {
    const part = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      ' ',
      '"a"',
      '"',
      '1',
      '12345678901234567890',
      '1e400',
      '-',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const refuses = (parse: (given: string) => unknown) => {
          try {
            parse(text);
            return false;
          } catch {
            return true;
          }
        };
        expect(refuses(parseExactJson)).toBe(refuses(JSON.parse));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    '',
    '01234567890123456',
    '[1e5',
    '{"a":12345678901234567890',
    '12345678901234567890x',
    '-',
    '1.e12',
    '{12345678901234567890:1}',
    '{12345678901234567890 : 1}',
  ])('throws for %j, which is no JSON', (text) => expect(() => parseExactJson(text)).toThrow(SyntaxError));

  it('is not deceived by texts: digits, quotes, backslashes and the names of prototypes', () => {
    const text = String.raw`{"\"12345678901234567890":"\\","__proto__":{"a":12345678901234567890},"b":"x\\\"1e5"}`;
    const value = parseExactJson(text);
    expect(stringifyExactJson(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('takes a time that grows with the text and not with its square', () => {
    const hostile = ['"', '\\"'.repeat(200_000), '1e5'.repeat(200_000), '-'.repeat(200_000)];
    for (const text of hostile.map((one) => `["1234567890123456",${one}`)) {
      const began = performance.now();
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
      expect(performance.now() - began).toBeLessThan(1000);
    }
  });

  it('writes the digits as text for whoever does not know of exact numbers', () => {
    expect(JSON.stringify({ id: new ExactNumber('750727362669608961') })).toBe('{"id":"750727362669608961"}');
  });
});

describe('decimals', () => {
  it.each([
    ['1e3', '1000'],
    ['1.50', '1.5'],
    ['-0.0', '0'],
    ['+007', '7'],
    ['.5', '0.5'],
    ['12.34e-4', '0.001234'],
    ['1e-7', '0.0000001'],
    ['750727362669608961', '750727362669608961'],
  ])('are written out in plain digits: %s', (text, plain) => expect(plainDecimal(text)).toBe(plain));

  it.each(['', ' ', '.', '0x10', 'Infinity', '1e', '1e99999', '1,5', '١٢'])('are not %j', (text) =>
    expect(plainDecimal(text)).toBeUndefined(),
  );

  it('are the same number as before, whatever the double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = textOfNumber(value);
        expect(text).not.toContain('e');
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each([
    ['9007199254740993', 1, '9007199254740994'],
    ['99.95', 1, '100.95'],
    ['-0.5', 1, '0.5'],
    ['-1.5', 1, '-0.5'],
    ['1.0E2', 5, '105'],
    ['0.1', 2, '2.1'],
  ])('are added to digit by digit: %s and %i', (text, delta, sum) =>
    expect(addToDecimal(text, delta)).toBe(sum),
  );
});
