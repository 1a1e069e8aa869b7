import { describeWait } from '../domain/duration.js';

export type Cell = string | number | boolean | Moment | null | undefined;

/** How wide a table may be, and from when on times are told. `wide`: nothing is cut, times are exact. */
export interface Layout {
  readonly wide: boolean;
  readonly columns: number;
  readonly now: Date;
}

/** What a table fits in, on a terminal that is narrower, too: columns of less than that say nothing. */
export const TABLE_COLUMNS = 100;
/** What is left of a cell that is cut, with its ellipsis. */
const SHORTEST_CELL = 8;
const SHORTEST_LAST = 12;
const SHORTEST_OF_ALL = 4;
const GAP = '  ';

/** A time in a table: how long ago, or in how long. */
export class Moment {
  constructor(readonly at: string) {}

  inWords(now: Date): string {
    const ms = new Date(this.at).getTime() - now.getTime();
    if (Math.abs(ms) < 1000) return 'now';
    return ms > 0 ? `in ${describeWait(ms, 1)}` : `${describeWait(-ms, 1)} ago`;
  }
}

export function moment(at: string | null | undefined): Moment | null {
  return at == null ? null : new Moment(at);
}

/**
 * Columns of the same width, numbers to the right; `-` where there is nothing, and `none` where there are no rows. What
 * does not fit is cut, the last column first, then the widest; the first one, by which a row is named, as the last
 * one. Numbers and times stay whole.
 */
export function table(
  headers: readonly string[],
  rows: readonly (readonly Cell[])[],
  { wide, columns, now }: Layout,
): string {
  if (rows.length === 0) return 'none';
  const cells = rows.map((row) => row.map((cell) => inCell(cell, wide ? undefined : now)));
  const lines = [headers.map((header) => header.toUpperCase()), ...cells];
  const right = headers.map(
    (_, column) =>
      rows.some((row) => typeof row[column] === 'number') &&
      rows.every((row) => row[column] == null || typeof row[column] === 'number'),
  );
  const fixed = headers.map((_, column) =>
    rows.every((row) => row[column] == null || row[column] instanceof Moment || isNumber(row[column])),
  );
  const whole = fixed.map((isFixed, column) => isFixed || column === 0);
  const natural = headers.map((_, column) => Math.max(...lines.map((row) => row[column]?.length ?? 0)));
  const widths = wide ? natural : fit(natural, { whole, fixed }, columns);
  return lines
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          const shown = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
          return right[column] ? shown.padStart(width) : shown.padEnd(width);
        })
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Takes from the last column, where the words of people and of HubSpot stand, then from the widest that may be cut,
 * until all fit or none has anything to give.
 */
function fit(
  natural: readonly number[],
  { whole, fixed }: { whole: readonly boolean[]; fixed: readonly boolean[] },
  columns: number,
): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  const last = widths.length - 1;
  if (!whole[last])
    widths[last] = Math.max(
      Math.min(SHORTEST_LAST, widths[last] ?? 0),
      (widths[last] ?? 0) - Math.max(0, total() - columns),
    );
  const take = (gives: (column: number) => boolean, shortest: number): void => {
    for (let over = total() - columns; over > 0; over = total() - columns) {
      const mayGive = widths.map((width, column) => (gives(column) ? width : 0));
      const widest = Math.max(...mayGive);
      if (widest <= shortest) break;
      widths[mayGive.indexOf(widest)] = widest - 1;
    }
  };
  take((column) => !whole[column] && column !== last, SHORTEST_CELL);
  // What is no number and no time is cut further, and the name of a row at last, before a line is broken.
  take((column) => !whole[column], SHORTEST_OF_ALL);
  take((column) => column === 0 && !fixed[column], SHORTEST_LAST);
  return widths;
}

/** One thing, a line for each of its fields. Times are exact. */
export function sheet(fields: readonly (readonly [string, Cell])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${inCell(value)}`).join('\n');
}

/** A duration for people; `-` for none. */
export function duration(ms: number | null): string | null {
  return ms === null ? null : describeWait(ms);
}

/** The same in a table, where its largest unit is enough. */
export function roughly(ms: number | null): string | null {
  return ms === null ? null : describeWait(ms, 1);
}

/** `1 event`, `2 events`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function isNumber(cell: Cell): boolean {
  return typeof cell === 'number' || (typeof cell === 'string' && /^\d+$/.test(cell));
}

/** Control characters, and those that turn the direction of writing: a terminal would do what they say. */
const NOT_TO_BE_SHOWN = /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]+/gu;

/** A value in a line of its own: what somebody wrote over several lines is one, and nothing in it moves a cursor. */
function inCell(value: Cell, now?: Date): string {
  if (value === null || value === undefined || value === '') return '-';
  if (value instanceof Moment) return now ? value.inWords(now) : value.at;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'string') return String(value);
  return value
    .split(/[\r\n]+/)
    .map((line) => line.replace(NOT_TO_BE_SHOWN, ' ').trim())
    .join(' ');
}
