import type { Clock } from '../platform/clock.js';
import type { Tell } from './crmChange.js';
import { conflict, invalidProperties } from './errors.js';
import { GeneratedContacts } from './generatedContacts.js';
import type { CrmRecord } from './record.js';
import type { Schema } from './schema.js';
import { scattered } from './search/misbehaviour.js';
import { SearchIndex, type LagMs } from './search/searchIndex.js';
import { lowerBound } from '../platform/lowerBound.js';
import type { ObjectType } from './objectTypes.js';

/** New values by property; `''` clears one. */
export type Changes = Readonly<Record<string, string>>;

/** Unique values that rows of a batch will take when the batch is applied. */
export type Claims = Set<string>;

export interface Page {
  records: CrmRecord[];
  /** The id of the record with which the next page begins. */
  next: number | undefined;
}

const MAX_PAST_VALUES = 20;

export interface StoreDeps {
  clock: Clock;
  portalId: number;
  schema: Schema;
  indexLagMs: LagMs;
  /** For how long archived records can be read and restored. */
  recycleBinMs: () => number;
  merging: () => { keepsFirst: boolean; archives: boolean };
  /** Who is told of changes, if anybody. */
  teller: () => Tell | undefined;
  firstId: number;
}

/** All records of one type in one portal. */
export class RecordStore {
  readonly type: ObjectType;
  readonly schema: Schema;
  readonly index: SearchIndex;
  /** All ids ever issued, ascending, also those of purged records. */
  readonly ids: number[] = [];
  private readonly byId = new Map<number, CrmRecord>();
  /** The ids of archived records, the earliest first. */
  private readonly bin = new Set<number>();
  private readonly unique = new Map<string, Map<string, number>>();
  /** From the id of a merged record to the id of the record that it became. */
  private readonly aliases = new Map<number, number>();
  private generated: GeneratedContacts | undefined;
  private nextId: number;
  private lastMs = 0;

  constructor(private readonly deps: StoreDeps) {
    this.schema = deps.schema;
    this.type = deps.schema.type;
    this.nextId = deps.firstId;
    this.index = new SearchIndex(deps.indexLagMs);
  }

  get count(): number {
    return this.byId.size - this.bin.size + (this.generated?.untouched ?? 0);
  }

  /** The record with this id, live or archived; for a merged id, the record that it became. */
  find(id: number): CrmRecord | undefined {
    const known = this.lookUp(id);
    if (known?.archivedAtMs !== undefined) {
      this.emptyBin();
      return this.byId.get(id);
    }
    if (known) return known;
    const mergedInto = this.aliases.get(id);
    return mergedInto === undefined ? undefined : this.find(mergedInto);
  }

  /** The record that a merged one became. */
  becameOf(id: number): CrmRecord | undefined {
    const mergedInto = this.aliases.get(id);
    return mergedInto === undefined ? undefined : (this.becameOf(mergedInto) ?? this.find(mergedInto));
  }

  isAlias(id: number): boolean {
    return this.aliases.has(id);
  }

  findUnique(name: string, value: string): CrmRecord | undefined {
    const id = this.unique.get(name)?.get(value.toLowerCase());
    if (id !== undefined) return this.find(id);
    const n = name === 'email' ? this.generated?.numberOfEmail(value.toLowerCase()) : undefined;
    return n === undefined ? undefined : this.generated?.recordOf(n);
  }

  /** Throws when another record has one of the values, and the property is unique. */
  requireUnique(changes: Changes, own: number | undefined, claims?: Claims): void {
    for (const name of this.schema.uniqueNames()) {
      const value = changes[name];
      if (value === undefined || value === '') continue;
      const found = this.findUnique(name, value);
      const holder = found?.archivedAtMs === undefined ? found?.id : undefined;
      const claim = `${name}\n${value.toLowerCase()}`;
      if ((holder === undefined || holder === own) && !claims?.has(claim)) {
        claims?.add(claim);
        continue;
      }
      const { portalId } = this.deps;
      if (name === 'email') throw conflict(`Contact already exists. Existing ID: ${holder ?? own ?? 0}`);
      const who = holder ?? 'Another record';
      const message = `Cannot set ${name} to ${value} in portal ${portalId}. ${who} already has that value.`;
      throw invalidProperties([{ name, code: 'CONFLICTING_UNIQUE_VALUE', message }], portalId);
    }
  }

  /** Fills an empty store with contacts that follow from the seed. */
  generate(count: number, seed: number): void {
    const generated = new GeneratedContacts({ seed, count, firstId: this.nextId, untilMs: this.now() });
    this.generated = generated;
    for (let n = 0; n < count; n += 1) this.ids.push(generated.idOf(n));
    this.nextId = generated.endId;
    this.index.addGenerated(generated);
  }

  create(changes: Changes): CrmRecord {
    const record = this.make(changes);
    const { type } = this;
    this.deps.teller()?.({ kind: 'creation', type, id: record.id });
    this.tellOfValues(record.id, {}, changes);
    return record;
  }

