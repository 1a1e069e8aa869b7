import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvCell, csvRow } from '../../../src/domain/crm/csv.js';

describe('a cell of CSV', () => {
  it.each(['=1+1', '+A1', '-2+3', '@SUM(A1)', '\tx', '\rx', '=', '-', '-1;2', '+49 30 1', '-1e5'])(
    'that a spreadsheet would run as a formula is text there: %j',
    (text) => {
      expect(csvCell(text).replace(/^"/, '')).toMatch(/^'/);
    },
  );

  it.each(['-5', '+4930', '-12.50', '1', '-1,5', 'a=b', ' =1'])(
    'that is a number or begins otherwise stays: %j',
    (text) => {
      expect(csvCell(text).replaceAll('"', '')).toBe(text);
    },
  );

  it('is read as it was by whoever reads CSV, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom(...'ab",;\r\n\t= -') }), { minLength: 1 }),
        (cells) => {
          const text = csvRow(cells);
          const read: string[] = [];
          const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
          for (let match = cell.exec(text); match && match[0] !== ''; match = cell.exec(text))
            read.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
          expect(read.map((one, n) => (one === `'${cells[n]}` ? cells[n] : one))).toEqual(cells);
        },
      ),
    );
  });
});
