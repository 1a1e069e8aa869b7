import { randomUUID } from 'node:crypto';
import type { DatabaseClock } from '../../db/clock.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import { chunks } from '../../domain/outbox/plan.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Gateway, Outcome, Permit } from '../../hubspot/gateway/gateway.js';
import { recordsOf, textOf, type AnsweredRecord } from '../outbox/delivery/answeredRecord.js';
import { BatchRun } from '../outbox/delivery/batchRun.js';
import type { EffectResult } from '../outbox/delivery/batchState.js';
import { concernsAll, unknownRow, type Failure } from '../outbox/delivery/failure.js';
import { isTaken } from '../outbox/delivery/identity.js';
import { withValue } from '../outbox/delivery/matchRows.js';
import type { OutboxRequest } from '../outbox/delivery/outboxRequest.js';
import { KEEPS_NO_COUNTERS, type WriteHooks } from './writeHooks.js';
import {
  roundsOf,
  type RecordWrite,
  type RowOf,
  type WriteResult,
  type WritesOf,
  type WrittenRecord,
} from './recordWrite.js';

export interface WriteDependencies {
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

export interface WriteOptions {
  /** For all of it, from now on. What is not sent within it was not done. */
  readonly deadlineMs: number;
  readonly priority?: Priority;
  /** What stands for each write in HubSpot's answers and in the ledger; made where it is left out. */
  readonly keys?: readonly string[];
  readonly hooks?: WriteHooks;
  /** For the first request: it is used, or given back. */
  readonly permit?: Permit;
}

const MOST_IN_A_BATCH = 100;
/** Of one request, the wait for its turn included. */
const REQUEST_MS = 15_000;

interface Shown {
  readonly record: AnsweredRecord;
  readonly outcome: 'created' | 'updated';
}

/**
 * Writes records of one type, by their ids or a unique property, in as few calls as HubSpot allows: a result for each,
 * in their order. One that is refused fails alone; the same record twice is written once where that ends the same, else
 * in turn. What is made without a unique property is sent alone, and is told to `hooks` before and after.
 */
export async function writeRecords(
  { gateway, clock }: WriteDependencies,
  of: WritesOf,
  writes: readonly RecordWrite[],
  { deadlineMs, priority = 'interactive', keys, hooks, permit }: WriteOptions,
): Promise<WriteResult[]> {
  const until = performance.now() + deadlineMs;
  const results = new Map<number, WriteResult>();
  let first = permit;
  const ask = (request: OutboxRequest): Promise<Outcome> => {
    const asked = gateway.request({
      ...request,
      ...{ portalId: of.portalId, workspaceId: of.workspaceId, priority },
      ...(first && { permit: first }),
      deadlineMs: Math.max(1, Math.min(REQUEST_MS, until - performance.now())),
    });
    first = undefined;
    return asked;
  };
  const keyed = writes.map((write, n) => ({ key: keys?.[n] ?? randomUUID(), write }));
  try {
    for (const round of roundsOf(of.objectType, keyed))
      for (const rows of chunks(round, MOST_IN_A_BATCH)) await sendRows(rows);
  } finally {
    first?.giveBack();
  }
  return writes.map((_, n) => results.get(n) ?? failed(unknownRow({ harmless: true })));

  function done(outcome: 'created' | 'updated' | 'existing', record: WrittenRecord): WriteResult {
    return { state: 'done', outcome, record, answeredMs: clock.nowMs() };
  }

  async function sendRows(rows: readonly RowOf[]): Promise<void> {
    const shown = new Map<string, Shown>();
    const run = new BatchRun(
      { form: 'records', rows: rows.map(({ row }) => row) },
      new Map(),
      KEEPS_NO_COUNTERS,
    );
    for (let next = run.next(); next; next = run.next()) {
      const creates = next.unrepeatable;
      if (creates.length > 0) await hooks?.intend(creates);
      const outcome = await ask(next.request);
      crashPoint('writes.request.answered');
      if (outcome.kind === 'ok' || outcome.kind === 'partial') noteShown(shown, next.request, outcome.body);
      run.answer(outcome);
      if (creates.length > 0)
        await hooks?.booked(creates.map((key) => ({ key, result: run.results.get(key) })));
    }
    const blocking = blockedBy(run.results);
    const unread: { n: number; id: string }[] = [];
    const taken: { n: number; failure: Failure }[] = [];
    for (const { row, writes: places } of rows)
      for (const [at, n] of places.entries()) {
        const result = run.results.get(row.parts[at]?.key ?? '');
        if (result?.state === 'done') {
          const seen = result.objectId === undefined ? undefined : shown.get(result.objectId);
          if (seen) results.set(n, done(seen.outcome, writtenRecord(seen.record)));
          else unread.push({ n, id: result.objectId ?? '' });
        } else {
          const failure = result?.state === 'failed' ? result.failure : blocking;
          if (isTaken(failure) && writes[n]?.do === 'create') taken.push({ n, failure });
          else results.set(n, failed(failure));
        }
      }
    await readBack(unread);
    await findExisting(taken);
  }

  /** What HubSpot took without showing it is read; where that fails, what was written is what is known of it. */
  async function readBack(unread: readonly { n: number; id: string }[]): Promise<void> {
    const known = unread.filter(({ id }) => id !== '');
    const records =
      known.length > 0
        ? await read(
            undefined,
            known.map(({ id }) => id),
            known,
          )
        : [];
    for (const { n, id } of unread) {
      const record = records.find((one) => one.id === id);
      const properties = writes[n]?.properties ?? {};
      const asSent = { id, properties, createdAt: undefined, modifiedAt: undefined };
      results.set(n, done('updated', record ? writtenRecord(record) : asSent));
    }
  }

  /** What was to be made is there already: it is shown as it is. */
  async function findExisting(taken: readonly { n: number; failure: Failure }[]): Promise<void> {
    const sought = taken.map(({ n, failure }) => {
      const write = writes[n];
      const by = write && 'by' in write ? write.by : undefined;
      return { n, failure, property: by?.property, value: by?.value ?? failure.existingId ?? '' };
    });
    for (const property of new Set(sought.map((one) => one.property))) {
      const some = sought.filter((one) => one.property === property);
      const values = some.map(({ value }) => value).filter((value) => value !== '');
      const records = values.length > 0 ? await read(property, values, some) : [];
      for (const { n, failure, value } of some) {
        const record =
          property === undefined
            ? records.find(({ id }) => id === value)
            : withValue(records, { property, value });
        results.set(n, record ? done('existing', writtenRecord(record)) : failed(failure));
      }
    }
  }

  async function read(
    idProperty: string | undefined,
    ids: readonly string[],
    of_: readonly { n: number }[],
  ): Promise<AnsweredRecord[]> {
    const names = of_.flatMap(({ n }) => Object.keys(writes[n]?.properties ?? {}));
    const outcome = await ask({
      resource: 'readObjects',
      params: { objectType: of.objectType },
      body: {
        ...(idProperty !== undefined && { idProperty }),
        inputs: [...new Set(ids)].map((id) => ({ id })),
        properties: [...new Set([...names, ...(idProperty === undefined ? [] : [idProperty])])],
        propertiesWithHistory: [],
      },
    });
    return outcome.kind === 'ok' || outcome.kind === 'partial' ? recordsOf(outcome.body) : [];
  }
}

const failed = (failure: Failure): WriteResult => ({ state: 'failed', failure });

/** Rows that were not tried share the fate of the one that held them up. */
function blockedBy(results: ReadonlyMap<string, EffectResult>): Failure {
  for (const result of results.values())
    if (result.state === 'failed' && concernsAll(result.failure)) {
      const { mayBeDone: _, ...failure } = result.failure;
      return failure.class === 'unknown' ? { ...failure, class: 'transient' } : failure;
    }
  return unknownRow({ harmless: true });
}

function noteShown(shown: Map<string, Shown>, { resource }: OutboxRequest, body: unknown): void {
  if (resource !== 'createObjects' && resource !== 'updateObjects' && resource !== 'upsertObjects') return;
  for (const record of recordsOf(body)) {
    const isNew = resource === 'createObjects' || (resource === 'upsertObjects' && record.new === true);
    shown.set(record.id, { record, outcome: isNew ? 'created' : 'updated' });
  }
}

/** A record as an answer shows it. */
export function writtenRecord(record: AnsweredRecord): WrittenRecord {
  const { id, createdAt, updatedAt, properties } = record;
  const texts = Object.keys(properties).map((name) => [name, textOf(record, name) ?? null] as const);
  return { id, properties: Object.fromEntries(texts), createdAt, modifiedAt: updatedAt };
}
