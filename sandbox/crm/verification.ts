import { lowerBound } from '../platform/lowerBound.js';
import type { ObjectType } from './objectTypes.js';
import type { RecordStore } from './recordStore.js';
import { valueOf } from './valueOf.js';

/** A row of a mirror, as it was handed over. */
export interface MirrorRow {
  portalId: number;
  objectType: string;
  id: number;
  properties: Readonly<Record<string, string | number | boolean | null>>;
  archived: boolean;
}

/** Records that a mirror is held against. */
export interface Truth {
  portalId: number;
  type: ObjectType;
  store: RecordStore;
}

export interface Difference {
  portalId: number;
  objectType: string;
  id: string;
  /** What differs, of a stale row. */
  property?: string;
  mirror?: string | null;
  truth?: string | null;
  /** Why a row is a ghost. */
  reason?: string;
}

const EXAMPLES = 10;

/** Compares the rows of a mirror with the records that there are, one row after the other. */
export class Verification {
  private rows = 0;
  private skipped = 0;
  private ghosts = 0;
  private stale = 0;
  private readonly examples = {
    missing: [] as Difference[],
    ghosts: [] as Difference[],
    stale: [] as Difference[],
  };
  /** By portal and type: which of the store's ids have a row. */
  private readonly seen = new Map<Truth, Uint8Array>();

  constructor(
    private readonly truths: readonly Truth[],
    /** Compared in each row, also where the row does not have them. */
    private readonly properties: readonly string[],
    /** Whether there are such records that it is not held against. */
    private readonly isElsewhere: (portalId: number, objectType: string) => boolean,
  ) {
    for (const truth of truths) this.seen.set(truth, new Uint8Array(truth.store.ids.length));
  }

  add(row: MirrorRow): void {
    const truth = this.truths.find((one) => isNamed(one, row.portalId, row.objectType));
    if (!truth && this.isElsewhere(row.portalId, row.objectType)) {
      this.skipped += 1;
      return;
    }
    this.rows += 1;
    const record = truth?.store.find(row.id);
    if (row.archived) return;
    if (!truth || !record) return this.ghost(row, 'There is no such record');
    if (record.id !== row.id) return this.ghost(row, `It was merged into ${record.id}`);
    if (record.archivedAtMs !== undefined) return this.ghost(row, 'It is archived');
    const at = lowerBound(truth.store.ids, row.id);
    const seen = this.seen.get(truth);
    if (seen?.[at] === 1) return this.ghost(row, 'It has another row');
    if (seen) seen[at] = 1;
    const names = new Set([...Object.keys(row.properties), ...this.properties]);
    for (const property of names) {
      const mirror = textOf(row.properties[property]);
      const actual = valueOf(truth.type, record, record.version, property) ?? '';
      if (mirror === actual) continue;
      this.stale += 1;
      note(this.examples.stale, { ...named(row), property, mirror, truth: actual });
      return;
    }
  }

  /** What is missing is known when all rows are there. */
  finish() {
    let [missing, records] = [0, 0];
    for (const truth of this.truths) {
      const seen = this.seen.get(truth);
      for (const { id } of truth.store.live()) {
        records += 1;
        if (seen?.[lowerBound(truth.store.ids, id)] === 1) continue;
        missing += 1;
        note(this.examples.missing, {
          ...{ portalId: truth.portalId, objectType: truth.type.name, id: String(id) },
        });
      }
    }
    const { rows, skipped, ghosts, stale, examples } = this;
    return { ok: missing + ghosts + stale === 0, missing, ghosts, stale, records, rows, skipped, examples };
  }

  private ghost(row: MirrorRow, reason: string): void {
    this.ghosts += 1;
    note(this.examples.ghosts, { ...named(row), reason });
  }
}

/** Whether a row of this portal and type is about these records. */
export function isNamed({ portalId, type }: Truth, ofPortal: number, objectType: string): boolean {
  const { id, name, singular } = type;
  return portalId === ofPortal && [id, name, singular].includes(objectType.toLowerCase());
}

function note(examples: Difference[], difference: Difference): void {
  if (examples.length < EXAMPLES) examples.push(difference);
}

function named({ portalId, objectType, id }: MirrorRow) {
  return { portalId, objectType, id: String(id) };
}

/** Nothing, an empty text and a value that was cleared are the same. */
function textOf(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
