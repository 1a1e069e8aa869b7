import type { CrmRecord, Version } from '../record.js';
import { lowerBound } from '../../platform/lowerBound.js';

/** A record as the search knows it. */
export interface Doc {
  readonly id: number;
  readonly createdAtMs: number;
  readonly version: Version;
  /** Its latest entry in the log of modifications. */
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
 * What the search sees: the records as they were one lag ago, without the archived ones. Ids and modification times are kept in
 * order, so that the two ways in which big portals are read, by id and by last modification, do not look at every record.
 */
export class SearchIndex {
  private readonly docs = new Map<number, Doc>();
  private ids: number[] = [];
  private logIds: number[] = [];
  private logTimes: number[] = [];
  private pending: Change[] = [];
  private readonly results = new Map<string, readonly number[]>();

  constructor(private readonly lagMs: () => number) {}

  /** `undefined`: it is gone. */
  note({ id, createdAtMs }: CrmRecord, version: Version | undefined, atMs: number): void {
    this.pending.push({ id, createdAtMs, version, atMs });
    this.catchUp(atMs);
  }

  /** Takes in what has become visible by now. */
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

  /** Those with an id from `from` up to and with `to`, ascending. */
  *byId(from: number, to: number): Generator<Doc> {
    for (let at = lowerBound(this.ids, from); at < this.ids.length; at += 1) {
      const id = this.ids[at] ?? 0;
      if (id > to) return;
      const doc = this.docs.get(id);
      if (doc) yield doc;
    }
  }

  /** Those last modified from `fromMs` up to and with `toMs`, in that order. */
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

  /** The ids that answer a query, from memory while nothing has changed: a query is asked for page by page. */
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
