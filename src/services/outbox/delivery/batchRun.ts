import type { Target } from '../../../domain/outbox/operations.js';
import { chunks } from '../../../domain/outbox/plan.js';
import type { Batch, Row } from '../../../domain/outbox/plan.js';
import type { Outcome, RowError } from '../../../hubspot/wire/outcomes.js';
import { recordsOf } from './answer.js';
import { countedProperties, counts } from './counters.js';
import { Directory } from './directory.js';
import type { KnownIds, LookUp } from './directory.js';
import { concernsAll, failureOf, isFinal } from './failure.js';
import type { Failure } from './failure.js';
import {
  changeRequest,
  createRequest,
  emailOf,
  eventsRequest,
  linkRequest,
  readRequest,
  traceOf,
  values,
} from './requests.js';
import type { EventRow, RecordRow } from './requests.js';
import type { OutboxRequest } from './request.js';
import { matchRows } from './matchRows.js';
import { endsOf, isRecordRow, isUnrepeatable, noRecord, unknownRow } from './rows.js';
import type { Item } from './rows.js';

/*
 * One batch from its first request to the result of each effect, without I/O: `next()` says what to ask, `answer()` takes what came. A batch
 * can need several requests: contacts are looked up by e-mail before they are written, records are associated after they were
 * made, and a batch that HubSpot refuses as a whole is halved until the bad rows stand alone.
 */

export type EffectResult =
  | { readonly state: 'done'; readonly objectType?: string; readonly objectId?: string }
  | { readonly state: 'failed'; readonly failure: Failure }
  /** Not tried, because of something before it. */
  | { readonly state: 'blocked' };

export interface Ask {
  readonly request: OutboxRequest;
  /** The effects that it is about. */
  readonly keys: readonly string[];
  /** Those among them that HubSpot would do twice: the ledger must know of them before it is sent. */
  readonly unrepeatable: readonly string[];
}

type Write = 'update' | 'upsert' | 'create';
type Task =
  /** `optional`: what cannot be looked up is as good as not found. */
  | { readonly do: 'read'; readonly lookUp: LookUp; readonly optional?: true }
  | { readonly do: Write | 'send' | 'link'; readonly items: readonly Item[] }
  /** Goes on when everything before it was answered. */
  | { readonly do: 'then'; readonly then: () => void };
type Request = Exclude<Task, { do: 'then' }>;

const MAX_INPUTS = 100;

export class BatchRun {
  readonly results = new Map<string, EffectResult>();
  private readonly directory: Directory;
  private readonly queue: Task[] = [];
  /** What the step that runs now adds. It goes before what is queued: what a step begins ends before the next step. */
  private added: Task[] = [];
  private asked: Request | undefined;
  private readonly conflicted = new Set<string>();
  /** Rows whose record is written and whose associations are still to do. */
  private readonly written = new Set<Row>();
  private readonly waiting = new Set<string>();

  constructor(
    readonly batch: Batch,
    known: KnownIds,
    private readonly counterMarker: string,
  ) {
    this.directory = new Directory(known);
    this.begin(batch.rows);
    this.enqueue();
  }

  /** The next request, or undefined when every effect has its result. */
  next(): Ask | undefined {
    if (this.asked) throw new Error('The request before has no answer yet');
    for (let task = this.queue.shift(); task; task = this.queue.shift()) {
      if (task.do === 'then') {
        task.then();
        this.enqueue();
        continue;
      }
      const open =
        task.do === 'read' ? task : { ...task, items: task.items.filter(({ row }) => this.isOpen(row)) };
      const rows = rowsOf(open);
      if (rows.length === 0) continue;
      this.asked = open;
      return {
        request: this.requestOf(open),
        keys: [...new Set(rows.flatMap(({ parts }) => parts.map(({ key }) => key)))],
        unrepeatable: open.do === 'create' ? rows.filter(isUnrepeatable).map(traceOf) : [],
      };
    }
    return undefined;
  }

  /** What came of the request that `next` gave. */
  answer(outcome: Outcome): void {
    const task = this.asked;
    if (!task) throw new Error('Nothing was asked');
    this.asked = undefined;
    if (outcome.kind === 'ok') this.succeeded(task, outcome.body, []);
    else if (outcome.kind === 'partial') this.succeeded(task, outcome.body, outcome.errors);
    else this.failed(task, outcome);
    this.enqueue();
  }

  private begin(rows: readonly Row[]): void {
    for (const row of rows) if (row.operation.op === 'none') this.settle(row, { state: 'done' });
    this.write(rows.filter(isRecordRow));
    this.send(rows.filter((row): row is EventRow => ['customEvent', 'appEvent'].includes(row.operation.op)));
    this.link(rows.filter(({ operation }) => operation.op === 'link'));
  }

