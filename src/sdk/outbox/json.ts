import { ExactNumber } from '../../domain/exactJson.js';

/*
 * A payload as the JSON that Postgres will take. Whatever an application hands over: this neither throws nor takes
 * long, and what cannot be kept is named. The walk ends at the limit, so that a payload of a gigabyte costs as much
 * as one of 64 KiB.
 */

export const MAX_PAYLOAD_BYTES = 64 * 1024;
export const MAX_DEPTH = 32;

export interface Encoded {
  readonly json: string;
  /** Whether JSON gives the payload back as it was, so that it need not be parsed to be looked at. */
  readonly plain?: true;
  /** Why the payload is not valid as it was; the JSON then holds what could be kept. */
  readonly problem?: string;
}

/**
 * Encodes a payload. Dates become ISO 8601, BigInts text, what has `toJSON` what that gives; `undefined` and
 * functions are left out as JSON does. Characters that Postgres cannot store (NUL, half of a surrogate pair) become
 * U+FFFD. Cycles, depth over 32, more than 64 KiB as Postgres writes it, NaN and infinities are problems.
 */
export function encodePayload(payload: unknown): Encoded {
  const plain = plainly(payload);
  if (plain !== undefined) return { json: plain, plain: true };
  const encoder = new Encoder();
  let json: string | undefined;
  try {
    json = encoder.encode(payload, 0, '');
  } catch (error) {
    if (error instanceof TooLarge) return { json: keepable(payload), problem: TOO_LARGE };
    // A getter or a toJSON of the application threw; its message may hold anything.
    return { json: '{}', problem: 'the payload could not be read: one of its properties throws' };
  }
  if (json === undefined) return { json: 'null', problem: 'there is no payload' };
  if (Buffer.byteLength(json) + encoder.added > MAX_PAYLOAD_BYTES)
    return { json: keepable(payload), problem: TOO_LARGE };
  const [problem] = encoder.problems;
  return problem === undefined ? { json } : { json, problem };
}

/**
 * The native encoding of a payload that JSON gives back as it was and that Postgres takes, as most are; undefined for
 * all others.
 */
function plainly(payload: unknown): string | undefined {
  try {
    if (countPlain(payload, 0) > MAX_PLAIN_VALUES) return undefined;
    const json = JSON.stringify(payload);
    // NUL and halves of surrogate pairs, which Postgres refuses, are written as \u….
    if (json.includes('\\u')) return undefined;
    // UTF-8 takes at most three bytes for a unit of UTF-16; what Postgres adds to so few values is less.
    return json.length * 3 + MAX_ADDED_BYTES <= MAX_PAYLOAD_BYTES ? json : undefined;
  } catch {
    return undefined; // a getter that throws, or gives something else the second time: the encoder says what is wrong
  }
}

/** Fewer than MAX_DEPTH. */
const MAX_PLAIN_VALUES = 30;
/** What `added` can come to for so many values: 324 digits each. */
const MAX_ADDED_BYTES = 10_000;

/**
 * How many values there are, added to `count`; Infinity if one is not plain. Ends soon after MAX_PLAIN_VALUES, which
 * also ends cycles.
 */
function countPlain(value: unknown, count: number): number {
  if (count > MAX_PLAIN_VALUES) return count;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return count + 1;
    case 'number':
      return Number.isFinite(value) ? count + 1 : Infinity;
    case 'object': {
      if (value === null) return count + 1;
      if (Object.getPrototypeOf(value) !== Object.prototype || 'toJSON' in value) return Infinity;
      let sum = count + 1;
      for (const key in value) sum = countPlain((value as Record<string, unknown>)[key], sum);
      return sum;
    }
    default:
      return Infinity;
  }
}

export const TOO_LARGE = `the payload is larger than ${MAX_PAYLOAD_BYTES / 1024} KiB; what was short of its first level was kept`;

class TooLarge extends Error {}

class Encoder {
  readonly problems: string[] = [];
  private readonly open = new Set<object>();
  private size = 0;
  /**
   * By how much Postgres' text of the payload is longer, which is what the inbox measures: it writes a space after each
   * comma and colon, and numbers without an exponent.
   */
  added = 0;

