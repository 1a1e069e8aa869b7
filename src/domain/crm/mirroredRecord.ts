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
  /** Ids of records that were merged into it, as HubSpot's answers showed. */
  readonly askedAs?: readonly string[];
}

/** A record in the form in which the mirror keeps it. */
export interface MirroredRecord {
  readonly id: string;
  /** A JSON object, its keys sorted. */
  readonly properties: string;
  /** Of `properties`: equal where, and only where, all values are, but for the one that says when it was modified. */
  readonly hash: Buffer;
  readonly createdAt: string;
  readonly modifiedAt: string;
  /** The ids of records that were merged into it. */
  readonly mergedIds: readonly string[];
}

/** Where HubSpot lists the ids of the records that were merged into one. */
export const MERGED_IDS_PROPERTY = 'hs_merged_object_ids';

/** HubSpot writes a value that was cleared as "" in one place and as null in another: both are no value. */
export function mirrored(record: SeenRecord): MirroredRecord {
  const { id, properties, createdAt, modifiedAt } = record;
  const kept = Object.entries(properties)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .map(([name, value]) => [storeText(name), storeText(value)] as const);
  return { id, ...inStoredForm(kept), createdAt, modifiedAt, mergedIds: mergedInto(record) };
}

/** Values as they are stored, by their names as they are stored, in the form in which the mirror keeps them. */
export function inStoredForm(
  values: readonly (readonly [string, string])[],
): Pick<MirroredRecord, 'properties' | 'hash'> {
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1));
  return { properties: JSON.stringify(Object.fromEntries(sorted)), hash: hashOf(sorted) };
}

/** The ids of the records that are this one now, as HubSpot lists them and as its answers showed. */
export function mergedInto({ id, properties, askedAs = [] }: SeenRecord): readonly string[] {
  const listed = (properties[MERGED_IDS_PROPERTY] ?? '').split(/[;,\s]+/).filter(isRecordId);
  return [...new Set([...listed, ...askedAs])].filter((one) => one !== id);
}

const isRecordId = (text: string) => /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n;

/** The values that HubSpot had. */
export function valuesOf(stored: Properties): Properties {
  return Object.fromEntries(Object.entries(stored).map(([name, value]) => [readText(name), readText(value)]));
}

const HASH_BYTES = 16;

/** HubSpot's own, which say when a record was modified: a new time without a new value is no change. */
const TIMES: ReadonlySet<string> = new Set(['lastmodifieddate', 'hs_lastmodifieddate']);

/** Over name and value in turn, as JSON: names that look like numbers are put first in an object of JavaScript. */
function hashOf(entries: readonly (readonly [string, string])[]): Buffer {
  const values = entries.filter(([name]) => !TIMES.has(name));
  return createHash('sha256').update(JSON.stringify(values)).digest().subarray(0, HASH_BYTES);
}
