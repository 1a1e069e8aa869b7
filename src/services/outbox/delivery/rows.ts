import type { Target } from '../../../domain/outbox/operations.js';
import type { Row } from '../../../domain/outbox/plan.js';
import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { textOf } from './answer.js';
import type { AnsweredRecord } from './answer.js';
import type { Failure } from './failure.js';
import type { Pair, RecordRow } from './requests.js';
import { traceOf } from './requests.js';

/** A row as one input of a request. */
export interface Item {
  readonly row: Row;
  /** The record that is written, and the property that `id` is the value of. */
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties?: Record<string, string>;
  readonly pair?: Pair;
}

export function isRecordRow(row: Row): row is RecordRow {
  return row.operation.op === 'record';
}

/** Whether HubSpot would do it twice. */
export function isUnrepeatable({ operation }: Row): boolean {
  return operation.op === 'record' && operation.mode === 'create';
}

/** The associations of a row, as pairs of records. */
export function endsOf({ operation, parts }: Row): { from: Target; to: Target; type?: Pair['type'] }[] {
  if (operation.op === 'link') return [operation];
  if (operation.op !== 'record') return [];
  const from: Target = { objectType: operation.objectType, effectKey: parts[0].key };
  return operation.links.map((link) => ({ from, ...link }));
}

/** Whether the error of a 207 is about this row: by our trace id, else by the id that we gave. */
export function concerns({ ids }: RowError, { row, id, pair }: Item): boolean {
  return (
    ids.includes(traceOf(row)) ||
    (id !== undefined && ids.includes(id)) ||
    (pair !== undefined && ids.includes(pair.from.id))
  );
}

/** The record of the answer that a row became. Not every answer repeats the trace id. */
export function recordOf(
  item: Item,
  items: readonly Item[],
  records: readonly AnsweredRecord[],
): AnsweredRecord | undefined {
  const traced = records.find(({ objectWriteTraceId }) => objectWriteTraceId === traceOf(item.row));
  if (traced) return traced;
  if (item.id !== undefined && item.idProperty === undefined) return records.find(({ id }) => id === item.id);
  const { operation } = item.row;
  const by =
    operation.op === 'record' && operation.target && 'by' in operation.target
      ? operation.target.by
      : undefined;
  const named =
    by && records.find((record) => textOf(record, by.property)?.toLowerCase() === by.value.toLowerCase());
  // As many as we sent, and none with a trace: they come in our order.
  const inOrder =
    records.length === items.length &&
    records.every(({ objectWriteTraceId }) => objectWriteTraceId === undefined);
  return named ?? (inOrder ? records[items.indexOf(item)] : undefined);
}

export function noRecord(target: Target): Failure {
  const by =
    'by' in target
      ? `by this ${target.by.property}`
      : 'id' in target
        ? `with the id ${target.id}`
        : `of the effect ${target.effectKey}`;
  return {
    class: 'permanent',
    message: `HubSpot has no record in ${target.objectType} ${by}: it may have been deleted. Make it, then redrive`,
  };
}

export function unsaid(row: Row): Failure {
  return {
    class: isUnrepeatable(row) ? 'unknown' : 'transient',
    message: 'HubSpot’s answer does not say what became of this row',
  };
}
