import type { Batch, Row } from '../../../domain/outbox/plan.js';
import type { FoundByAnotherKey } from '../../../domain/workspaces/foundRecords.js';
import type { Outcome, RowError } from '../../../hubspot/wire/outcomes.js';
import { recordsOf } from './answeredRecord.js';
import { BatchState, type EffectResult } from './batchState.js';
import { linksOf, requestOf, rowsOf, type BatchTask } from './batchTask.js';
import { afterLookUp } from './afterLookUp.js';
import {
  byEventName,
  perhapsTaken,
  sendsCustomEvents,
  withCustomEvent,
  withCustomEventOf,
} from './customEventFailure.js';
import { Doubts } from './doubts.js';
import {
  cannotConfirm,
  concernsAll,
  conflict,
  failureOf,
  failureOfRow,
  isFinal,
  noResource,
  thrown,
  unhandled,
  unknownRow,
  type Failure,
} from './failure.js';
import { halves } from './labelReads.js';
import { keepLabels } from './labels.js';
import { linkRecords } from './linkRecords.js';
import { matchRows } from './matchRows.js';
import type { OutboxRequest } from './outboxRequest.js';
import { RecordCache, type KnownIds } from './recordCache.js';
import { RecordWriter } from './recordWriter.js';
import { afterRefusal, afterRowRefusal } from './afterRefusal.js';
import { traceOf } from './requestBuilders.js';
import { isEventRow, isRecordRow, isUnrepeatable, type Item } from './rows.js';
import { sendEvents } from './sendEvents.js';

export interface Ask {
  readonly request: OutboxRequest;
  /** The effects that it is about. */
  readonly keys: readonly string[];
  /** Those among them that HubSpot would do twice: the ledger must know of them before it is sent. */
  readonly unrepeatable: readonly string[];
}

export interface BatchOptions {
  readonly counterMarker: string;
  readonly foundByAnotherKey: FoundByAnotherKey;
}

type Look = Extract<BatchTask, { do: 'read' }>;
type Refusal = Extract<Outcome, { kind: 'invalid' | 'notFound' }>;

/** A request that cannot be built is halved like one that HubSpot refuses, until the bad row stands alone. */
const UNBUILDABLE: Refusal = { kind: 'invalid', status: 400, message: '', body: undefined, properties: [] };

/**
 * One batch from its first request to the result of each effect, without I/O: `next()` says what to ask, `answer()`
 * takes what came. A batch can need several requests: contacts are looked up by e-mail before they are written,
 * records are associated after they were made, and a batch that HubSpot refuses as a whole is halved until the bad
 * rows stand alone.
 */
export class BatchRun {
  private readonly cache: RecordCache;
  private readonly state: BatchState;
  private readonly records: RecordWriter;
  private readonly doubts: Doubts;
  private asked: BatchTask | undefined;

  constructor(
    readonly batch: Batch,
    known: KnownIds,
    { counterMarker, foundByAnotherKey }: BatchOptions,
  ) {
    this.cache = new RecordCache(known);
    this.state = new BatchState(this.cache);
    this.records = new RecordWriter(this.state, this.cache, counterMarker);
    this.doubts = new Doubts(this.state, this.cache, this.records, foundByAnotherKey);
    const { rows } = batch;
    for (const row of rows) if (row.operation.op === 'none') this.state.done(row);
    this.records.write(rows.filter(isRecordRow));
    sendEvents(this.state, this.cache, rows.filter(isEventRow));
    linkRecords(
      this.state,
      this.cache,
      rows.filter(({ operation }) => operation.op === 'link'),
    );
  }

  /** By effect key. */
  get results(): ReadonlyMap<string, EffectResult> {
    return this.state.results;
  }

  /** The next request, or undefined when every effect has its result. */
  next(): Ask | undefined {
    if (this.asked) throw new Error('The request before has no answer yet');
    for (let task = this.state.take(); task; task = this.state.take()) {
      const rows = rowsOf(task);
      try {
        const request = requestOf(task, this.cache);
        this.asked = task;
        return {
          request,
          keys: [...new Set(rows.flatMap(({ parts }) => parts.map(({ key }) => key)))],
          unrepeatable: task.do === 'create' ? rows.filter(isUnrepeatable).map(traceOf) : [],
        };
      } catch (error) {
        this.asked = undefined;
        this.refused(task, UNBUILDABLE, unhandled(error));
      }
    }
    return undefined;
  }

