import type { CrmRecord, Version } from '../record.js';
import { lowerBound } from '../../platform/lowerBound.js';

/** A record as the index knows it. */
export interface Doc {
  readonly id: number;
  readonly createdAtMs: number;
  readonly version: Version;
  /** The index of its latest entry in the log of modifications. */
  readonly logAt: number;
}

interface Change {
  id: number;
  createdAtMs: number;
  version: Version | undefined;
  atMs: number;
}

const CACHED_RESULTS = 8;

/**
 * What the search answers from: the live records as they were one lag ago. Ids and modification times are kept sorted,
 * because big portals are read by id or by last modification, and a page of either must not scan all records.
 */
export class SearchIndex {
  private readonly docs = new Map<number, Doc>();
  private ids: number[] = [];
  private logIds: number[] = [];
  private logTimes: number[] = [];
  private pending: Change[] = [];
  private readonly results = new Map<string, readonly number[]>();

  constructor(private readonly lagMs: () => number) {}

  /** Records a new version of a record; undefined when it was archived. */
  note({ id, createdAtMs }: CrmRecord, version: Version | undefined, atMs: number): void {
    this.pending.push({ id, createdAtMs, version, atMs });
    this.catchUp(atMs);
  }

  /** Applies the changes that have become visible by now. */
  catchUp(nowMs: number): void {
    const lagMs = this.lagMs();
    let due = 0;
    while (due < this.pending.length && (this.pending[due]?.atMs ?? 0) + lagMs <= nowMs) due += 1;
    if (due === 0) return;
    for (const change of this.pending.splice(0, due)) this.apply(change);
    this.results.clear();
  }

  get(id: number): Doc | undefined {
    return this.docs.get(id);
  }

  get size(): number {
    return this.docs.size;
  }

  /** Records with ids from `from` to `to`, both included, ascending. */
  *byId(from: number, to: number): Generator<Doc> {
    for (let at = lowerBound(this.ids, from); at < this.ids.length; at += 1) {
      const id = this.ids[at] ?? 0;
      if (id > to) return;
      const doc = this.docs.get(id);
      if (doc) yield doc;
    }
  }

  /** Records last modified from `fromMs` to `toMs`, both included, in the order of modification. */
  *byModification(fromMs: number, toMs: number): Generator<Doc> {
    for (let at = lowerBound(this.logTimes, fromMs); at < this.logTimes.length; at += 1) {
      if ((this.logTimes[at] ?? 0) > toMs) return;
      const doc = this.docs.get(this.logIds[at] ?? 0);
      if (doc?.logAt === at) yield doc;
    }
  }

  countById(from: number, to: number): number {
    return lowerBound(this.ids, to + 1) - lowerBound(this.ids, from);
  }

  countByModification(fromMs: number, toMs: number): number {
    return lowerBound(this.logTimes, toMs + 1) - lowerBound(this.logTimes, fromMs);
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
    const known = this.docs.get(id);
    if (!version) {
      this.docs.delete(id);
      return;
    }
    if (!known) this.insertId(id);
    this.docs.set(id, { id, createdAtMs, version, logAt: this.logIds.length });
    this.logIds.push(id);
    this.logTimes.push(version.updatedAtMs);
    if (this.logIds.length > 1_024 && this.logIds.length > 3 * this.docs.size) this.compact();
  }

  private insertId(id: number): void {
    const at = lowerBound(this.ids, id);
    if (at === this.ids.length) this.ids.push(id);
    else if (this.ids[at] !== id) this.ids.splice(at, 0, id);
  }

  private compact(): void {
    const live = this.logIds.flatMap((id, at) => {
      const doc = this.docs.get(id);
      return doc?.logAt === at ? [doc] : [];
    });
    this.logIds = live.map(({ id }) => id);
    this.logTimes = live.map(({ version }) => version.updatedAtMs);
    for (const [logAt, doc] of live.entries()) this.docs.set(doc.id, { ...doc, logAt });
    this.ids = this.ids.filter((id) => this.docs.has(id));
  }
}
