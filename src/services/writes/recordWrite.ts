import type { Properties, UniqueValue } from '../../domain/outbox/effects.js';
import { tidyKey } from '../../domain/outbox/tidyEffects.js';
import { merged, type Part, type Row } from '../../domain/outbox/plan.js';
import { targetKey, type Operation, type Target } from '../../domain/outbox/operations.js';
import type { Failure } from '../outbox/delivery/failure.js';

/** The type of records of one portal that is written. */
export interface WritesOf {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** One record that somebody wants written. Null and an empty text clear a property. */
export type RecordWrite =
  /** `by`: a unique property among its values. HubSpot refuses a second record with it, so a repeat makes none. */
  | { readonly do: 'create'; readonly by?: UniqueValue; readonly properties: Properties }
  /** It must be there. */
  | { readonly do: 'update'; readonly id: string; readonly properties: Properties }
  | { readonly do: 'update'; readonly by: UniqueValue; readonly properties: Properties }
  /** Found by a unique property and changed, or made. */
  | { readonly do: 'upsert'; readonly by: UniqueValue; readonly properties: Properties };

/** A record as far as the answer to a write shows it: often what was written, and little else. */
export interface WrittenRecord {
  readonly id: string;
  readonly properties: Readonly<Record<string, string | null>>;
  /** ISO 8601, by HubSpot's clock; undefined where its answer did not say. */
  readonly createdAt: string | undefined;
  readonly modifiedAt: string | undefined;
}

export type WriteResult =
  | {
      readonly state: 'done';
      /** `existing`: it was to be made, and HubSpot has it already; it is left as it is. */
      readonly outcome: 'created' | 'updated' | 'existing';
      readonly record: WrittenRecord;
      /** When we had HubSpot's word, by the database's clock. */
      readonly answeredMs: number;
    }
  | { readonly state: 'failed'; readonly failure: Failure };

/** What a write does at HubSpot, in the words of the outbox's batches. */
export function operationOf(objectType: string, write: RecordWrite): Extract<Operation, { op: 'record' }> {
  const target = targetOf(objectType, write);
  return {
    ...{ op: 'record', mode: write.do, objectType, properties: write.properties, counters: {}, links: [] },
    ...(target && { target }),
  };
}

function targetOf(objectType: string, write: RecordWrite): Target | undefined {
  if ('id' in write) return { objectType, id: write.id };
  return write.by && { objectType, by: tidyKey(write.by) };
}

/** Writes with the same one are about one record. Undefined: it makes one, whatever is there. */
export function recordKey(objectType: string, write: RecordWrite): string | undefined {
  const target = targetOf(objectType, write);
  return target && targetKey(target);
}

/** Writes of one form can share a call. */
export function formOf(write: RecordWrite): string {
  return `${write.do} by ${'by' in write && write.by ? write.by.property : 'id'}`;
}

/** Rows of one batch, each with the writes that it stands for, by their place in the list. */
export interface RowOf {
  readonly row: Row;
  readonly writes: readonly number[];
}

/**
 * The writes as rows, in rounds that follow each other: no round has one record twice. Those that follow each other and
 * can be one write are one row; what is made is never taken together: the second of two has to hear that it is there.
 */
export function roundsOf(
  objectType: string,
  writes: readonly { readonly key: string; readonly write: RecordWrite }[],
): RowOf[][] {
  const rounds: { row: Row; writes: number[] }[][] = [];
  const lastOf = new Map<string, { round: number; at: number }>();
  for (const [n, { key, write }] of writes.entries()) {
    const operation = operationOf(objectType, write);
    const part: Part = { eventId: key, n: 0, key, hubspotKey: key, operation };
    const record = recordKey(objectType, write);
    const before = record === undefined ? undefined : lastOf.get(record);
    const previous = before && rounds[before.round]?.[before.at];
    const joint =
      previous &&
      write.do !== 'create' &&
      !isCreate(previous.row) &&
      merged(previous.row.operation, operation);
    if (previous && joint) {
      previous.row = { ...previous.row, parts: [...previous.row.parts, part], operation: joint };
      previous.writes.push(n);
      continue;
    }
    const round = before ? before.round + 1 : 0;
    const rows = (rounds[round] ??= []);
    rows.push({ row: { parts: [part], order: key, operation }, writes: [n] });
    if (record !== undefined) lastOf.set(record, { round, at: rows.length - 1 });
  }
  return rounds;
}

const isCreate = ({ operation }: Row) => operation.op === 'record' && operation.mode === 'create';