  /** What came of the request that `next` gave. */
  answer(outcome: Outcome): void {
    const task = this.asked;
    if (!task) throw new Error('Nothing was asked');
    this.asked = undefined;
    if (outcome.kind !== 'ok' && outcome.kind !== 'partial') return this.failed(task, outcome);
    try {
      this.succeeded(task, outcome.body, outcome.kind === 'partial' ? outcome.errors : []);
    } catch (error) {
      // What it says of these rows is not known; those that have their result keep it.
      const message = `The answer cannot be read (${thrown(error)})`;
      this.failed(task, { kind: 'unknown', status: outcome.status, reason: 'unreadable', message });
    }
  }

  private succeeded(task: BatchTask, body: unknown, errors: readonly RowError[]): void {
    if (task.do === 'read') {
      this.read(task, body, errors);
      return;
    }
    if (task.do === 'confirm' || task.do === 'identify' || task.do === 'trace') {
      this.doubts.answered(task.do, task.items, body, errors);
      return;
    }
    if (task.do === 'labels') {
      keepLabels(this.state, linksOf(task.items), body, errors);
      return;
    }
    const through: Row[] = [];
    const unshown: Item[] = [];
    for (const result of matchRows(task.do, task.items, body, errors)) {
      const { item, state } = result;
      if (state === 'failed') this.rowFailed(task.do, item, result.failure);
      else if (state === 'unshown') unshown.push(withDoubtOf(task, item, errors));
      else {
        through.push(item.row);
        if (isRecordRow(item.row) && result.id !== undefined && task.do !== 'link')
          this.cache.storeRow(item.row, result.id);
      }
    }
    if (task.do === 'send') for (const row of through) this.state.done(row);
    else if (task.do !== 'link') this.records.wrote(through.filter(isRecordRow));
    if (task.do === 'send') this.unshownEvents(task.items, unshown, errors);
    else this.doubts.confirm(unshown);
  }

  /**
   * HubSpot takes an event with one id once: one that it does not show is sent again. Where it has something against
   * events that it does not name, they are asked for in halves, until the one that it means stands alone.
   */
  private unshownEvents(items: readonly Item[], unshown: readonly Item[], errors: readonly RowError[]): void {
    const again = unshown.map((item) => ({ ...item, perhapsTaken: true as const }));
    if (items.length > 1 && errors.some((error) => isFinal(failureOfRow(error)))) {
      const middle = Math.ceil(again.length / 2);
      for (const half of [again.slice(0, middle), again.slice(middle)])
        if (half.length > 0) this.state.add('send', half);
      return;
    }
    for (const { row } of unshown) this.state.fail(row, perhapsTaken(unknownRow({ harmless: true })));
  }

  /** Each record is found, or proved absent, or not known: then what depends on it is not written. */
  private read({ lookUp, optional }: Look, body: unknown, errors: readonly RowError[]): void {
    const { known, unknown, passedOver } = afterLookUp(lookUp.wanted, recordsOf(body), errors);
    this.cache.storeFound(optional ? lookUp.wanted : known, recordsOf(body), passedOver);
    if (optional) return;
    for (const { wanted, failure } of unknown) for (const row of wanted.rows) this.state.fail(row, failure);
  }

  /** No row of a request came through. */
  private failed(task: BatchTask, outcome: Exclude<Outcome, { kind: 'ok' | 'partial' }>): void {
    const rows = rowsOf(task);
    const harmless = task.do !== 'create' || !rows.some(isUnrepeatable);
    const failure = withCustomEvent(task, outcome, failureOf(outcome, { harmless }));
    if (isDoubt(task) && isFinal(failure)) {
      // What it was to find out is not known: nothing ends for it.
      const why = outcome.kind === 'notFound' ? noResource(failure) : cannotConfirm(failure);
      this.failAll(rows, why, { alone: outcome.kind !== 'notFound' });
      return;
    }
    if (task.do === 'labels' && outcome.kind === 'unknown' && outcome.reason === 'too_large') {
      this.readFewerLabels(task.items, failure);
      return;
    }
    if (outcome.kind === 'invalid' || outcome.kind === 'notFound') {
      this.refused(task, outcome, failure);
      return;
    }
    if (task.do === 'read' && task.optional && isFinal(failure)) {
      this.cache.storeFound(task.lookUp.wanted, []);
      return;
    }
    if (outcome.kind === 'forbidden' && isFinal(failure)) this.failAll(this.batch.rows, failure);
    else this.failAll(rows, failure);
  }

