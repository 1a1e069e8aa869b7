import { groupedBy } from '../../../domain/groupedBy.js';
import type { Target } from '../../../domain/outbox/operations.js';
import { chunks, type Row } from '../../../domain/outbox/plan.js';
import { rowsOf, tracedEnd, type BatchTask, type Doubt, type Write } from './batchTask.js';
import { labelReads } from './labelReads.js';
import { isFinal, unhandled, type Failure } from './failure.js';
import type { RecordCache } from './recordCache.js';
import { isRecordRow, type Item, type LinkItem } from './rows.js';

export type EffectResult =
  | { readonly state: 'done'; readonly objectType?: string; readonly objectId?: string }
  | { readonly state: 'failed'; readonly failure: Failure }
  /** Not tried, because of something before it. */
  | { readonly state: 'blocked' };

type Step = BatchTask | { readonly do: 'then'; readonly then: () => void };

const MAX_INPUTS = 100;
/** HubSpot associates so many pairs in a call (docs/hubspot.md#associations). */
const MAX_PAIRS = 2000;

/** What a batch has still to ask, and the results that it has: the steps add to the one and book the other. */
export class BatchState {
  readonly results = new Map<string, EffectResult>();
  private readonly queue: Step[] = [];
  /** What the current step adds. It goes before what is queued: what a step begins ends before the next step. */
  private added: Step[] = [];
  /** Orders of which a row failed and may yet work: their later rows must not overtake it. */
  private readonly heldBack = new Set<string>();

  constructor(private readonly cache: RecordCache) {}

  /** The next request, without the rows that have their result; undefined when nothing is left to ask. */
  take(): BatchTask | undefined {
    this.enqueue();
    for (let step = this.queue.shift(); step; step = this.queue.shift()) {
      if (step.do === 'then') {
        step.then();
        this.enqueue();
        continue;
      }
      const open =
        step.do === 'read' ? step : { ...step, items: step.items.filter(({ row }) => this.isOpen(row)) };
      if (rowsOf(open).length > 0) return open;
    }
    return undefined;
  }

  /** Drops what is left to ask. */
  clear(): void {
    this.queue.length = 0;
    this.added = [];
  }

  add(kind: Write | 'send' | 'link' | Doubt, items: readonly Item[]): void {
    const most = kind === 'link' ? MAX_PAIRS : MAX_INPUTS;
    for (const some of chunks(items, most)) this.added.push({ do: kind, items: some });
  }

  /** Associates these pairs; where they get labels, those that any of them may have are read first, and stay. */
  link(items: readonly LinkItem[]): void {
    const formOf = ({ pair: { from, to, types } }: LinkItem) =>
      `${from.objectType}>${to.objectType}>${types ? 'labelled' : 'plain'}`;
    for (const group of groupedBy(items, formOf).values())
      if (group.every(({ pair }) => !pair.types || pair.areNew)) this.add('link', group);
      else for (const some of labelReads(group)) this.added.push({ do: 'labels', items: some });
  }

  /** Asks what became of these, in groups that one request can ask for. */
  confirm(items: readonly Item[]): void {
    const formOf = ({ pair, idProperty }: Item) =>
      pair ? `${pair.from.objectType}>${pair.to.objectType}` : `by ${idProperty ?? 'id'}`;
    for (const group of groupedBy(items, formOf).values()) this.add('confirm', group);
  }

  /** Asks under which id one end of these pairs lives now. */
  trace(items: readonly Item[]): void {
    const formOf = (item: Item) => `${item.traces} ${tracedEnd(item)?.objectType}`;
    for (const group of groupedBy(items, formOf).values()) this.add('trace', group);
  }

  /** Asks again for a part of what a task asked for. */
  addAgain(task: BatchTask): void {
    this.added.push(task);
  }

  /** Looks up what is not known of these targets; with `properties`, all of them. */
  lookUp(
    targets: readonly { row: Row; target: Target }[],
    { properties = [], optional }: { properties?: readonly string[]; optional?: true } = {},
  ): void {
    for (const lookUp of this.cache.lookUps(targets, [...new Set(properties)])) {
      for (const some of chunks(lookUp.wanted, MAX_INPUTS)) {
        this.added.push({ do: 'read', lookUp: { ...lookUp, wanted: some }, ...(optional && { optional }) });
      }
    }
  }

  /** Goes on with `then` when everything that was added before it has been answered. */
  then(then: () => void): void {
    this.added.push({ do: 'then', then });
  }

  /** Whether a row has no result yet. One that must not overtake a row that failed is blocked by that. */
  isOpen(row: Row): boolean {
    if (this.heldBack.has(row.order)) this.block(row);
    return !row.parts.every(({ key }) => this.results.has(key));
  }

  /** Does something for one row: what that throws fails this row alone. */
  alone(row: Row, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(row, unhandled(error));
    }
  }

  done(row: Row): void {
    const id = isRecordRow(row) ? this.cache.idOfRow(row) : undefined;
    this.settle(row, {
      state: 'done',
      ...(isRecordRow(row) && { objectType: row.operation.objectType }),
      ...(id !== undefined && { objectId: id }),
    });
  }

  fail(row: Row, failure: Failure): void {
    this.settle(row, { state: 'failed', failure });
    if (!isFinal(failure)) this.heldBack.add(row.order);
  }

  block(row: Row): void {
    this.settle(row, { state: 'blocked' });
  }

  /** The first result of an effect stands. */
  private settle(row: Row, result: EffectResult): void {
    for (const { key } of row.parts) if (!this.results.has(key)) this.results.set(key, result);
  }

  private enqueue(): void {
    this.queue.unshift(...this.added);
    this.added = [];
  }
}
