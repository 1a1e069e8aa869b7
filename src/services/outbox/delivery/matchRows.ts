import type { UniqueValue } from '../../../domain/outbox/effects.js';
import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { recordsOf, showsRecords, textOf } from './answeredRecord.js';
import type { AnsweredRecord } from './answeredRecord.js';
import type { Row } from '../../../domain/outbox/plan.js';
import type { BatchTask } from './batchTask.js';
import { failureOfRow, noRecord, unknownRow, type Failure } from './failure.js';
import { traceOf } from './requestBuilders.js';
import { isUnrepeatable, type Item } from './rows.js';

/** What became of one input of a batch. */
export type RowResult =
  /** HubSpot took it. Without an id, the answer does not show which record it is. */
  | { readonly item: Item; readonly ok: true; readonly id?: string }
  | { readonly item: Item; readonly ok: false; readonly failure: Failure };

/**
 * Leads the results and errors of a batch back to its inputs by what they say: the trace id where HubSpot repeats it,
 * else the record's id or the value of a unique property. Never by position: HubSpot promises no order. A record
 * without any of these belongs to nobody, unless the batch was a single create.
 */
export function matchRows(
  kind: BatchTask['do'],
  items: readonly Item[],
  body: unknown,
  errors: readonly RowError[],
): RowResult[] {
  const records = recordsOf(body);
  const shown = new Set(items.map((item) => recordOf(item, items, records)));
  // Records that belong to no input can be what became of one: a record that was merged answers under another id.
  const isComplete = showsRecords(body) && records.every((record) => shown.has(record));
  // An error that names no row is about one of those that the answer does not show.
  const unnamed = errors.some((error) => !items.some((item) => isAbout(error, item)));
  return items.map((item) => {
    const error = errors.find((each) => isAbout(each, item));
    if (error) return { item, ok: false, failure: failureOfRow(error) };
    const record = recordOf(item, items, records);
    const harmless = item.pair !== undefined || !isUnrepeatable(item.row);
    if (!record && (unnamed || !harmless)) return { item, ok: false, failure: unknownRow({ harmless }) };
    if (!record && kind === 'update' && isComplete) return { item, ok: false, failure: notUpdated(item.row) };
    const id = record?.id ?? (item.idProperty === undefined ? item.id : undefined);
    return { item, ok: true, ...(id !== undefined && { id }) };
  });
}

/**
 * An update that HubSpot passes over in silence has found no record. One that would make it is looked up once more;
 * else there is nothing to update.
 */
function notUpdated({ operation }: Row): Failure {
  if (operation.op !== 'record' || !operation.target || operation.mode !== 'update')
    return unknownRow({ harmless: true });
  return noRecord(operation.target);
}

/** By our trace id, else by the id that we gave. */
function isAbout({ ids }: RowError, { row, id, pair }: Item): boolean {
  return (
    ids.includes(traceOf(row)) ||
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

/** The unique property that names the record, if the row has one. */
function uniqueValueOf({ row: { operation } }: Item): UniqueValue | undefined {
  return operation.op === 'record' && operation.target && 'by' in operation.target
    ? operation.target.by
    : undefined;
}

/** HubSpot may write a value with other capitals than it was sent with, as it does with e-mail addresses. */
function withValue(
  records: readonly AnsweredRecord[],
  { property, value }: UniqueValue,
): AnsweredRecord | undefined {
  const small = value.toLowerCase();
  return (
    records.find((record) => textOf(record, property) === value) ??
    records.find((record) => textOf(record, property)?.toLowerCase() === small)
  );
}
