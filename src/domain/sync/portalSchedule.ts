/** When a portal is read that is not looked at each minute: again and again, or by a calendar of a time zone. */
export type PortalTimes =
  | { readonly intervalMs: number; readonly calendar: null; readonly timeZone: null }
  | { readonly intervalMs: null; readonly calendar: string; readonly timeZone: string };

export const SHORTEST_INTERVAL_MS = 60_000;
export const LONGEST_INTERVAL_MS = 7 * 86_400_000;
/** Of all portals that have a Schedule of their own: as many as one round compares. */
export const MOST_PORTAL_SCHEDULES = 1000;

const FIELDS = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of the week', from: 0, to: 6 },
] as const;

/** What keeps a text from being a calendar: five fields as cron has them, in numbers. Undefined: it is one. */
export function calendarProblem(text: string): string | undefined {
  const fields = text.split(' ');
  if (fields.length !== FIELDS.length)
    return 'must have five fields with a space between them: minute, hour, day of the month, month, day of the week';
  for (const [at, { name, from, to }] of FIELDS.entries())
    if (!(fields[at] ?? '').split(',').every((part) => isPart(part, from, to)))
      return `has a ${name} that is none: numbers from ${from} to ${to}, ranges (1-5), lists (1,3), steps (*/15), or *`;
  return undefined;
}

function isPart(part: string, from: number, to: number): boolean {
  const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
  if (!match) return false;
  const [, first, last, step] = match;
  const low = Number(first ?? from);
  const high = Number(last ?? first ?? to);
  const isOne = first !== undefined && last === undefined;
  const isStep = step === undefined || (!isOne && Number(step) >= 1 && Number(step) <= to);
  return low >= from && high <= to && low <= high && isStep;
}

/** For people: `every 900 s`, `at 0 2 * * 1-5 Europe/Berlin`. The same for the same times, and for no others. */
export function timesInWords({ intervalMs, calendar, timeZone }: PortalTimes): string {
  return intervalMs === null ? `at ${calendar} ${timeZone}` : `every ${intervalMs / 1000} s`;
}
