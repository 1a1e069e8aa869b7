/* Zones by their name (`Europe/Berlin`), as `UTC` or `Z`, or as an offset (`+02:00`). */

const OFFSET = /^([+-])(\d{2})(?::?(\d{2}))?$/;
const formats = new Map<string, Intl.DateTimeFormat>();
/** Names come from mappings, and there are some hundreds of them. */
const MOST_FORMATS = 1000;

export function isZone(zone: string): boolean {
  const [, , hours, minutes = '00'] = OFFSET.exec(zone) ?? [];
  if (hours !== undefined) return Number(hours) <= 15 && Number(minutes) < 60;
  if (zone === 'Z') return true;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false; // a RangeError: it knows no such zone
  }
}

/** By how many milliseconds the clocks of a zone are ahead of UTC at a moment. */
export function offsetAt(zone: string, ms: number): number {
  if (zone === 'Z' || zone === 'UTC') return 0;
  const [, sign, hours, minutes = '00'] = OFFSET.exec(zone) ?? [];
  if (hours !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const of = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
  const shown = new Date(0);
  shown.setUTCFullYear(of('year'), of('month') - 1, of('day'));
  shown.setUTCHours(of('hour'), of('minute'), of('second'));
  return shown.getTime() - Math.floor(ms / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = 'numeric';
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
  });
  if (formats.size < MOST_FORMATS) formats.set(zone, format);
  return format;
}
