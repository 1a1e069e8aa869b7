import type { GeneratedContacts } from '../generatedContacts.js';
import type { CrmRecord, Version } from '../record.js';
import { lowerBound } from '../../platform/lowerBound.js';

/** A record as the index knows it. */
export interface Doc {
  readonly id: number;
  readonly createdAtMs: number;
  readonly version: Version;
  /** The index of its latest entry in the log of modifications; -1 for a generated record, which is in none. */
  readonly logAt: number;
}

interface Change {
  /** The number of the change, from which its share of the lag follows. */
  n: number;
  id: number;
  createdAtMs: number;
  version: Version | undefined;
  atMs: number;
}

const CACHED_RESULTS = 8;
const LOOKED_AT_EVERY = 1_024;

/** How long a change stays invisible. `share` spreads changes: two of the same moment need not appear together. */
export type LagMs = (share: number) => number;

/**
 * What the search answers from: the live records as they were one lag ago. Ids and modification times are kept sorted,
 * because big portals are read by id or by last modification, and a page of either must not scan all records.
 */
export class SearchIndex {
  private readonly docs = new Map<number, Doc>();
  private ids: number[] = [];
  private logIds: number[] = [];
  private logTimes: number[] = [];
  private isLogOrdered = true;
  private pending: Change[] = [];
  /** The newest change of a record that was applied while older ones may still be waiting. */
  private readonly applied = new Map<number, number>();
  private changes = 0;
  /** Records that were generated before all others, and take no room until they change. */
  private generated: GeneratedContacts | undefined;
  private readonly results = new Map<string, readonly number[]>();

  constructor(private readonly lagMs: LagMs) {}

  /** Takes records that are as they were generated. The index must be empty. */
  addGenerated(generated: GeneratedContacts): void {
    this.generated = generated.fresh();
    this.results.clear();
  }

  /** Records a new version of a record; undefined when it was archived. */
  note({ id, createdAtMs }: CrmRecord, version: Version | undefined, atMs: number): void {
    this.changes += 1;
    const change = { n: this.changes, id, createdAtMs, version, atMs };
    if (this.pending.length === 0 && this.lagMs(1) === 0) {
      this.results.clear();
      this.apply(change);
      return;
    }
    this.pending.push(change);
    if (this.changes % LOOKED_AT_EVERY === 0) this.catchUp(atMs);
  }

  /** Applies the changes that have become visible by now; an older one never takes the place of a newer one. */
  catchUp(nowMs: number): void {
    const isDue = ({ n, atMs }: Change) => atMs + this.lagMs(shareOf(n)) <= nowMs;
    const due = this.pending.filter(isDue);
    if (due.length === 0) return;
    this.pending = this.pending.filter((change) => !isDue(change));
    for (const change of due) {
      if ((this.applied.get(change.id) ?? 0) > change.n) continue;
      this.applied.set(change.id, change.n);
      this.apply(change);
    }
    if (this.pending.length === 0) this.applied.clear();
    this.results.clear();
  }

  get(id: number): Doc | undefined {
    return this.docs.get(id) ?? this.generatedDoc(this.generated?.numberOf(id));
  }

  get size(): number {
    return this.docs.size + (this.generated?.untouched ?? 0);
  }

  /** Records with ids from `from` to `to`, both included, ascending. */
  *byId(from: number, to: number): Generator<Doc> {
    const { generated } = this;
    for (let n = generated?.firstFrom(from) ?? 0; generated && n < generated.count; n += 1) {
      const id = generated.idOf(n);
      if (id > to) return;
      const doc = this.get(id);
      if (doc) yield doc;
    }
    for (let at = lowerBound(this.ids, from); at < this.ids.length; at += 1) {
      const id = this.ids[at] ?? 0;
      if (id > to) return;
      const doc = this.docs.get(id);
      if (doc) yield doc;
    }
  }

  /** Records last modified from `fromMs` to `toMs`, both included, in the order of modification. */
  *byModification(fromMs: number, toMs: number): Generator<Doc> {
    this.orderLog();
    const { generated } = this;
    for (let n = generated?.firstSince(fromMs) ?? 0; generated && n < generated.count; n += 1) {
      if (generated.timeOf(n) > toMs) break;
      const doc = this.generatedDoc(n);
      if (doc) yield doc;
    }
    for (let at = lowerBound(this.logTimes, fromMs); at < this.logTimes.length; at += 1) {
      if ((this.logTimes[at] ?? 0) > toMs) return;
      const doc = this.docs.get(this.logIds[at] ?? 0);
      if (doc?.logAt === at) yield doc;
    }
  }

