/** Header names in lower case; of a repeated one the first counts. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export function headerOf(headers: AnswerHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** A date as HTTP writes it (RFC 9110, 5.6.7). `Date.parse` alone takes `-1` for a year. */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/;

/** How long `Retry-After` asks to wait, at most `maxMs`: it has seconds or a date. Undefined where it has neither. */
export function retryAfterMs(
  headers: AnswerHeaders,
  { nowMs, maxMs }: { nowMs: number; maxMs: number },
): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim();
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value)
    ? Number(value) * 1000
    : HTTP_DATE.test(value)
      ? Date.parse(value) - nowMs
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, Math.ceil(ms)), maxMs);
}
