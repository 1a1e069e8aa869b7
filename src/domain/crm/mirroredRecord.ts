import { createHash } from 'node:crypto';
import { readText, storeText } from './storedText.js';

/** Values as HubSpot writes them: all of them are text. A property without a value has no key. */
export type Properties = Readonly<Record<string, string>>;

/** A record as a read of HubSpot showed it. */
export interface SeenRecord {
  /** HubSpot's number, as its digits. */
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null | undefined>>;
  /** By HubSpot's clock, ISO 8601. */
  readonly createdAt: string;
  readonly modifiedAt: string;
}

/** A record in the form in which the mirror keeps it. */
export interface MirroredRecord {
  readonly id: string;
  /** A JSON object, its keys sorted. */
  readonly properties: string;
  /** Of `properties`: equal where, and only where, all values are. */
  readonly hash: Buffer;
  readonly createdAt: string;
  readonly modifiedAt: string;
}

/** HubSpot writes a value that was cleared as "" in one place and as null in another: both are no value. */
export function mirrored({ id, properties, createdAt, modifiedAt }: SeenRecord): MirroredRecord {
  const kept = Object.entries(properties)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .map(([name, value]) => [storeText(name), storeText(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(Object.fromEntries(kept));
  return { id, properties: text, hash: hashOf(kept), createdAt, modifiedAt };
}

/** The values that HubSpot had. */
export function valuesOf(stored: Properties): Properties {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [readText(name), readText(value)]));
}

const HASH_BYTES = 16;

/** Over name and value in turn, as JSON: names that look like numbers are put first in an object of JavaScript. */
function hashOf(entries: readonly (readonly [string, string])[]): Buffer {
  return createHash('sha256').update(JSON.stringify(entries)).digest().subarray(0, HASH_BYTES);
}
