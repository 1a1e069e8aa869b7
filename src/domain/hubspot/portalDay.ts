const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A portal's day by its own clock, and how long it lasts yet. On days on which clocks change that may be an hour off.
 */
export function portalDay(nowMs: number, timeZone: string): { day: string; leftMs: number } {
  const parts: Record<string, string> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(nowMs)) parts[type] = value;
  const { year = '', month = '', day = '', hour = '0', minute = '0', second = '0' } = parts;
  const goneMs =
    ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000 + (((nowMs % 1000) + 1000) % 1000);
  return { day: `${year}-${month}-${day}`, leftMs: DAY_MS - goneMs };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = makeFormat(timeZone);
    formats.set(timeZone, format);
  }
  return format;
}

function makeFormat(timeZone: string): Intl.DateTimeFormat {
  const options = {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }); // a zone that this Node does not know
  }
}

/** From this share of HubSpot's limit for a day on somebody is to know (docs/alerts.yml asks for the same). */
export const DAY_NEARLY_USED = 0.8;