  // Records: looked up where needed, written, associated.

  private write(rows: readonly RecordRow[]): void {
    // Written by a try before this one, whose id the ledger knows: what is left are its associations.
    const written = rows.filter((row) => this.ownIdOf(row) !== undefined);
    const open = rows.filter((row) => !written.includes(row));
    this.lookUp(
      open.flatMap((row) => {
        const { target } = row.operation;
        return target && (emailOf(target) !== undefined || counts(row)) ? [{ row, target }] : [];
      }),
      open.flatMap((row) =>
        counts(row) ? [...Object.keys(row.operation.counters), this.counterMarker] : [],
      ),
    );
    if (open.length > 0) this.then(() => this.writeFound(open));
    this.associate(written);
  }

  private writeFound(rows: readonly RecordRow[]): void {
    const items: Record<Write, Item[]> = { update: [], upsert: [], create: [] };
    const taken = new Set<string>();
    const again: RecordRow[] = [];
    for (const row of rows.filter((each) => this.isOpen(each))) {
      const { target } = row.operation;
      const place = this.placeOf(row);
      if (!place) {
        if (target) this.fail(row, noRecord(target));
        continue;
      }
      // Two keys can turn out to be one record: its second write waits, and reads anew what the first one left.
      const record = place.id === undefined ? undefined : `${place.idProperty ?? ''}=${place.id}`;
      if (record !== undefined && taken.has(record)) {
        again.push(row);
        continue;
      }
      if (record !== undefined) taken.add(record);
      const { do: kind, ...where } = place;
      const properties = this.propertiesOf(row, kind);
      if (properties) items[kind].push({ row, properties, ...where });
    }
    this.add('update', items.update);
    this.add('upsert', items.upsert);
    // Without a unique property the answer need not show which record is whose: each goes alone.
    this.add(
      'create',
      items.create.filter(({ row }) => !isUnrepeatable(row)),
    );
    for (const item of items.create) if (isUnrepeatable(item.row)) this.add('create', [item]);
    this.then(() => this.associate(rows.filter((row) => this.written.has(row))));
    if (again.length > 0) this.then(() => this.writeAnew(again));
  }

  private writeAnew(rows: readonly RecordRow[]): void {
    for (const { operation } of rows) if (operation.target) this.directory.forget(operation.target);
    this.write(rows);
  }

  /** How and where a row is written; undefined when its record is not there. */
  private placeOf({ operation }: RecordRow): { do: Write; id?: string; idProperty?: string } | undefined {
    const { mode, target } = operation;
    if (!target || mode === 'create') return { do: 'create' };
    if ('by' in target && emailOf(target) === undefined) {
      return { do: mode, id: target.by.value, idProperty: target.by.property };
    }
    const id = this.directory.idOf(target);
    if (id !== undefined) return { do: 'update', id };
    return mode === 'upsert' ? { do: 'create' } : undefined;
  }

  private propertiesOf(row: RecordRow, kind: Write): Record<string, string> | undefined {
    const { target, properties } = row.operation;
    // A record that is made carries the key by which it was looked for.
    const key =
      kind === 'create' && target && 'by' in target ? { [target.by.property]: target.by.value } : {};
    const plain = { ...values(properties), ...key };
    if (!counts(row)) return plain;
    const counted = countedProperties(row, target && this.directory.recordOf(target), this.counterMarker);
    if (counted.ok) return { ...plain, ...counted.properties };
    this.fail(row, { class: 'permanent', message: counted.problem });
    return undefined;
  }

  private associate(rows: readonly RecordRow[]): void {
    for (const row of rows) if (row.operation.links.length === 0) this.done(row);
    this.link(rows.filter((row) => row.operation.links.length > 0 && this.isOpen(row)));
  }

  private link(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    const targets = rows.flatMap((row) =>
      endsOf(row).flatMap(({ from, to }) => [
        { row, target: from },
        { row, target: to },
      ]),
    );
    this.lookUp(targets, []);
    this.then(() => {
      const groups = new Map<string, Item[]>();
      for (const item of rows.filter((row) => this.isOpen(row)).flatMap((row) => this.pairsOf(row))) {
        const { from, to, type } = item.pair;
        const form = `${from.objectType}>${to.objectType}>${type ? 'labelled' : 'plain'}`;
        groups.set(form, [...(groups.get(form) ?? []), item]);
      }
      for (const group of groups.values()) this.add('link', group);
      // Done with the last of its pairs, whichever group that is in.
      this.then(() => rows.forEach((row) => this.done(row)));
    });
  }

