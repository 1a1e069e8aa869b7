import type { UniqueValue } from '../../../domain/outbox/effects.js';
import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { appEventsShown, pairsShown, recordsOf, textOf } from './answeredRecord.js';
import type { AnsweredRecord } from './answeredRecord.js';
import type { BatchTask } from './batchTask.js';
import { failureOfRow, unknownRow, type Failure } from './failure.js';
import { eventIdsOf, traceOf } from './requestBuilders.js';
import { isEventRow, isUnrepeatable, uniqueValueOf, type Item } from './rows.js';

/** What became of one input of a batch. */
export type RowResult =
  /** HubSpot shows it. Without an id, the answer does not say which record it is. */
  | { readonly item: Item; readonly state: 'done'; readonly id?: string }
  | { readonly item: Item; readonly state: 'failed'; readonly failure: Failure }
  /** A success that neither shows it nor says what is wrong with it: what became of it has to be looked up. */
  | { readonly item: Item; readonly state: 'unshown' };

/**
 * Leads the results and errors of a batch back to its inputs by what they say: the trace id where HubSpot repeats it,
 * else the record's id or the value of a unique property. Never by position: HubSpot promises no order. A record
 * without any of these belongs to nobody, unless the batch was a single create; but where there are as many of them as
 * inputs that are left, all were written.
 */
export function matchRows(
  kind: BatchTask['do'],
  items: readonly Item[],
  body: unknown,
  errors: readonly RowError[],
): RowResult[] {
  // An error that names no row is about one of those that the answer does not show.
  const isAboutItem = (error: RowError, item: Item) =>
    isAbout(error, item) || isAboutOnly(items, error, kind);
  const unnamed = errors.some((error) => !items.some((item) => isAboutItem(error, item)));
  const shown = kind === 'link' ? shownPairs(items, body) : shownRecords(items, body);
  const isEvent = (item: Item) => kind === 'send' && isShownEvent(item, body);
  const results = items.map((item): RowResult => {
    const error = errors.find((each) => isAboutItem(each, item));
    if (error) return { item, state: 'failed', failure: failureOfRow(error) };
    const id = shown.get(item);
    if (id !== undefined) return { item, state: 'done', id };
    if (isEvent(item) && !unnamed) return { item, state: 'done' };
    if (kind !== 'create' || !isUnrepeatable(item.row)) return { item, state: 'unshown' };
    return { item, state: 'failed', failure: unknownRow({ harmless: false }) };
  });
  if (unnamed || kind === 'link' || kind === 'send') return results;
  const left = results.filter(({ state }) => state === 'unshown').length;
  if (left === 0 || strangers(shown, body) < left) return results;
  return results.map((result) => (result.state === 'unshown' ? writtenUnder(result.item) : result));
}

/** A record that was merged answers under another id: what was named by its id keeps it. */
function writtenUnder(item: Item): RowResult {
  const id = item.idProperty === undefined ? item.id : undefined;
  return { item, state: 'done', ...(id !== undefined && { id }) };
}

/** How many records an answer shows that lead to no input. Those under a trace id that is not ours are not ours. */
function strangers(shown: ReadonlyMap<Item, string>, body: unknown): number {
  const ours = new Set(shown.values());
  const others = recordsOf(body).filter(
    ({ id, objectWriteTraceId }) => objectWriteTraceId === undefined && !ours.has(id),
  );
  return new Set(others.map(({ id }) => id)).size;
}

function shownRecords(items: readonly Item[], body: unknown): Map<Item, string> {
  const records = recordsOf(body);
  return new Map(
    items.flatMap((item): [Item, string][] => {
      const record = recordOf(item, items, records);
      return record ? [[item, record.id]] : [];
    }),
  );
}

/** The id of the one end stands for the pair; HubSpot shows it from either end. */
function shownPairs(items: readonly Item[], body: unknown): Map<Item, string> {
  const key = (from: string, to: string) => `${from}>${to}`;
  const shown = new Set(pairsShown(body).flatMap(({ from, to }) => [key(from, to), key(to, from)]));
  return new Map(
    items.flatMap((item): [Item, string][] =>
      item.pair && shown.has(key(item.pair.from.id, item.pair.to.id)) ? [[item, item.pair.from.id]] : [],
    ),
  );
}

/** Custom events are taken without a word about each; events of the app are shown by the ids that we gave them. */
function isShownEvent({ row: { operation, parts } }: Item, body: unknown): boolean {
  return operation.op !== 'appEvent' || appEventsShown(body).has(parts[0].hubspotKey);
}

/** An event that was sent alone is what an error means that says what is wrong, and names nothing. */
function isAboutOnly(items: readonly Item[], { ids, category }: RowError, kind: BatchTask['do']): boolean {
  return kind === 'send' && items.length === 1 && ids.length === 0 && category !== undefined;
}

/** By our trace id, else by the id that we gave. */
function isAbout({ ids }: RowError, { row, id, pair }: Item): boolean {
  return (
    ids.includes(traceOf(row)) ||
    (isEventRow(row) && eventIdsOf(row).some((one) => ids.includes(one))) ||
    (id !== undefined && ids.includes(id)) ||
    (pair !== undefined && ids.includes(pair.from.id))
  );
}

function recordOf(
  item: Item,
  items: readonly Item[],
  records: readonly AnsweredRecord[],
): AnsweredRecord | undefined {
  const traced = records.find(({ objectWriteTraceId }) => objectWriteTraceId === traceOf(item.row));
  if (traced) return traced;
  const untraced = records.filter(({ objectWriteTraceId }) => objectWriteTraceId === undefined);
  if (item.id !== undefined && item.idProperty === undefined)
    return untraced.find(({ id }) => id === item.id);
  const by = uniqueValueOf(item);
  if (by) return withValue(untraced, by);
  return items.length === 1 && untraced.length === 1 ? untraced[0] : undefined;
}

/** HubSpot may write a value with other capitals than it was sent with, as it does with e-mail addresses. */
export function withValue(
  records: readonly AnsweredRecord[],
  { property, value }: UniqueValue,
): AnsweredRecord | undefined {
  const small = value.toLowerCase();
  return (
    records.find((record) => textOf(record, property) === value) ??
    records.find((record) => textOf(record, property)?.toLowerCase() === small)
  );
}
