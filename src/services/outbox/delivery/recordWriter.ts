import type { BatchState } from './batchState.js';
import type { Write } from './batchTask.js';
import { countedProperties, counts } from './counters.js';
import { unknownRow } from './failure.js';
import { missingRecord } from './missingRecord.js';
import { linkRecords } from './linkRecords.js';
import type { RecordCache } from './recordCache.js';
import type { AnsweredRecord } from './answeredRecord.js';
import { adopted, keepingAddresses } from './identity.js';
import { emailOf, traceOf, values, type RecordRow } from './requestBuilders.js';
import { isUnrepeatable, type Item } from './rows.js';

const isEmpty = (properties: object) => Object.keys(properties).length === 0;

/** Writes records: they are looked up where that is needed, written, and then associated. */
export class RecordWriter {
  /** Rows whose record is written and whose associations are still to do. */
  private readonly written = new Set<RecordRow>();
  /** Rows whose record was found under another key. */
  private readonly adopted = new Map<string, AnsweredRecord>();

  constructor(
    private readonly state: BatchState,
    private readonly cache: RecordCache,
    private readonly counterMarker: string,
  ) {}

  write(rows: readonly RecordRow[]): void {
    // Written by an earlier try, whose id the ledger knows: what is left are the associations.
    const written = rows.filter((row) => this.cache.idOfRow(row) !== undefined);
    const open = rows.filter((row) => !written.includes(row));
    const targets = open.flatMap((row) => {
      const { target, mode } = row.operation;
      const isFound = target && (emailOf(target) !== undefined || counts(row));
      return isFound && mode !== 'create' ? [{ row, target }] : [];
    });
    const properties = open.flatMap((row) =>
      counts(row) ? [...Object.keys(row.operation.counters), this.counterMarker] : [],
    );
    this.state.lookUp(targets, { properties });
    if (open.length > 0) this.state.then(() => this.writeFound(open));
    this.associate(written);
  }

  /** Writes rows again after their records have changed: what is known of them is looked up anew. */
  rewrite(rows: readonly RecordRow[]): void {
    for (const row of rows) {
      this.adopted.delete(traceOf(row));
      if (row.operation.target) this.cache.forget(row.operation.target);
    }
    this.write(rows);
  }

  /** Writes a row to the record that was found in its place. */
  adopt(row: RecordRow, record: AnsweredRecord): void {
    this.adopted.set(traceOf(row), record);
    this.writeFound([row]);
  }

  /**
   * Goes on with rows that HubSpot has taken. Records whose ids its answer did not show are looked up by their unique
   * property; where that is not allowed, a row is good without an id unless it has associations.
   */
  wrote(rows: readonly RecordRow[]): void {
    const unidentified = rows.filter((row) => this.cache.idOfRow(row) === undefined);
    for (const row of rows) if (!unidentified.includes(row)) this.book(row);
    if (unidentified.length === 0) return;
    const targets = unidentified.flatMap((row) =>
      row.operation.target ? [{ row, target: row.operation.target }] : [],
    );
    for (const { target } of targets) this.cache.forget(target);
    this.state.lookUp(targets, { optional: true });
    this.state.then(() => {
      for (const { row, target } of targets) {
        const id = this.cache.idOf(target);
        if (id !== undefined) this.cache.storeRow(row, id);
      }
      for (const row of unidentified) this.book(row);
    });
  }

  private book(row: RecordRow): void {
    if (row.operation.links.length === 0) this.state.done(row);
    else if (this.cache.idOfRow(row) === undefined) this.state.fail(row, unknownRow({ harmless: true }));
    else this.written.add(row);
  }