  private pairsOf(row: Row): (Item & { pair: NonNullable<Item['pair']> })[] {
    const pairs = endsOf(row).map(({ from, to, type }) => {
      const fromId = this.directory.idOf(from);
      const toId = this.directory.idOf(to);
      if (fromId === undefined || toId === undefined) {
        this.fail(row, noRecord(fromId === undefined ? from : to));
        return undefined;
      }
      const ends = {
        from: { objectType: from.objectType, id: fromId },
        to: { objectType: to.objectType, id: toId },
      };
      return { row, pair: { row, ...ends, ...(type && { type }) } };
    });
    return pairs.every((pair) => pair !== undefined) ? pairs : [];
  }

  private send(rows: readonly EventRow[]): void {
    if (rows.length === 0) return;
    const byId = rows.filter(({ operation }) => emailOf(operation.on) === undefined);
    this.lookUp(
      byId.map((row) => ({ row, target: row.operation.on })),
      [],
    );
    this.then(() => {
      for (const row of byId) {
        if (this.directory.idOf(row.operation.on) === undefined) this.fail(row, noRecord(row.operation.on));
      }
      this.add(
        'send',
        rows.map((row) => ({ row })),
      );
    });
  }

  private requestOf(task: Request): OutboxRequest {
    switch (task.do) {
      case 'read': {
        const { objectType, property, properties, wanted } = task.lookUp;
        return readRequest(
          objectType,
          property,
          wanted.map(({ target }) => target.by.value),
          properties,
        );
      }
      case 'create':
        return createRequest(inputsOf(task.items));
      case 'update':
      case 'upsert':
        return changeRequest(`${task.do}Objects`, inputsOf(task.items));
      case 'send':
        return eventsRequest(
          task.items.map(({ row }) => row as EventRow),
          (target) => this.directory.idOf(target),
        );
      case 'link':
        return linkRequest(task.items.flatMap(({ pair }) => (pair ? [pair] : [])));
    }
  }

  private succeeded(task: Request, body: unknown, errors: readonly RowError[]): void {
    if (task.do === 'read') {
      this.directory.found(task.lookUp.wanted, recordsOf(body)); // an error of a row means that it is not there
      return;
    }
    const through: Row[] = [];
    for (const result of matchRows(task.items, body, errors)) {
      const { item } = result;
      if (!result.ok) this.rowFailed(task, item, result.failure);
      else {
        through.push(item.row);
        if (result.id !== undefined) this.learn(item.row, result.id);
      }
    }
    if (task.do === 'send') for (const row of through) this.done(row);
    else if (task.do !== 'link') this.identify(through.filter(isRecordRow));
  }

  /** Looks up records that were written and whose ids the answer does not show, then goes on with their associations. */
  private identify(rows: readonly RecordRow[]): void {
    const nameless = rows.filter((row) => this.ownIdOf(row) === undefined);
    for (const row of rows) if (!nameless.includes(row)) this.wrote(row);
    if (nameless.length === 0) return;
    const targets = nameless.flatMap((row) =>
      row.operation.target ? [{ row, target: row.operation.target }] : [],
    );
    for (const { target } of targets) this.directory.forget(target);
    this.lookUp(targets, [], { optional: true });
    this.then(() => {
      for (const { row, target } of targets) {
        const id = this.directory.idOf(target);
        if (id !== undefined) this.learn(row, id);
      }
      for (const row of nameless) this.wrote(row);
    });
  }

  private wrote(row: RecordRow): void {
    if (row.operation.links.length === 0) this.done(row);
    else if (this.ownIdOf(row) === undefined) this.fail(row, unknownRow({ harmless: true }));
    else this.written.add(row);
  }

  private learn({ parts, operation }: Row, id: string): void {
    if (operation.op !== 'record') return;
    for (const { key } of parts) {
      this.directory.learn({ objectType: operation.objectType, effectKey: key }, id);
    }
    if (operation.target) this.directory.learn(operation.target, id);
  }

  private failed(task: Request, outcome: Exclude<Outcome, { kind: 'ok' | 'partial' }>): void {
    const rows = rowsOf(task);
    const failure = failureOf(outcome, { harmless: task.do !== 'create' || !rows.some(isUnrepeatable) });
    if (outcome.kind === 'invalid' || outcome.kind === 'notFound') {
      this.refused(task, outcome, failure);
      return;
    }
    if (task.do === 'read' && task.optional && isFinal(failure)) {
      this.directory.found(task.lookUp.wanted, []);
      return;
    }
    for (const row of rows) this.fail(row, failure);
    // The other rows would fare the same.
    const forbidden = outcome.kind === 'forbidden' && isFinal(failure);
    if (!forbidden && !concernsAll(failure)) return;
    for (const row of this.batch.rows) {
      if (forbidden) this.fail(row, failure);
      else this.settle(row, { state: 'blocked' });
    }
    this.queue.length = 0;
  }

