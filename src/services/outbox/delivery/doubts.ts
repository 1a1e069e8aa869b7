import type { FoundByAnotherKey } from '../../../domain/workspaces/foundRecords.js';
import type { RowError } from '../../../hubspot/wire/outcomes.js';
import { isUnder, recordsOf } from './answeredRecord.js';
import type { BatchState } from './batchState.js';
import { tracedEnd, type Doubt } from './batchTask.js';
import { confirmLink, confirmRecord, type Confirmation } from './confirmation.js';
import { conflict, noRecord, notAdopted, unknownRow, type Failure } from './failure.js';
import { hasKeyOf, isMeant } from './identity.js';
import type { RecordCache } from './recordCache.js';
import type { RecordWriter } from './recordWriter.js';
import { traceOf } from './requestBuilders.js';
import { isRecordRow, type Item } from './rows.js';

/** What became of writes that HubSpot's answer does not show, or refuses for the sake of another record. */
export class Doubts {
  private readonly lookedAgain = new Set<string>();
  private readonly identified = new Set<string>();
  private readonly tracedEnds = new Set<string>();
  private toTrace: Item[] = [];

  constructor(
    private readonly state: BatchState,
    private readonly cache: RecordCache,
    private readonly records: RecordWriter,
    private readonly foundByAnotherKey: FoundByAnotherKey,
  ) {}

  /** What was tried for a row before. */
  triedFor(item: Item): { readonly lookedAgain: boolean; readonly identified: boolean } {
    const trace = traceOf(item.row);
    return { lookedAgain: this.lookedAgain.has(trace), identified: this.identified.has(trace) };
  }

  /** Looks the row's record up anew, and writes it as it then is. */
  lookAgain({ row }: Item): void {
    this.lookedAgain.add(traceOf(row));
    if (isRecordRow(row)) this.records.rewrite([row]);
  }

  /** Asks HubSpot what it did not say. */
  confirm(items: readonly Item[]): void {
    const { rest, named } = this.partsOf(items);
    for (const { row } of rest) this.state.fail(row, unknownRow({ harmless: true }));
    this.state.confirm(named);
  }

  /** Asks whose the record is that stands in the row's way. */
  identify(item: Item, doubt: Failure): void {
    this.identified.add(traceOf(item.row));
    const { row, properties } = item;
    this.state.add('identify', [
      { row, doubt, id: doubt.existingId ?? '', ...(properties && { properties }) },
    ]);
  }

  /** Takes what a look-up says. */
  answered(kind: Doubt, items: readonly Item[], body: unknown, errors: readonly RowError[]): void {
    for (const item of items)
      this.state.alone(item.row, () => {
        if (kind === 'identify') this.judge(item, body, errors);
        else if (kind === 'trace') this.traced(item, body);
        else if (item.pair) this.linked(item, confirmLink(item, body, errors));
        else this.confirmed(item, confirmRecord(item, body, errors));
      });
    this.state.trace(this.toTrace);
    this.toTrace = [];
  }

  /** Those that can be looked up, by what; a record that was made without a key cannot. */
  private partsOf(items: readonly Item[]): { named: Item[]; rest: Item[] } {
    const named: Item[] = [];
    const rest: Item[] = [];
    for (const item of items) {
      const { target } = isRecordRow(item.row) ? item.row.operation : {};
      if (item.pair || item.id !== undefined) named.push(item);
      else if (target && 'by' in target)
        named.push({ ...item, id: target.by.value, idProperty: target.by.property });
      else rest.push(item);
    }
    return { named, rest };
  }

  private confirmed(item: Item, { state, ...said }: Confirmation): void {
    const { row, doubt } = item;
    if (!isRecordRow(row)) return;
    const { target, mode } = row.operation;
    const again = !this.triedFor(item).lookedAgain;
    const id = 'id' in said ? said.id : undefined;
    if (state === 'written' && id !== undefined) {
      this.cache.storeRow(row, id);
      this.records.wrote([row]);
    } else if (state === 'other' && again && id !== undefined && isUnderAnother(item, id)) {
      // It was merged: the record lives on under another id. What was found by a key is found by it again.
      if (target && 'by' in target) return this.lookAgain(item);
      this.lookedAgain.add(traceOf(row));
      this.state.add('update', [{ ...item, id }]);
    } else if (state === 'absent' && mode === 'upsert' && again) this.lookAgain(item);
    else if (state === 'absent' && mode === 'update')
      this.state.fail(row, target ? noRecord(target) : (doubt ?? unknownRow({ harmless: true })));
    else this.state.fail(row, 'failure' in said ? said.failure : unknownRow({ harmless: true }));
  }

  /** Rows whose pairs are all there are done with the last of them (linkRecords.ts). */
  private linked(item: Item, { state, ...said }: Confirmation): void {
    if (state === 'written') return;
    if (state === 'absent') return this.traceEnds(item);
    this.state.fail(item.row, 'failure' in said ? said.failure : unknownRow({ harmless: true }));
  }

  /** An end that was merged is associated under the id that it has now. Each end of a row is looked up once. */
  private traceEnds(item: Item): void {
    const { row, doubt } = item;
    for (const traces of ['to', 'from'] as const) {
      const end = tracedEnd({ ...item, traces });
      const key = `${traceOf(row)} ${traces} ${end?.objectType}/${end?.id}`;
      if (!end || this.tracedEnds.has(key)) continue;
      this.tracedEnds.add(key);
      this.toTrace.push({ ...item, traces });
      return;
    }
    this.state.fail(row, doubt ?? unknownRow({ harmless: true }));
  }

  private traced(item: Item, body: unknown): void {
    const { pair, traces } = item;
    const end = tracedEnd(item);
    const record = recordsOf(body).find((one) => end && isUnder(one, end.id));
    if (!pair || !traces || !end || !record || record.id === end.id) return this.traceEnds(item);
    const { areNew: _, ...others } = pair;
    this.state.link([{ row: item.row, pair: { ...others, [traces]: { ...end, id: record.id } } }]);
  }

  private judge(item: Item, body: unknown, errors: readonly RowError[]): void {
    const { row, doubt, id = '' } = item;
    if (!isRecordRow(row) || !doubt) return;
    const record = recordsOf(body).find((one) => isUnder(one, id));
    if (!record) {
      const said = confirmRecord(item, body, errors);
      this.state.fail(row, 'failure' in said ? said.failure : unknownRow({ harmless: true }));
    } else if (!isMeant(row, record, doubt)) this.state.fail(row, conflict(doubt, record.id));
    else if (this.foundByAnotherKey === 'adopt' || hasKeyOf(row, record)) this.records.adopt(row, record);
    else this.state.fail(row, notAdopted(doubt, record.id));
  }
}

function isUnderAnother({ id, idProperty }: Item, found: string): boolean {
  return idProperty === undefined && found !== id;
}