  private writeFound(rows: readonly RecordRow[]): void {
    const items: Record<Write, Item[]> = { update: [], upsert: [], create: [] };
    const taken = new Set<string>();
    const again: RecordRow[] = [];
    const place = (row: RecordRow): void => {
      const { target } = row.operation;
      const found = this.placeOf(row);
      if (!found) {
        if (target) this.state.fail(row, missingRecord(this.cache, target));
        return;
      }
      // Two keys can turn out to be one record: its second write waits, and reads anew what the first one left.
      const record = found.id === undefined ? undefined : `${found.idProperty ?? ''}=${found.id}`;
      if (record !== undefined && taken.has(record)) {
        again.push(row);
        return;
      }
      const { do: kind, ...where } = found;
      const properties = this.propertiesOf(row, kind);
      if (record !== undefined) taken.add(record);
      const known = target && this.cache.recordOf(target)?.id;
      if (
        properties &&
        kind === 'update' &&
        known === found.id &&
        known !== undefined &&
        isEmpty(properties)
      ) {
        // HubSpot refuses a change of nothing (docs/hubspot.md#batch-endpoints). It was found, and that is all.
        this.cache.storeRow(row, known);
        this.book(row);
      } else if (properties) items[kind].push({ row, properties, ...where });
    };
    for (const row of rows.filter((each) => this.state.isOpen(each))) this.state.alone(row, () => place(row));
    this.send(items);
    this.state.then(() => this.associate(rows.filter((row) => this.written.has(row))));
    if (again.length > 0) this.state.then(() => this.rewrite(again));
  }

  private send({ update, upsert, create }: Record<Write, Item[]>): void {
    this.state.add('update', update);
    this.state.add('upsert', upsert);
    const alone = create.filter(({ row }) => isUnrepeatable(row));
    this.state.add(
      'create',
      create.filter((item) => !alone.includes(item)),
    );
    // Without a unique property the answer of a batch need not show which record is whose
    // (docs/hubspot.md#batch-endpoints).
    for (const item of alone) this.state.add('create', [item]);
  }

  /** How and where a row is written; undefined when its record is not there. */
  private placeOf(row: RecordRow): { do: Write; id?: string; idProperty?: string } | undefined {
    const { mode, target } = row.operation;
    if (!target || mode === 'create') return { do: 'create' };
    const adoptedId = this.adopted.get(traceOf(row))?.id;
    if (adoptedId !== undefined) return { do: 'update', id: adoptedId };
    // What is counted is added to what was read. A record that was not shown is made: where it is there all the same,
    // HubSpot refuses that, while an upsert would begin its counters anew.
    if ('by' in target && emailOf(target) === undefined && !counts(row)) {
      return { do: mode, id: target.by.value, idProperty: target.by.property };
    }
    const id = this.cache.idOf(target);
    if (id !== undefined) return { do: 'update', id };
    return mode === 'upsert' ? { do: 'create' } : undefined;
  }

  private propertiesOf(row: RecordRow, kind: Write): Record<string, string> | undefined {
    const { target, properties } = row.operation;
    // A record that is made carries the key by which it was looked for.
    const key =
      kind === 'create' && target && 'by' in target ? { [target.by.property]: target.by.value } : {};
    const plain = { ...values(properties), ...key };
    const other = this.adopted.get(traceOf(row));
    const written = other ? adopted(row, other, plain) : this.asFound(row, kind, plain);
    if (!counts(row)) return written;
    const counted = countedProperties(
      row,
      other ?? (target && this.cache.recordOf(target)),
      this.counterMarker,
    );
    if (counted.ok) return { ...written, ...counted.properties };
    this.state.fail(row, { class: 'permanent', message: counted.problem });
    return undefined;
  }

  private asFound({ operation: { target } }: RecordRow, kind: Write, properties: Record<string, string>) {
    if (kind !== 'update' || !target) return properties;
    return keepingAddresses(emailOf(target)?.toLowerCase(), this.cache.recordOf(target), properties);
  }

  private associate(rows: readonly RecordRow[]): void {
    for (const row of rows) if (row.operation.links.length === 0) this.state.done(row);
    const linked = rows.filter((row) => row.operation.links.length > 0 && this.state.isOpen(row));
    linkRecords(this.state, this.cache, linked);
  }
}
