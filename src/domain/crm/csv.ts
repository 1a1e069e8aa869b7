/*
 * Records as CSV (RFC 4180). A spreadsheet takes a cell that begins like a formula for one, and runs it: such a cell is
 * given an apostrophe, which spreadsheets do not show. A plain number is no formula, whatever its sign.
 */

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(?:[.,]\d+)?$/;
const QUOTED = /[",\r\n]/;

export function csvCell(text: string): string {
  const guarded = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return QUOTED.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export const csvRow = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