  /** Where a failure is not about these rows alone, the others would fare the same: they are not tried. */
  private failAll(rows: readonly Row[], failure: Failure, { alone = false } = {}): void {
    for (const row of rows) this.state.fail(row, failure);
    if (alone || (rows !== this.batch.rows && !concernsAll(failure))) return;
    for (const row of this.batch.rows) this.state.block(row);
    this.state.clear();
  }

  /** Fewer records have fewer associations, and one that is refused stands alone in the end. */
  private readFewerLabels(items: readonly Item[], failure: Failure): void {
    const parts = halves(linksOf(items));
    for (const some of parts) this.state.addAgain({ do: 'labels', items: some });
    if (parts.length > 0) return;
    this.failAll(
      items.map(({ row }) => row),
      failure,
      { alone: true },
    );
  }

  private refused(task: BatchTask, outcome: Refusal, failure: Failure): void {
    const missing =
      outcome.kind === 'invalid' && outcome.code === 'PROPERTY_DOESNT_EXIST' ? outcome.properties : [];
    if (outcome.kind === 'notFound' && task.do === 'send' && sendsCustomEvents(task)) {
      // It is about one name: each is asked for by itself, and only the one that is refused alone is.
      const names = byEventName(task.items);
      if (names.length > 1) for (const items of names) this.state.add('send', items);
      else
        for (const item of task.items)
          this.state.fail(item.row, withCustomEventOf(item, noResource(failure)));
      return;
    }
    if (outcome.kind === 'notFound' && !(task.do === 'read' && task.optional) && isAboutAll(task)) {
      this.failAll(rowsOf(task), noResource(failure));
      return;
    }
    if (task.do === 'labels') return this.readFewerLabels(task.items, failure);
    if (task.do === 'read') {
      const { lookUp, optional } = task;
      const { failed, again } = afterRefusal(lookUp.wanted, () => missing.includes(lookUp.property));
      if (optional) this.cache.storeFound(failed, []);
      else for (const { rows } of failed) for (const row of rows) this.state.fail(row, failure);
      for (const wanted of again) this.state.addAgain({ ...task, lookUp: { ...lookUp, wanted } });
      return;
    }
    const { failed, again } = afterRefusal(task.items, ({ properties = {} }) =>
      missing.some((name) => name in properties),
    );
    // One that is asked for alone may be missing, or its path: a look-up tells the one from the other.
    if (outcome.kind === 'notFound') this.doubts.confirm(failed.map((item) => ({ ...item, doubt: failure })));
    else for (const item of failed) this.rowFailed(task.do, item, failure);
    for (const items of again) this.state.add(task.do, items);
  }

  private rowFailed(kind: BatchTask['do'], item: Item, said: Failure): void {
    const { row } = item;
    const failure = withCustomEventOf(item, said);
    switch (afterRowRefusal(kind, row, failure, this.doubts.triedFor(item))) {
      case 'done':
        return this.state.done(row);
      case 'lookAgain':
        return this.doubts.lookAgain(item);
      case 'confirm':
        return this.doubts.confirm([{ ...item, doubt: failure }]);
      case 'identify':
        return this.doubts.identify(item, failure);
      case 'takeApart':
        return this.takeApart(row);
      case 'conflict':
        return this.state.fail(row, conflict(failure, failure.existingId));
      case 'failed':
        return this.state.fail(row, failure);
    }
  }

  /** Writes the effects that were merged into a row one after the other. */
  private takeApart({ parts, order }: Row): void {
    for (const part of parts) {
      const single: Row = { parts: [part], order, operation: part.operation };
      this.state.then(() => {
        if (isRecordRow(single) && this.state.isOpen(single)) this.records.rewrite([single]);
      });
    }
  }
}

/**
 * Whether a 404 is about the path and not about one record: several inputs at once are answered one by one where a
 * record is missing, and what is made, looked up or reported names none that could be missing.
 */
function isAboutAll(task: BatchTask): boolean {
  if (isDoubt(task)) return true;
  if (task.do === 'labels') return true;
  return task.do === 'read' || task.do === 'create' || task.do === 'send' || task.items.length > 1;
}

/** What HubSpot says against a pair that was asked for alone is about that: where it is absent, that is why. */
function withDoubtOf(
  { do: kind, items }: { readonly do: BatchTask['do']; readonly items: readonly Item[] },
  item: Item,
  [error]: readonly RowError[],
): Item {
  return kind === 'link' && items.length === 1 && error ? { ...item, doubt: failureOfRow(error) } : item;
}

function isDoubt(task: BatchTask): boolean {
  return task.do === 'confirm' || task.do === 'identify' || task.do === 'trace';
}
