import { InvalidArgumentError } from 'commander';
import type { Answers } from './api.js';
import { parseRate, PERIODS_MS, type Period, type Rate } from '../domain/throttle/rate.js';

/** Parsers of arguments and options. What they refuse is a usage error: exit code 2. */

export function id(text: string): string {
  if (!/^[1-9]\d{0,18}$/.test(text))
    throw new InvalidArgumentError('It must be an id, as the list shows it.');
  return text;
}

/** Several with commas between them, as the API takes them. */
export function portals(text: string): string {
  return text.split(',').map(id).join(',');
}

export function recordIds(text: string): string[] {
  return text.split(',').map(id);
}

export function uuid(text: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text))
    throw new InvalidArgumentError('It must be an id, as the list shows it.');
  return text;
}

export function ids(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), id(text)];
}

export function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

/** A number above zero, such as 50 or 0.5. */
export function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

export function rate(text: string): Rate {
  const parsed = parseRate(text);
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.problem}.`);
  return parsed.rate;
}

const UNITS_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A length of time, e.g. `90d`, in milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit ?? ''];
  if (amount === undefined || unitMs === undefined)
    throw new InvalidArgumentError('It must be a length of time, such as 90d, 12h, 30m or 0s.');
  return Number(amount) * unitMs;
}

export function onOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('It must be on or off.');
  return text === 'on';
}

/** `none` takes a setting away. It stays a word here, since Commander knows no null. */
export function orNone<T>(parse: (text: string) => T): (text: string) => T | 'none' {
  return (text) => (text === 'none' ? text : parse(text));
}

/** A rate as it is typed: `100/10s`. */
export function shortRate(rate: Rate): string {
  const { max_throughput: limit, time, period } = inWords(rate);
  return `${limit}/${time}${period.slice(0, 1)}`;
}

/** A rate in the words of `POST /api/config`: in its largest whole unit. */
export function inWords({
  limit,
  intervalMs,
}: Rate): Pick<Answers['ActionRate'], 'max_throughput' | 'time' | 'period'> {
  const units = Object.entries(PERIODS_MS) as [Period, number][];
  const [period, unitMs] = units.reverse().find(([, ms]) => intervalMs % ms === 0) ?? [
    'seconds',
    PERIODS_MS.seconds,
  ];
  return { max_throughput: limit, time: intervalMs / unitMs, period };
}
