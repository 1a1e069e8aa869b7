import { clip } from './clip.js';
import { wholeNumber } from './wholeNumber.js';

/** A rate: at most `limit` in any window of `intervalMs`. */
export interface Rate {
  readonly limit: number;
  readonly intervalMs: number;
}

/** What may set the rate of a lane, the strongest first (src/db/throttle/ratePrecedence.ts). */
export const RATE_SOURCES = ['lane', 'config', 'input', 'default'] as const;
export type RateSource = (typeof RATE_SOURCES)[number];

export const PERIODS_MS = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
} as const;
export type Period = keyof typeof PERIODS_MS;

const PERIODS = Object.keys(PERIODS_MS) as Period[];

export const MAX_LIMIT = 1_000_000;
export const MAX_INTERVAL_MS = 31 * PERIODS_MS.days;

export type RateResult =
  { readonly ok: true; readonly rate: Rate } | { readonly ok: false; readonly problem: string };

const SHORT_PERIODS: Record<string, Period> = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' };

/** Reads `100/10s`, `25/1d`, `5/m`: the form of the configuration and the CLI. */
export function parseRate(text: string): RateResult {
  const match = /^\s*(\d+)\s*\/\s*(?:(\d+)\s*)?([smhd])\s*$/.exec(text);
  const period = SHORT_PERIODS[match?.[3] ?? ''];
  if (!match || !period)
    return problem(`"${clip(text)}" is not a rate; write for example 100/10s, 25/1d or 5/m`);
  return rateOf(match[1], match[2] ?? 1, period);
}

/**
 * A rate from the three inputs that people fill in: `max_throughput` per `time` `period`. Numbers may arrive as
 * strings, as HubSpot sends them (docs/hubspot.md#custom-workflow-actions).
 */
export function rateOf(maxThroughput: unknown, time: unknown, period: unknown): RateResult {
  const limit = wholeNumber(maxThroughput);
  if (limit === undefined || limit < 1 || limit > MAX_LIMIT) {
    return problem(`max_throughput "${clip(maxThroughput)}" is not a whole number from 1 to ${MAX_LIMIT}`);
  }
  const unit = typeof period === 'string' ? period.trim().toLowerCase() : '';
  const name = PERIODS.find((one) => one === unit || one === `${unit}s`);
  if (!name) return problem(`period "${clip(period)}" is not one of ${PERIODS.join(', ')}`);
  const count = wholeNumber(time);
  if (count === undefined || count < 1 || count * PERIODS_MS[name] > MAX_INTERVAL_MS) {
    return problem(`time "${clip(time)}" is not a whole number of ${name} from 1 to 31 days`);
  }
  return { ok: true, rate: { limit, intervalMs: count * PERIODS_MS[name] } };
}

/** What is never too fast for either: in a window of the longer one no more than the fewer. */
export function withinBoth(one: Rate, other: Rate): Rate {
  return {
    limit: Math.min(one.limit, other.limit),
    intervalMs: Math.max(one.intervalMs, other.intervalMs),
  };
}

/** `100 per 10 s`, for people. */
export function describeRate({ limit, intervalMs }: Rate): string {
  for (const [name, unitMs] of Object.entries(PERIODS_MS).reverse()) {
    if (intervalMs % unitMs === 0) {
      const count = intervalMs / unitMs;
      return `${limit} per ${count === 1 ? name.slice(0, -1) : `${count} ${name}`}`;
    }
  }
  return `${limit} per ${intervalMs} ms`;
}

function problem(text: string): RateResult {
  return { ok: false, problem: text };
}
