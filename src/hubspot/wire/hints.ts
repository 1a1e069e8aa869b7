import { headerOf, type AnswerHeaders } from './headers.js';

/*
 * Times and numbers that others tell us: the one place that reads them. Each has a floor and a ceiling of ours, since
 * HubSpot does not document most of them, uses milliseconds elsewhere, and proxies in front of it answer as well. A
 * hint that is not understood is none; none makes us come back at once, or stand still for a day.
 */

/** Between these a `Retry-After` counts. `ms` is what no header means. */
export interface Bounds {
  readonly ms: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/** What `Retry-After` asks for is never less, where it asks for anything. */
const LEAST_WAIT_MS = 1000;
/** Less than this is seconds, whatever the bound: an hour is `3600`. */
const LEAST_MILLISECONDS = 10_000;
/** HubSpot's tokens live half an hour: so long a grant counts whose lifetime is not understood. */
const LIFETIME_MS = 1_800_000;
/** A token that ends sooner would be refreshed at each use. */
const LEAST_LIFETIME_MS = 10_000;
const LONGEST_LIFETIME_MS = 86_400_000;

/** A date as HTTP writes it (RFC 9110, 5.6.7), or as ISO 8601 does. `Date.parse` alone takes `-1` for a year. */
const DATE = /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)|\d{4}-\d\d-\d\dT)/;
const ZONE = /(?:GMT|UTC|Z|[+-]\d\d:?\d\d)$/;
const NUMBER = /^\d+(?:\.\d+)?$/;

/** How long an answer makes us wait: what its `Retry-After` asks for, between the bounds, else `bounds.ms`. */
export function waitAfter(headers: AnswerHeaders, bounds: Bounds, nowMs: number): number {
  const asked = askedWait(headers, { nowMs, maxMs: bounds.maxMs });
  return Math.min(bounds.maxMs, Math.max(bounds.minMs, asked ?? bounds.ms));
}

/** What `Retry-After` asks for, at most `maxMs`. Undefined where it has nothing that makes sense: the caller's wait. */
export function askedWait(
  headers: AnswerHeaders,
  { nowMs, maxMs }: { nowMs: number; maxMs: number },
): number | undefined {
  const value = headerOf(headers, 'retry-after')?.trim();
  if (!value) return undefined;
  const ms = NUMBER.test(value)
    ? milliseconds(Number(value), maxMs)
    : DATE.test(value)
      ? timeIn(value) - (answeredAt(headers) ?? nowMs)
      : NaN;
  return ms > 0 ? Math.min(maxMs, Math.max(LEAST_WAIT_MS, Math.ceil(ms))) : undefined;
}

/**
 * When whoever names a date has answered, by the same clock: ours may be wrong. What comes from a cache was answered
 * earlier.
 */
function answeredAt(headers: AnswerHeaders): number | undefined {
  const date = headerOf(headers, 'date')?.trim() ?? '';
  if (!DATE.test(date) || headerOf(headers, 'age') !== undefined) return undefined;
  const ms = timeIn(date);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A date without a zone is one of Greenwich, as HTTP has it; `Date.parse` would ask the machine. */
function timeIn(date: string): number {
  if (ZONE.test(date)) return Date.parse(date);
  return Date.parse(date.includes('T') && /^\d/.test(date) ? `${date}Z` : `${date} GMT`);
}

/** How long a token lives, by its `expires_in`: whatever that is, a token that was granted is never thrown away. */
export function lifetimeMs(expiresIn: unknown): number {
  const text = typeof expiresIn === 'number' ? String(expiresIn) : expiresIn;
  const number = typeof text === 'string' && NUMBER.test(text.trim()) ? Number(text) : 0;
  if (!(number > 0)) return LIFETIME_MS;
  const ms = milliseconds(number, LONGEST_LIFETIME_MS);
  return Math.min(LONGEST_LIFETIME_MS, Math.max(LEAST_LIFETIME_MS, Math.floor(ms)));
}

/** A header that counts something. */
export function countIn(headers: AnswerHeaders, name: string): number | undefined {
  const value = headerOf(headers, name);
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/** Seconds; where these go beyond the bound and the number is one that people write for milliseconds, these. */
function milliseconds(number: number, maxMs: number): number {
  const meansMs = number * 1000 > maxMs && number <= maxMs && number >= LEAST_MILLISECONDS;
  return meansMs ? number : number * 1000;
}
