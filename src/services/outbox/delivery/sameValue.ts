import { plainDecimal } from '../../../domain/decimal.js';
import { readTime } from '../../../domain/outbox/times.js';

/** One form for what HubSpot writes in several: HTML, times, days, numbers. */
export function plainValue(text: string): string {
  const time = ISO_TIME.test(text) ? readTime(text, { zone: 'UTC' }) : undefined;
  if (time?.ok) return String(time.ms);
  const words = text
    .replace(/<[^<>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
  return plainDecimal(words) ?? words;
}

export const ISO_TIME = /^\d{4}-\d{2}-\d{2}T/;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Whether a value that HubSpot shows is the one that was sent: a day may be shown as its midnight in UTC, an address in
 * other capitals.
 */
export function isSameValue(shown: string, sent: string): boolean {
  const form = (text: string) =>
    (ISO_DAY.test(text) ? String(Date.parse(text)) : plainValue(text)).toLowerCase();
  return shown === sent || form(shown) === form(sent);
}