  /** The ids of the records that were modified last before `beforeMs`, the latest first. */
  idsBefore(beforeMs: number, count: number): number[] {
    this.orderLog();
    const found: number[] = [];
    for (let at = lowerBound(this.logTimes, beforeMs) - 1; at >= 0 && found.length < count; at -= 1) {
      const doc = this.docs.get(this.logIds[at] ?? 0);
      if (doc?.logAt === at) found.push(doc.id);
    }
    const { generated } = this;
    for (let n = (generated?.firstSince(beforeMs) ?? 0) - 1; n >= 0 && found.length < count; n -= 1) {
      const doc = this.generatedDoc(n);
      if (doc) found.push(doc.id);
    }
    return found;
  }

  countById(from: number, to: number): number {
    const generated = this.generated ? this.generated.firstFrom(to + 1) - this.generated.firstFrom(from) : 0;
    return generated + lowerBound(this.ids, to + 1) - lowerBound(this.ids, from);
  }

  countByModification(fromMs: number, toMs: number): number {
    this.orderLog();
    const { generated } = this;
    const untouched = generated ? generated.firstSince(toMs + 1) - generated.firstSince(fromMs) : 0;
    return untouched + lowerBound(this.logTimes, toMs + 1) - lowerBound(this.logTimes, fromMs);
  }

  /** The ids that match a query, remembered until something changes: queries are read page by page. */
  cached(query: string, find: () => number[]): readonly number[] {
    const known = this.results.get(query);
    if (known) return known;
    const found = find();
    if (this.results.size >= CACHED_RESULTS) {
      const [oldest] = this.results.keys();
      if (oldest !== undefined) this.results.delete(oldest);
    }
    this.results.set(query, found);
    return found;
  }

  private apply({ id, createdAtMs, version }: Change): void {
    const n = this.generated?.numberOf(id);
    if (n !== undefined) this.generated?.touch(n);
    const isKnown = n !== undefined || this.docs.has(id);
    if (!version) {
      this.docs.delete(id);
      return;
    }
    if (!isKnown) this.insertId(id);
    this.docs.set(id, { id, createdAtMs, version, logAt: this.logIds.length });
    if (version.updatedAtMs < (this.logTimes.at(-1) ?? 0)) this.isLogOrdered = false;
    this.logIds.push(id);
    this.logTimes.push(version.updatedAtMs);
    if (this.logIds.length > 1_024 && this.logIds.length > 3 * this.docs.size) this.compact();
  }

  private generatedDoc(n: number | undefined): Doc | undefined {
    const { generated } = this;
    if (!generated || n === undefined || generated.isTouched(n)) return undefined;
    const createdAtMs = generated.timeOf(n);
    return { id: generated.idOf(n), createdAtMs, version: generated.versionOf(n), logAt: -1 };
  }

  private insertId(id: number): void {
    const at = lowerBound(this.ids, id);
    if (at === this.ids.length) this.ids.push(id);
    else if (this.ids[at] !== id) this.ids.splice(at, 0, id);
  }

  /** Changes that were applied late, or that moved no time of change, stand where their time says. */
  private orderLog(): void {
    if (!this.isLogOrdered) this.compact();
  }

  private compact(): void {
    const live = this.logIds.flatMap((id, at) => {
      const doc = this.docs.get(id);
      return doc?.logAt === at ? [doc] : [];
    });
    live.sort((a, b) => a.version.updatedAtMs - b.version.updatedAtMs);
    this.isLogOrdered = true;
    this.logIds = live.map(({ id }) => id);
    this.logTimes = live.map(({ version }) => version.updatedAtMs);
    for (const [logAt, doc] of live.entries()) this.docs.set(doc.id, { ...doc, logAt });
    this.ids = this.ids.filter((id) => this.docs.has(id));
  }
}

/** Spreads numbers evenly over [0, 1), neighbours far apart, the same ones in each run. */
function shareOf(n: number): number {
  return (Math.imul(n, 0x9e3779b1) >>> 0) / 4_294_967_296;
}
