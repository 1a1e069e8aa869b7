import type { UniqueValue } from '../../../domain/outbox/effects.js';
import type { Repetition } from '../../../domain/hubspot/repetition.js';
import type { Link, Target } from '../../../domain/outbox/operations.js';
import type { Row } from '../../../domain/outbox/plan.js';
import type { Failure } from './failure.js';
import type { EventRow, Pair, RecordRow } from './requestBuilders.js';

export type LinkItem = Item & { readonly pair: Pair };

/** A row as one input of a request. */
export interface Item {
  readonly row: Row;
  /** The record that is written, and the property that `id` is the value of. */
  readonly id?: string;
  readonly idProperty?: string;
  readonly properties?: Record<string, string>;
  readonly pair?: Pair;
  /** The end of the pair that may be a record that was merged. */
  readonly traces?: 'from' | 'to';
  /** What HubSpot says against it, which is not believed before the record was looked up. */
  readonly doubt?: Failure;
  /** Where the page of the first end's associations begins that is asked for. */
  readonly after?: string;
  /** Whether those pages go round in a circle. */
  readonly repetition?: Repetition;
  /** HubSpot has said nothing of that end, or an error, when it was asked before. */
  readonly again?: true;
  /** An answer before may have taken this custom event: nothing that is said of it since can undo that. */
  readonly perhapsTaken?: true;
}

export function isRecordRow(row: Row): row is RecordRow {
  return row.operation.op === 'record';
}

export function isEventRow(row: Row): row is EventRow {
  return row.operation.op === 'customEvent' || row.operation.op === 'appEvent';
}

/** Whether HubSpot would do it twice. */
export function isUnrepeatable({ operation }: Row): boolean {
  return operation.op === 'record' && operation.mode === 'create' && operation.target === undefined;
}

/** The associations of a row, as pairs of records. */
export function endsOf({ operation, parts }: Row): (Link & { from: Target })[] {
  if (operation.op === 'link') return [operation];
  if (operation.op !== 'record') return [];
  const from: Target = { objectType: operation.objectType, effectKey: parts[0].key };
  return operation.links.map((link) => ({ from, ...link }));
}

/** The unique property that names the record, if the row has one. */
export function uniqueValueOf({ row: { operation } }: Item): UniqueValue | undefined {
  return operation.op === 'record' && operation.target && 'by' in operation.target
    ? operation.target.by
    : undefined;
}
