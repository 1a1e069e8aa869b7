/*
 * What records can be found and sorted by: properties that were declared. HubSpot's values are text, and its types lie,
 * so the kind says how they are compared; text that is no number or no date has none, and is nobody's mistake.
 */

export const VALUE_KINDS = ['text', 'number', 'date'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** So many characters of a value are compared when records are sorted. */
export const COMPARED_CHARACTERS = 128;

/** HubSpot's own names of properties. */
export const PROPERTY_NAME = /^[A-Za-z0-9_]{1,100}$/;

/** As crm_number.sql: a cast of anything else may fail, or take memory without an end. */
const NUMBER = /^[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?$/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?)?$/;
const MILLISECONDS = /^-?\d{1,15}$/;

/** What a value is compared by, as digits; undefined: it is no value of this kind. */
export function comparedNumber(kind: 'number' | 'date', text: string): string | undefined {
  if (kind === 'number') return NUMBER.test(text) ? text : undefined;
  if (MILLISECONDS.test(text)) return text;
  const match = DAY.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > lastDay) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(match[8] ?? '') ?? [];
  if (Number(hours) > 14 || Number(minutes) > 59) return undefined;
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute, second, Number((match[7] ?? '').padEnd(3, '0').slice(0, 3)));
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return String(at.getTime() - offset * 60_000);
}
