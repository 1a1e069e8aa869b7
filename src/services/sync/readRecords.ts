import { z } from 'zod';
import { MERGED_IDS_PROPERTY, mergedInto, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { GatewayRequest, Outcome } from '../../hubspot/gateway/gateway.js';
import type { RowError } from '../../hubspot/wire/outcomes.js';
import { recordSchema, seen, understood, type RecordShown } from './hubspotAnswers.js';
import { fewAtATime, inParts, REFUSED, together } from './readAlone.js';
import { refusedBy, SyncRefused } from './syncRefused.js';

/*
 * Records by their ids. A batch read may leave out, or have an error for, one that is there: where that matters it is
 * read alone, by its address. One that HubSpot refuses there, too, or that is too large, is set aside.
 */

const BATCH = 100;
/** A batch read may have errors of so many records that are read alone then: more are HubSpot's trouble. */
const MOST_FAILED = 10;

const batchSchema = z.object({ results: z.array(recordSchema) });

type Request = Extract<GatewayRequest, { resource: 'readObjects' | 'readObject' }>;

interface Dependencies {
  readonly outcomeOf: (
    request: Omit<Request, 'portalId' | 'priority' | 'deadlineMs' | 'params'>,
    objectId?: string,
  ) => Promise<Outcome>;
  readonly objectType: string;
  /** How many characters of names an address may have. */
  readonly addresses: { readonly mostListed: number };
  readonly aside: Aside;
}

/** Where records are set aside that cannot be read, and why. False: there are too many of them to go on without. */
export interface Aside {
  note(id: string, reason: string): Promise<boolean>;
}

export function createRecordReads({ outcomeOf, objectType, addresses, aside }: Dependencies) {
  function answered(outcome: Outcome) {
    if (outcome.kind !== 'ok') throw refusedBy(outcome, objectType);
    return outcome;
  }

  async function readMany(
    ids: readonly string[],
    properties: readonly string[],
    archived: boolean,
  ): Promise<RecordShown[]> {
    if (ids.length === 0) return [];
    if (ids.length > BATCH) throw new RangeError(`At most ${BATCH} records are read at a time`);
    const outcome = await outcomeOf({
      resource: 'readObjects',
      query: { archived },
      body: {
        inputs: ids.map((id) => ({ id })),
        properties,
        propertiesWithHistory: [],
      },
    });
    if (isTooLarge(outcome) && ids.length > 1) {
      const half = Math.ceil(ids.length / 2);
      const first = await readMany(ids.slice(0, half), properties, archived);
      return [...first, ...(await readMany(ids.slice(half), properties, archived))];
    }
    if (isTooLarge(outcome)) {
      // Left out: by its address it is read in parts. So is none that is in the recycle bin.
      if (!archived) return [];
      throw tooLarge(ids[0] ?? '');
    }
    if (!archived && outcome.kind === 'partial' && outcome.errors.length > 0) {
      const { results } = understood(batchSchema, outcome.body);
      const failed = failedIn(outcome, ids, results);
      if (failed.length > MOST_FAILED) throw refusedBy(outcome, objectType);
      const alone = await fewAtATime(failed, (id) => readAlone(id, properties));
      return [...results.filter(isLive), ...alone.flatMap(({ found }) => (isFound(found) ? [found] : []))];
    }
    // It names those that it does not find, or leaves them out in silence: both say that they are not there.
    const { body } = isOfMissing(outcome) ? outcome : answered(outcome);
    return understood(batchSchema, body).results.filter((one) => isLive(one) !== archived);
  }

  async function without(id: string, refusal: SyncRefused): Promise<typeof REFUSED> {
    if (!(await aside.note(id, refusal.message))) throw refusal;
    return REFUSED;
  }

  /** Undefined: HubSpot has none that is live, or none under this id. */
  async function readAlone(
    id: string,
    properties: readonly string[],
  ): Promise<RecordShown | typeof REFUSED | undefined> {
    const parts: RecordShown[] = [];
    for (const names of inParts(properties, addresses.mostListed)) {
      const outcome = await outcomeOf(
        { resource: 'readObject', query: { archived: false, properties: names } },
        id,
      );
      if (outcome.kind === 'notFound') return undefined;
      if (outcome.kind === 'invalid') return without(id, refusedBy(outcome, objectType));
      if (isTooLarge(outcome)) return without(id, tooLarge(id));
      const part = understood(recordSchema, answered(outcome).body);
      if (!isLive(part) || part.id !== id) return undefined;
      parts.push(part);
    }
    const [first, ...others] = parts;
    return first && together([first, ...others]);
  }

  async function readOne(
    id: string,
    properties: readonly string[],
  ): Promise<SeenRecord | typeof REFUSED | undefined> {
    // The address has a length: all properties are read by a batch, under the id that the record has now.
    const outcome = await outcomeOf(
      { resource: 'readObject', query: { archived: false, properties: [MERGED_IDS_PROPERTY] } },
      id,
    );
    if (outcome.kind === 'notFound') return undefined;
    if (outcome.kind === 'invalid') return without(id, refusedBy(outcome, objectType));
    if (isTooLarge(outcome)) return without(id, tooLarge(id));
    const now = understood(recordSchema, answered(outcome).body);
    if (!isLive(now)) return undefined;
    const [inBatch] = (await readMany([now.id], properties, false)).filter((one) => one.id === now.id);
    const found = inBatch ?? (await readAlone(now.id, properties));
    if (!isFound(found)) return found;
    const record = seen(found);
    return record.id === id ? record : { ...record, askedAs: [id] };
  }

  const readNow = async (ids: readonly string[], properties: readonly string[]): Promise<SeenRecord[]> =>
    (await readMany(ids, properties, false)).map(seen);

  /** What a batch read leaves out of a list may be there all the same. */
  async function readListed(
    ids: readonly string[],
    properties: readonly string[],
  ): Promise<readonly SeenRecord[]> {
    const records = await readNow(ids, properties);
    const shown = new Set(records.flatMap((one) => [one.id, ...mergedInto(one)]));
    const left = ids.filter((id) => !shown.has(id));
    const alone = await fewAtATime(left, (id) => readOne(id, properties));
    return [...records, ...alone.flatMap(({ found }) => (isFound(found) ? [found] : []))];
  }

  const tooLarge = (id: string) =>
    new SyncRefused(
      `The record ${id} of ${objectType} is a larger answer of HubSpot's than is read here (10 MB): keep fewer of its properties`,
      { errorClass: 'refused' },
    );

  return {
    now: readNow,
    listed: readListed,
    one: readOne,
    binned: (ids: readonly string[], properties: readonly string[]) => readMany(ids, properties, true),
  };
}

/** More than one answer may hold: fewer records are asked for at a time. */
export const isTooLarge = (outcome: Outcome): boolean =>
  outcome.kind === 'unknown' && outcome.reason === 'too_large';
/** A record that was read: neither none nor refused. */
export const isFound = <T extends object>(found: T | typeof REFUSED | undefined): found is T =>
  typeof found === 'object';
const isLive = ({ archived }: { readonly archived?: boolean | undefined }): boolean => archived !== true;
/** Of which it says nothing but an error, and not that they are not there. */
function failedIn(
  { errors }: Extract<Outcome, { kind: 'partial' }>,
  ids: readonly string[],
  results: readonly { readonly id: string }[],
): string[] {
  const isMissing = (error: RowError) => error.category === 'OBJECT_NOT_FOUND' && error.ids.length > 0;
  const known = new Set([
    ...results.map(({ id }) => id),
    ...errors.filter(isMissing).flatMap((error) => error.ids),
  ]);
  const others = errors.filter((error) => !isMissing(error));
  // An error that is about nobody may be about any of them.
  const isAnybody = others.some((error) => error.ids.length === 0);
  const named = new Set(others.flatMap((error) => error.ids));
  return ids.filter((id) => !known.has(id) && (isAnybody || named.has(id)));
}
const isOfMissing = (outcome: Outcome): outcome is Extract<Outcome, { kind: 'partial' }> =>
  outcome.kind === 'partial' &&
  outcome.errors.length > 0 &&
  outcome.errors.every(({ category, ids }) => category === 'OBJECT_NOT_FOUND' && ids.length > 0);
