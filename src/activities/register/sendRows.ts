import { groupedBy } from '../../domain/groupedBy.js';
import type { Batch, Row } from '../../domain/outbox/plan.js';
import { recordsOf, type AnsweredRecord } from '../../services/outbox/delivery/answeredRecord.js';
import { effectIdKey, type KnownIds } from '../../services/outbox/delivery/recordCache.js';
import { BatchRun } from '../../services/outbox/delivery/batchRun.js';
import { isUnrepeatable } from '../../services/outbox/delivery/rows.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import type { Coalescer } from '../../services/writes/coalescer.js';
import type { RecordWrite, WriteResult, WrittenRecord } from '../../services/writes/recordWrite.js';
import { writtenRecord } from '../../services/writes/writeRecords.js';
import { COUNTER_MARKER } from '../../domain/outbox/portalCapabilities.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import { crashPoint } from '../../platform/crashPoint.js';

/** What became of a row. */
export type RowOutcome =
  | {
      readonly state: 'done';
      readonly id: string;
      /** HubSpot said that it made the record. */
      readonly isNew: boolean;
      /** As far as HubSpot's answer shows it. */
      readonly record?: WrittenRecord | undefined;
    }
  | { readonly state: 'failed'; readonly failure: Failure; readonly isUnsure: boolean };

interface Way {
  readonly ask: (request: OutboxRequest) => Promise<Outcome>;
  /** Notes that these rows are about to be made, which HubSpot cannot tell from a repeat. False: somebody else does. */
  readonly note: (rows: readonly Row[]) => Promise<boolean>;
  /** Sends what has a key of ours together with that of other registrations. */
  readonly upsert: (
    objectType: string,
    writes: readonly RecordWrite[],
    keys: readonly string[],
  ) => ReturnType<Coalescer['submit']>;
}

/** Sends rows by the machine that delivers events: in batches of one form each, every row with its own result. */
export async function sendRows(rows: readonly Row[], way: Way): Promise<Map<Row, RowOutcome>> {
  const outcomes = new Map<Row, RowOutcome>();
  const keyed = rows.filter((row) => keyedWrite(row) !== undefined);
  const others = rows.filter((row) => !keyed.includes(row));
  await Promise.all([upsertRows(keyed, way, outcomes), sendOthers(others, way, outcomes)]);
  return outcomes;
}

/** A record with a key of ours: whose it is and what it has, everybody may send. */
function keyedWrite({ operation }: Row): (RecordWrite & { readonly do: 'upsert' }) | undefined {
  if (operation.op !== 'record' || operation.mode !== 'upsert' || operation.objectType === 'contacts')
    return undefined;
  const { target, properties } = operation;
  return target && 'by' in target ? { do: 'upsert', by: target.by, properties } : undefined;
}

async function upsertRows(
  rows: readonly Row[],
  { upsert }: Way,
  outcomes: Map<Row, RowOutcome>,
): Promise<void> {
  const [first] = rows;
  if (first?.operation.op !== 'record') return;
  const writes = rows.flatMap((row) => keyedWrite(row) ?? []);
  const keys = rows.map(({ parts: [{ key }] }) => key);
  const results = await upsert(first.operation.objectType, writes, keys);
  crashPoint('register.upsert.answered');
  for (const [n, row] of rows.entries()) outcomes.set(row, outcomeOfWrite(results?.[n]));
}

function outcomeOfWrite(result: WriteResult | undefined): RowOutcome {
  if (result?.state === 'done')
    return {
      ...{ state: 'done', id: result.record.id, record: result.record },
      isNew: result.outcome === 'created',
    };
  return { state: 'failed', failure: result?.failure ?? TOO_MANY, isUnsure: false };
}

const TOO_MANY: Failure = {
  class: 'rate',
  message: 'Too many writes of the portal wait; nothing was done',
  retryAfterMs: 2000,
};

async function sendOthers(
  rows: readonly Row[],
  { ask, note }: Way,
  outcomes: Map<Row, RowOutcome>,
): Promise<void> {
  for (const batch of batchesOf(rows)) {
    const known: KnownIds = new Map();
    const shown: Shown = new Map();
    const run = new BatchRun(batch, known, { counterMarker: COUNTER_MARKER, foundByAnotherKey: 'adopt' });
    for (let next = run.next(); next; next = run.next()) {
      const { unrepeatable, request } = next;
      const making = batch.rows.filter(({ parts: [{ key }] }) => unrepeatable.includes(key));
      if (making.length > 0 && !(await note(making))) return;
      const outcome = await ask(request);
      noteShown(shown, request, outcome);
      run.answer(outcome);
      crashPoint('register.step.answered');
    }
    for (const row of batch.rows) outcomes.set(row, outcomeOf(row, run, known, shown));
  }
}

type Shown = Map<string, { readonly record: AnsweredRecord; readonly isNew: boolean }>;

function noteShown(shown: Shown, { resource }: OutboxRequest, outcome: Outcome): void {
  const isWrite = resource === 'createObjects' || resource === 'updateObjects';
  if (!isWrite || (outcome.kind !== 'ok' && outcome.kind !== 'partial')) return;
  for (const record of recordsOf(outcome.body))
    shown.set(record.id, { record, isNew: resource === 'createObjects' });
}

function outcomeOf(row: Row, run: BatchRun, known: KnownIds, shown: Shown): RowOutcome {
  const [{ key }] = row.parts;
  const result = run.results.get(key);
  const { operation } = row;
  const linked = operation.op === 'link' && 'id' in operation.to ? operation.to.id : undefined;
  const id = linked ?? known.get(effectIdKey(key));
  if (result?.state === 'done' && id !== undefined) {
    const answered = operation.op === 'record' ? shown.get(id) : undefined;
    const isNew = answered?.isNew === true;
    return { state: 'done', id, isNew, record: answered && writtenRecord(answered.record) };
  }
  if (result?.state === 'failed') {
    const { failure } = result;
    const isUnsure = isUnrepeatable(row) && (failure.class === 'unknown' || failure.mayBeDone === true);
    return { state: 'failed', failure, isUnsure };
  }
  const message =
    result?.state === 'done' ? 'HubSpot does not say which record it wrote' : 'It was not tried';
  return { state: 'failed', failure: { class: 'transient', message }, isUnsure: false };
}

function batchesOf(rows: readonly Row[]): Batch[] {
  const formOf = ({ operation }: Row) => {
    const by = operation.op === 'record' && operation.target && 'by' in operation.target;
    return by ? `by ${operation.target.by.property}` : operation.op;
  };
  return [...groupedBy(rows, formOf)].map(([form, all]) => ({ form, rows: all }));
}