  private make(changes: Changes): CrmRecord {
    const atMs = this.now();
    const properties: Record<string, string> = {};
    for (const name of Object.keys(changes)) if (changes[name]) properties[name] = changes[name];
    const record: CrmRecord = {
      id: this.nextId,
      createdAtMs: atMs,
      version: { properties, updatedAtMs: atMs },
      archivedAtMs: undefined,
      setAt: undefined,
      past: undefined,
    };
    this.nextId += 1 + (this.nextId % 3);
    this.byId.set(record.id, record);
    this.ids.push(record.id);
    this.claim(record, changes);
    this.index.note(record, record.version, atMs);
    return record;
  }

  /** Changes that are made at the same time have the same time of change. */
  update(record: CrmRecord, changes: Changes, atMs = this.now()): void {
    this.tellOfValues(record.id, record.version.properties, changes);
    this.set(record, changes, atMs);
  }

  private set(record: CrmRecord, changes: Changes, atMs: number): void {
    this.keep(record);
    const before = record.version.properties;
    const properties: Record<string, string> = { ...before };
    for (const [name, value] of Object.entries(changes)) {
      if (value === '') delete properties[name];
      else properties[name] = value;
      if ((before[name] ?? '') !== value) this.remember(record, name, before[name], atMs);
    }
    this.disclaim(record, changes);
    record.version = { properties, updatedAtMs: atMs };
    this.claim(record, changes);
    this.index.note(record, record.version, atMs);
  }

  /** Sets a calculated property of live records. It moves no time of change. */
  recalculate(name: string, value: string, ids: readonly number[] = this.ids): number {
    let done = 0;
    for (const id of ids) {
      const record = this.lookUp(id);
      if (!record || record.archivedAtMs !== undefined) continue;
      this.keep(record);
      const { properties, updatedAtMs } = record.version;
      const calculated = value.replaceAll('{n}', String(done));
      this.tellOfValues(id, properties, { [name]: calculated });
      record.version = { properties: { ...properties, [name]: calculated }, updatedAtMs };
      this.index.note(record, record.version, this.now());
      done += 1;
    }
    return done;
  }

  archive(record: CrmRecord): void {
    if (record.archivedAtMs !== undefined) return;
    this.moveToBin(record);
    this.deps.teller()?.({ kind: 'deletion', type: this.type, id: record.id });
  }

  private moveToBin(record: CrmRecord): void {
    if (record.archivedAtMs !== undefined) return;
    this.keep(record);
    const atMs = this.now();
    record.archivedAtMs = atMs;
    this.bin.add(record.id);
    this.disclaim(record, record.version.properties);
    this.index.note(record, undefined, atMs);
  }

  /** Brings an archived record back as it was, unless it was merged. Its time of change stays, as when it went. */
  restore(record: CrmRecord): void {
    if (record.archivedAtMs === undefined || this.isAlias(record.id)) return;
    this.requireUnique(record.version.properties, record.id);
    record.archivedAtMs = undefined;
    this.bin.delete(record.id);
    this.claim(record, record.version.properties);
    this.index.note(record, record.version, this.now());
    this.deps.teller()?.({ kind: 'restore', type: this.type, id: record.id });
  }

  /** False if it was merged, or another record has taken one of its unique values. */
  restoreIfFree(record: CrmRecord): boolean {
    if (this.isAlias(record.id)) return false;
    const values = record.version.properties;
    const isTaken = this.schema.uniqueNames().some((name) => {
      const holder = values[name] === undefined ? undefined : this.findUnique(name, values[name]);
      return holder !== undefined && holder.id !== record.id && holder.archivedAtMs === undefined;
    });
    if (!isTaken) this.restore(record);
    return !isTaken;
  }

  /** Deletes a record for good: it is not among the archived ones. */
  purge(record: CrmRecord): void {
    this.archive(record);
    this.drop(record);
  }

  private drop(record: CrmRecord): void {
    this.moveToBin(record);
    this.bin.delete(record.id);
    this.byId.delete(record.id);
  }

  /** Deletes for good what was archived long enough ago. */
  private emptyBin(): void {
    const untilMs = this.now() - this.deps.recycleBinMs();
    for (const id of this.bin) {
      const record = this.byId.get(id);
      if (record && (record.archivedAtMs ?? 0) > untilMs) return;
      if (record) this.purge(record);
    }
  }