  /** JSON text; undefined for what JSON leaves out. */
  encode(value: unknown, depth: number, key: string): string | undefined {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        if (Number.isFinite(value)) return this.number(Object.is(value, -0) ? 0 : value);
        this.problems.push(`${place(key)} is not a number`);
        return this.counted('null');
      case 'boolean':
        return this.counted(String(value));
      case 'bigint':
        return this.text(String(value));
      case 'undefined':
      case 'function':
      case 'symbol':
        return undefined;
      case 'object':
        return value === null ? this.counted('null') : this.object(value, depth, key);
    }
  }

  private object(value: object, depth: number, key: string): string | undefined {
    if (this.open.has(value)) {
      this.problems.push(`${place(key)} contains itself`);
      return this.text('[contains itself]');
    }
    if (depth >= MAX_DEPTH) {
      this.problems.push(`the payload is deeper than ${MAX_DEPTH} levels`);
      return this.text('[too deep]');
    }
    this.open.add(value);
    try {
      if (value instanceof Date && Number.isNaN(value.getTime())) {
        this.problems.push(`${place(key)} is not a date`);
        return this.counted('null');
      }
      if (value instanceof ExactNumber) return this.digits(value.digits);
      if (hasToJson(value)) return this.encode(value.toJSON(key), depth + 1, key);
      if (Array.isArray(value)) return this.list(value, depth);
      if (value instanceof Map || value instanceof Set) {
        this.problems.push(`${place(key)} is a ${value.constructor.name}: pass an object or a list`);
        return this.list([...value], depth);
      }
      return this.fields(value, depth);
    } finally {
      this.open.delete(value);
    }
  }

  private list(value: readonly unknown[], depth: number): string {
    this.counted('[]');
    const entries: string[] = [];
    for (let n = 0; n < value.length; n += 1) {
      this.counted(',');
      if (n > 0) this.added += 1;
      entries.push(this.encode(value[n], depth + 1, String(n)) ?? this.counted('null'));
    }
    return `[${entries.join(',')}]`;
  }

  private fields(value: object, depth: number): string {
    this.counted('{}');
    const entries: string[] = [];
    for (const key of Object.keys(value)) {
      const entry = this.encode((value as Record<string, unknown>)[key], depth + 1, key);
      if (entry === undefined) continue;
      this.added += entries.length > 0 ? 2 : 1;
      entries.push(`${this.text(key)}:${entry}`);
    }
    return `{${entries.join(',')}}`;
  }

  private number(value: number): string {
    return this.digits(String(value));
  }

  private digits(text: string): string {
    const exponent = text.toLowerCase().indexOf('e');
    if (exponent > 0) this.added += Math.abs(Number(text.slice(exponent + 1)));
    return this.counted(text);
  }

  private text(value: string): string {
    if (value.length > MAX_PAYLOAD_BYTES) throw new TooLarge();
    return this.counted(JSON.stringify(storable(value)));
  }

  private counted(text: string): string {
    this.size += text.length;
    if (this.size + this.added > MAX_PAYLOAD_BYTES) throw new TooLarge();
    return text;
  }
}

/** Text without what Postgres refuses. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** The short scalars of the first level: enough to find out whose event it was. */
function keepable(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return '{}';
  const kept: string[] = [];
  try {
    for (const [key, value] of Object.entries(payload).slice(0, 50)) {
      const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
      if (key.length > 100 || !isScalar || String(value).length > 100) continue;
      const text = new Encoder().encode(value, 0, key);
      if (text !== undefined) kept.push(`${JSON.stringify(storable(key))}:${text}`);
    }
  } catch {
    return '{}'; // a getter that throws: there is nothing to keep
  }
  return `{${kept.join(',')}}`;
}

/** The name of a field, if it looks like one: it may be data. */
function place(key: string): string {
  return /^[A-Za-z_]\w{0,40}$/.test(key) ? key : 'a value';
}

function hasToJson(value: object): value is { toJSON(key: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/**
 * Whether a reason of ours says that something of the payload was not kept: sending the rest would be another event.
 */
export function saysLoss(reason: string): boolean {
  return /(^|; )(the payload (is larger than|is deeper than|could not be read)|it could not be read from the inbox)| contains itself| is a (Map|Set): /m.test(
    reason,
  );
}
