import { clip } from './clip.js';

/** A moment, or a time of day in the portal's zone, as ISO 8601. */
export type Start = { readonly startsAt: string } | { readonly startsLocal: string };

/** Milliseconds since 1970, as HubSpot sends moments; shorter numbers are none that anybody means. */
const MILLISECONDS = /^\d{11,14}$/;
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?\s*(Z|[+-]\d{2}:?\d{2})?$/i;
const UNREAD =
  'is neither a date, like 2026-12-24, nor a date and time, like 2026-12-24T09:00 or 2026-12-24T09:00:00Z';

/**
 * When a record's turn may come at the earliest. `problem`: why what was written could not be taken, in words for the
 * user; the record does not wait for it then.
 */
export function startOf(value: unknown): { readonly start: Start | null; readonly problem: string | null } {
  const said = typeof value === 'number' ? String(value) : (value ?? '');
  if (typeof said !== 'string') return unread(value);
  const text = said.trim();
  if (text === '') return { start: null, problem: null };
  if (MILLISECONDS.test(text))
    return { start: { startsAt: new Date(Number(text)).toISOString() }, problem: null };
  const [, day, time = '00:00', offset] = DATE.exec(text) ?? [];
  if (day === undefined || !isRealDay(day)) return unread(value);
  const local = `${day}T${time}`;
  const moment = Date.parse(`${local}${offset?.toUpperCase() ?? 'Z'}`);
  if (Number.isNaN(moment) || moment < 0) return unread(value);
  return {
    start: offset === undefined ? { startsLocal: local } : { startsAt: new Date(moment).toISOString() },
    problem: null,
  };
}

/** The calendar of JavaScript takes 30 February for 2 March. */
function isRealDay(day: string): boolean {
  const moment = new Date(`${day}T00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

function unread(value: unknown): { start: null; problem: string } {
  return { start: null, problem: `start_at "${clip(value)}" ${UNREAD}; the record does not wait for it` };
}
