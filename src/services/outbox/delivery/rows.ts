import type { Target } from '../../../domain/outbox/operations.js';
import type { Row } from '../../../domain/outbox/plan.js';
import type { Failure } from './failure.js';
import type { Pair, RecordRow } from './requests.js';

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

/** HubSpot took the request, and its answer does not show this row. `harmless`: a repeat does nothing twice. */
export function unknownRow({ harmless }: { harmless: boolean }): Failure {
  return {
    class: harmless ? 'transient' : 'unknown',
    message: 'HubSpot’s answer does not say what became of this row',
  };
}