  /** Makes a third record, to which both old ids lead (docs/hubspot.md#records-and-properties); or keeps the first. */
  merge(primary: CrmRecord, other: CrmRecord): CrmRecord {
    const merged = [...mergedIds(primary), ...mergedIds(other)].join(';');
    const properties = { ...other.version.properties, ...primary.version.properties };
    const propertiesMoved = Object.keys(properties).length - Object.keys(primary.version.properties).length;
    const uniqueOfOther = this.schema.uniqueNames().flatMap((name) => {
      const value = other.version.properties[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const { keepsFirst, archives } = this.deps.merging();
    const lost = keepsFirst ? [other] : [primary, other];
    for (const one of lost) {
      if (archives) this.moveToBin(one);
      else this.drop(one);
    }
    const changes = {
      ...properties,
      ...(other.version.properties['email'] && { hs_additional_emails: furtherAddresses(primary, other) }),
      hs_merged_object_ids: merged
        .split(';')
        .filter((id) => !keepsFirst || id !== String(primary.id))
        .join(';'),
    };
    if (keepsFirst) this.set(primary, changes, this.now());
    const record = keepsFirst ? primary : this.make(changes);
    for (const { id } of lost) this.aliases.set(id, record.id);
    // A merged contact is found by either of its addresses.
    for (const [name, value] of uniqueOfOther) this.uniqueOf(name).set(value.toLowerCase(), record.id);
    this.deps.teller()?.({
      kind: 'merge',
      type: this.type,
      primaryId: primary.id,
      mergedIds: [other.id],
      newId: record.id,
      propertiesMoved,
    });
    return record;
  }

  /** Drops the unique values of a property that is archived. */
  forgetProperty(name: string): void {
    this.unique.delete(name);
  }

  /** A page of live records from `fromId` on, by id; or of archived ones, in no order that means anything. */
  page(fromId: number, limit: number, archived: boolean): Page {
    if (archived) return this.pageOfBin(fromId, limit);
    const records: CrmRecord[] = [];
    for (let at = lowerBound(this.ids, fromId); at < this.ids.length; at += 1) {
      const record = this.lookUp(this.ids[at] ?? 0);
      if (!record || record.archivedAtMs !== undefined) continue;
      if (records.length === limit) return { records, next: record.id };
      records.push(record);
    }
    return { records, next: undefined };
  }

  private pageOfBin(fromId: number, limit: number): Page {
    this.emptyBin();
    const from = scattered(fromId);
    const rest = [...this.bin]
      .filter((id) => scattered(id) >= from)
      .sort((a, b) => scattered(a) - scattered(b))
      .slice(0, limit + 1);
    const records = rest.slice(0, limit).flatMap((id) => this.byId.get(id) ?? []);
    return { records, next: rest[limit] };
  }

  /** All live records, by id. */
  *live(): Generator<CrmRecord> {
    for (const id of this.ids) {
      const record = this.lookUp(id);
      if (record && record.archivedAtMs === undefined) yield record;
    }
  }

  private lookUp(id: number): CrmRecord | undefined {
    const known = this.byId.get(id);
    if (known) return known;
    const n = this.generated?.numberOf(id);
    return n === undefined || this.generated?.isTouched(n) ? undefined : this.generated?.recordOf(n);
  }

  /** A generated record that is about to change is kept from now on. */
  private keep(record: CrmRecord): void {
    const n = this.generated?.numberOf(record.id);
    if (n === undefined || this.generated?.isTouched(n)) return;
    this.generated?.touch(n);
    const { properties, updatedAtMs } = record.version;
    record.version = { properties, updatedAtMs };
    this.byId.set(record.id, record);
    this.claim(record, record.version.properties);
  }

  /** The wall clock, but never backwards, so that modification times ascend. */
  now(): number {
    this.lastMs = Math.max(this.lastMs, Math.floor(this.deps.clock.epochMs()));
    return this.lastMs;
  }

  private tellOfValues(id: number, before: Changes, changes: Changes): void {
    const tell = this.deps.teller();
    if (!tell) return;
    for (const [name, value] of Object.entries(changes)) {
      if ((before[name] ?? '') !== value) tell({ kind: 'propertyChange', type: this.type, id, name, value });
    }
  }

  private remember(record: CrmRecord, name: string, old: string | undefined, atMs: number): void {
    if (old !== undefined) {
      record.past ??= new Map();
      const entries = record.past.get(name) ?? [];
      entries.push({ value: old, atMs: record.setAt?.get(name) ?? record.createdAtMs });
      if (entries.length > MAX_PAST_VALUES) entries.shift();
      record.past.set(name, entries);
    }
    record.setAt ??= new Map();
    record.setAt.set(name, atMs);
  }

  private claim(record: CrmRecord, changes: Changes): void {
    for (const name of this.schema.uniqueNames()) {
      const value = changes[name];
      if (value) this.uniqueOf(name).set(value.toLowerCase(), record.id);
    }
  }

  private disclaim(record: CrmRecord, changes: Changes): void {
    for (const name of this.schema.uniqueNames()) {
      const old = record.version.properties[name];
      if (old !== undefined && changes[name] !== undefined) this.unique.get(name)?.delete(old.toLowerCase());
    }
  }

  private uniqueOf(name: string): Map<string, number> {
    const known = this.unique.get(name) ?? new Map<string, number>();
    this.unique.set(name, known);
    return known;
  }
}

/** What a merged contact is found by beside its first address. */
function furtherAddresses(primary: CrmRecord, other: CrmRecord): string {
  const { email = '', hs_additional_emails: own = '' } = primary.version.properties;
  const { email: theirs = '', hs_additional_emails: more = '' } = other.version.properties;
  const all = [...own.split(';'), theirs, ...more.split(';')];
  return all.filter((address) => address !== '' && address !== email).join(';');
}

function mergedIds(record: CrmRecord): string[] {
  const before = record.version.properties['hs_merged_object_ids'];
  return before === undefined ? [String(record.id)] : [...before.split(';'), String(record.id)];
}