  private refused(
    task: Request,
    outcome: Extract<Outcome, { kind: 'invalid' | 'notFound' }>,
    failure: Failure,
  ): void {
    const missing =
      outcome.kind === 'invalid' && outcome.code === 'PROPERTY_DOESNT_EXIST' ? outcome.properties : [];
    if (task.do === 'read') {
      const { wanted, property } = task.lookUp;
      if ((outcome.kind === 'notFound' || task.optional) && wanted.length === 1)
        this.directory.found(wanted, []);
      else if (wanted.length === 1 || missing.includes(property)) {
        for (const row of rowsOf(task)) this.fail(row, failure);
      } else
        for (const half of halves(wanted))
          this.added.push({ ...task, lookUp: { ...task.lookUp, wanted: half } });
      return;
    }
    const { items } = task;
    // A property that the portal does not have fails every row that sets it: no need to find them by halving.
    const setting = items.filter(({ properties = {} }) => missing.some((name) => name in properties));
    const [first] = items;
    if (setting.length > 0) {
      for (const item of setting) this.rowFailed(task, item, failure);
      this.add(
        task.do,
        items.filter((item) => !setting.includes(item)),
      );
    } else if (first && items.length === 1) {
      // An app event with an id that HubSpot has: it had arrived before (HUBSPOT §7).
      if (first.row.operation.op === 'appEvent' && outcome.status === 409) this.done(first.row);
      else this.rowFailed(task, first, failure);
    } else for (const half of halves(items)) this.add(task.do, half);
  }

  /** One row failed by itself. */
  private rowFailed(task: Request, { row }: Item, failure: Failure): void {
    const { operation, parts, order } = row;
    const conflict = failure.category === 'CONFLICT' || failure.status === 409;
    if (task.do === 'create' && conflict && isRecordRow(row) && !this.conflicted.has(traceOf(row))) {
      // Somebody made the contact after we had looked for it: look again, once.
      this.conflicted.add(traceOf(row));
      this.writeAnew([row]);
    } else if (operation.op === 'record' && parts.length > 1 && isFinal(failure)) {
      // Whose value was it? Each by itself, one after the other.
      for (const part of parts) {
        const single: Row = { parts: [part], order, operation: part.operation };
        this.then(() => {
          if (this.isOpen(single) && isRecordRow(single)) this.writeAnew([single]);
        });
      }
    } else this.fail(row, failure);
  }

  private lookUp(
    targets: readonly { row: Row; target: Target }[],
    wanted: readonly string[],
    options: { optional?: true } = {},
  ): void {
    for (const lookUp of this.directory.lookUps(targets, [...new Set(wanted)])) {
      for (const some of chunks(lookUp.wanted, MAX_INPUTS)) {
        this.added.push({ do: 'read', lookUp: { ...lookUp, wanted: some }, ...options });
      }
    }
  }

  private add(kind: Write | 'send' | 'link', items: readonly Item[]): void {
    for (const some of chunks(items, MAX_INPUTS)) this.added.push({ do: kind, items: some });
  }

  private then(then: () => void): void {
    this.added.push({ do: 'then', then });
  }

  private enqueue(): void {
    this.queue.unshift(...this.added);
    this.added = [];
  }

  private ownIdOf({ parts, operation }: RecordRow): string | undefined {
    return this.directory.idOf({ objectType: operation.objectType, effectKey: parts[0].key });
  }

  /** Whether a row is still to do. What waits for a row of its order that failed is so no more. */
  private isOpen(row: Row): boolean {
    if (this.waiting.has(row.order)) this.settle(row, { state: 'blocked' });
    return !row.parts.every(({ key }) => this.results.has(key));
  }

  private done(row: Row): void {
    const id = isRecordRow(row) ? this.ownIdOf(row) : undefined;
    this.settle(row, {
      state: 'done',
      ...(isRecordRow(row) ? { objectType: row.operation.objectType } : {}),
      ...(id === undefined ? {} : { objectId: id }),
    });
  }

  private fail(row: Row, failure: Failure): void {
    this.settle(row, { state: 'failed', failure });
    if (!isFinal(failure)) this.waiting.add(row.order);
  }

  /** The first result of an effect stands. */
  private settle(row: Row, result: EffectResult): void {
    for (const { key } of row.parts) if (!this.results.has(key)) this.results.set(key, result);
  }
}

function rowsOf(task: Request): Row[] {
  return task.do === 'read'
    ? task.lookUp.wanted.flatMap(({ rows }) => rows)
    : task.items.map(({ row }) => row);
}

function halves<T>(all: readonly T[]): T[][] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

function inputsOf(items: readonly Item[]) {
  return items.map(({ row, id = '', idProperty, properties = {} }) => ({
    row: row as RecordRow,
    id,
    properties,
    ...(idProperty === undefined ? {} : { idProperty }),
  }));
}
