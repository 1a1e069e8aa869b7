/** One form for what HubSpot writes in several: HTML, times, days, numbers. */
export function plainValue(text: string): string {
  if (ISO_TIME.test(text)) return String(Date.parse(text));
  const words = text
    .replace(/<[^<>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
  return words !== '' && Number.isFinite(Number(words)) ? String(Number(words)) : words;
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
