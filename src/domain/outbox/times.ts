import { ExactNumber } from '../exactJson.js';
import { isZone, offsetAt } from '../timeZone.js';
import { formatReader, type ReadParts } from './timeFormat.js';

/*
 * Times as applications write them: ISO 8601, or milliseconds since 1970, which is HubSpot's own form, as a number or
 * as text. All else is refused in words, unless the mapping names its format. Nothing here asks the machine: the same
 * text is the same moment in every process, whatever its time zone is.
 */

export interface TimeRules {
  /** Where a time that names no zone was meant, and whose day a moment has. */
  readonly zone?: string | undefined;
  /** `DD/MM/YYYY`, `seconds` … */
  readonly format?: string | undefined;
}

export interface ReadTime {
  readonly ok: true;
  readonly ms: number;
  /** `YYYY-MM-DD`: in the zone of the rules; without one as it was written. */
  readonly day: string;
}

export type TimeRead = ReadTime | { readonly ok: false; readonly problem: string };

export const SECONDS = 'seconds';
export const MILLISECONDS = 'milliseconds';

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?)?$/;
const WHOLE = /^-?\d+(?:\.\d+)?$/;
/** What is less than this is a time of 1966 to 1973 in milliseconds, or any of our days in seconds. */
const AMBIGUOUS_MS = 100_000_000_000;
const EARLIEST_MS = utcMs({ year: 1, month: 1, day: 1 });
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

const refused = (problem: string): TimeRead => ({ ok: false, problem });

/** The moment and the day of a value of a payload. Problems hold no value. */
export function readTime(value: unknown, rules: TimeRules = {}): TimeRead {
  const text =
    typeof value === 'number' || value instanceof ExactNumber
      ? String(value)
      : typeof value === 'string'
        ? value.trim()
        : '';
  const { format } = rules;
  if (format === SECONDS || format === MILLISECONDS)
    return WHOLE.test(text)
      ? sinceEpoch(Number(text) * (format === SECONDS ? 1000 : 1), rules)
      : refused(`is not a number of ${format}`);
  if (format !== undefined) {
    const parts = formatReader(format)(text);
    return parts === undefined ? refused(`is not in the format ${format}`) : moment(parts, rules);
  }
  if (WHOLE.test(text)) {
    const ms = Number(text);
    if (Math.abs(ms) < AMBIGUOUS_MS)
      return refused(
        'is no time in milliseconds since 1970 but looks like seconds: name the format of the mapping, "seconds" or "milliseconds"',
      );
    return sinceEpoch(ms, rules);
  }
  const parts = isoParts(text);
  return parts === undefined ? refused(NO_TIME) : moment(parts, rules);
}

const NO_TIME =
  'is not a time: write ISO 8601 (2024-01-15, 2024-01-15T23:30:00Z) or milliseconds since 1970, or name the format in the mapping';

/** A moment as HubSpot takes it, ISO 8601 in UTC; undefined for what is none. */
export function isoTime(value: unknown): string | undefined {
  const read = readTime(value);
  return read.ok ? new Date(read.ms).toISOString() : undefined;
}

function isoParts(text: string): ReadParts | undefined {
  const [, year, month, day, hour, minute, second, fraction = '', zone] = ISO.exec(text) ?? [];
  if (year === undefined) return undefined;
  return {
    ...{ year: Number(year), month: Number(month), day: Number(day) },
    ...(hour !== undefined && {
      time: {
        ...{ hour: Number(hour), minute: Number(minute), second: Number(second ?? 0) },
        ms: Number(fraction.slice(0, 3).padEnd(3, '0')),
      },
    }),
    ...(zone !== undefined && { zone }),
  };
}

function sinceEpoch(ms: number, { zone = 'UTC' }: TimeRules): TimeRead {
  const whole = Math.trunc(ms);
  if (!(whole >= EARLIEST_MS && whole <= LATEST_MS))
    return refused('is beyond the year 9999 in milliseconds since 1970: is it in another unit?');
  return { ok: true, ms: whole, day: dayOf(whole + offsetAt(zone, whole)) };
}

function moment(parts: ReadParts, rules: TimeRules): TimeRead {
  const { time } = parts;
  if (!isPossible(parts)) return refused('is a day or a time that does not exist');
  const wall = utcMs(parts);
  // A day alone is one everywhere; as a moment it is its midnight in UTC, which is how HubSpot keeps days.
  if (!time) {
    const ms = rules.zone === undefined ? wall : fromWall(wall, rules.zone);
    return { ok: true, ms, day: dayOf(wall) };
  }
  const zone = parts.zone ?? rules.zone;
  if (zone === undefined)
    return refused('has no zone: name the one that is meant in the mapping, "zone": "Europe/Berlin"');
  const ms = fromWall(wall, zone);
  return { ok: true, ms, day: dayOf(rules.zone === undefined ? wall : ms + offsetAt(rules.zone, ms)) };
}

function isPossible({ year, month, day, time, zone }: ReadParts): boolean {
  const date = new Date(utcMs({ year, month, day }));
  const isDay = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  const isTime = !time || (time.hour < 24 && time.minute < 60 && time.second < 60);
  return isDay && isTime && (zone === undefined || isZone(zone));
}

/** What a clock on the wall shows, as if it hung in Greenwich. Date.UTC takes the years 0 to 99 for those of 1900. */
function utcMs({ year, month, day, time }: ReadParts): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (time) date.setUTCHours(time.hour, time.minute, time.second, time.ms);
  return date.getTime();
}

/**
 * The moment at which a clock of the zone shows this. A time that its summer time leaves out is an hour later; one that
 * comes twice is the first.
 */
function fromWall(wall: number, zone: string): number {
  const before = offsetAt(zone, wall - DAY_MS);
  const first = wall - before;
  if (offsetAt(zone, first) === before) return first;
  const second = wall - offsetAt(zone, wall + DAY_MS);
  return offsetAt(zone, second) === wall - second ? second : first;
}

const DAY_MS = 86_400_000;

function dayOf(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10);
}
