import type pg from 'pg';
import {
  addErasure,
  idsOf,
  eraseMirrored,
  lockMirror,
  valuesNamed,
  type ErasureView,
  type OneRecord,
} from '../../db/privacy/erasures.js';
import type { Queryable } from '../../db/pool.js';
import type { TombstoneKey } from '../../db/tombstoneKey.js';
import { readText } from '../../domain/crm/storedText.js';

export interface RecordToErase {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  /** What else others name it by: former addresses, numbers. */
  readonly also?: readonly string[] | undefined;
}

/** Of contacts; other records have none. The second one holds several. */
const ADDRESSES = ['email', 'hs_additional_emails'];
const BETWEEN_ADDRESSES = /[;,\s]+/;
/** A word as short as this would be found everywhere. */
const LEAST_CHARACTERS = 5;

/**
 * Erases a record: it leaves the mirror in the transaction of `client`, which is one of its workspace, what HubSpot
 * shows of it later is dropped, and the feed tells that it was erased. What other places have of it is erased by the
 * worker, which begins within seconds. For whoever learns that a record is to be erased.
 */
export async function eraseRecord(
  client: pg.PoolClient,
  key: TombstoneKey,
  request: RecordToErase,
  requestedBy: string,
): Promise<ErasureView> {
  await lockMirror(client, request);
  const record = await oneRecord(client, request);
  const { portalId, objectType, ids } = record;
  const marks = ids.map((id) => key.mark(portalId, objectType, id));
  const removed = await eraseMirrored(client, record, marks);
  const [mark] = marks;
  if (!mark) throw new Error('A record has an id');
  return addErasure(client, record, { mark, requestedBy, removed });
}

/** The record with what others name it by, as the mirror has it. */
export async function oneRecord(
  db: Queryable,
  { workspaceId, portalId, objectType, recordId, also = [] }: RecordToErase,
): Promise<OneRecord & { readonly isMirrored: boolean }> {
  const ids = await idsOf(db, { workspaceId, portalId, objectType }, recordId);
  const of = { workspaceId, portalId, objectType, ids };
  const { isMirrored, values } = await valuesNamed(db, of, ADDRESSES);
  const addresses = values.flatMap((value) => readText(value).split(BETWEEN_ADDRESSES));
  return { ...of, isMirrored, words: wordsOf([...addresses, ...also]) };
}

/** In lower case; one that JSON writes in another way is looked for in both. */
function wordsOf(texts: readonly string[]): string[] {
  const words = texts
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text.length >= LEAST_CHARACTERS);
  return [...new Set(words.flatMap((word) => [word, JSON.stringify(word).slice(1, -1)]))];
}
