import type { Tell } from '../crmChange.js';
import type { AssociationType, AssociationTypes } from './associationTypes.js';

/** A record at the other side of an association. */
export interface Linked {
  id: number;
  types: AssociationType[];
}

/** What becomes of an association, told once for both sides. */
export interface Relinked {
  from: string;
  id: number;
  to: string;
  other: number;
  isRemoved: boolean;
  isPrimary: boolean;
}

/** The associations between records. Each is kept on both sides. */
export class AssociationGraph {
  /** The ids of association types, by direction (`0-1>0-2`), record, and associated record. */
  private readonly links = new Map<string, Map<number, Map<number, readonly number[]>>>();

  constructor(
    readonly types: AssociationTypes,
    /** Who is told of changes, if anybody. */
    private readonly teller: () => Tell<Relinked> | undefined,
  ) {}

  /** The records that are associated with one record, by id. */
  of(from: string, id: number, to: string): Linked[] {
    const others = this.links.get(`${from}>${to}`)?.get(id);
    if (!others) return [];
    return [...others]
      .map(([other, typeIds]) => ({ id: other, types: this.resolve(from, to, typeIds) }))
      .sort((a, b) => a.id - b.id);
  }

  has(from: string, id: number, to: string, other: number): boolean {
    return this.links.get(`${from}>${to}`)?.get(id)?.has(other) ?? false;
  }

  /** Replaces the labels; the type without a label stays in any case. */
  replace(
    from: string,
    id: number,
    to: string,
    other: number,
    types: readonly AssociationType[],
  ): AssociationType[] {
    const plain = this.types.unlabelled(from, to);
    const all = [...new Set([...types, ...(plain ? [plain] : [])])];
    if (types.some(({ label }) => label === 'Primary')) this.dropPrimary(from, id, to, other);
    this.write(from, id, to, other, all);
    return all;
  }

  /** Removes types, and the association with the last of them. */
  removeTypes(from: string, id: number, to: string, other: number, typeIds: readonly number[]): void {
    const known = this.links.get(`${from}>${to}`)?.get(id)?.get(other);
    if (!known) return;
    const left = this.resolve(from, to, known).filter(({ typeId }) => !typeIds.includes(typeId));
    if (left.length === 0) this.remove(from, id, to, other);
    else this.write(from, id, to, other, left);
  }

  remove(from: string, id: number, to: string, other: number): void {
    this.tellOfTypes(from, id, to, other, []);
    this.links.get(`${from}>${to}`)?.get(id)?.delete(other);
    this.links.get(`${to}>${from}`)?.get(other)?.delete(id);
  }

  /** Moves the associations of a merged record to the record that it became. */
  move(type: string, id: number, mergedInto: number, allTypes: readonly string[]): void {
    for (const to of allTypes) {
      for (const { id: other, types } of this.of(type, id, to)) {
        this.remove(type, id, to, other);
        if (!(to === type && other === mergedInto)) this.write(type, mergedInto, to, other, types);
      }
    }
  }

  private dropPrimary(from: string, id: number, to: string, except: number): void {
    for (const { id: other, types } of this.of(from, id, to)) {
      if (other === except) continue;
      const left = types.filter(({ label }) => label !== 'Primary');
      if (left.length < types.length) this.write(from, id, to, other, left);
    }
  }

  private write(
    from: string,
    id: number,
    to: string,
    other: number,
    types: readonly AssociationType[],
  ): void {
    this.tellOfTypes(from, id, to, other, types);
    this.put(
      from,
      id,
      to,
      other,
      types.map(({ typeId }) => typeId),
    );
    this.put(
      to,
      other,
      from,
      id,
      types.map(({ inverse }) => inverse),
    );
  }

  /** Before they become those of the association. */
  private tellOfTypes(
    from: string,
    id: number,
    to: string,
    other: number,
    types: readonly AssociationType[],
  ): void {
    const tell = this.teller();
    if (!tell) return;
    const before = this.links.get(`${from}>${to}`)?.get(id)?.get(other) ?? [];
    const removed = this.resolve(from, to, before).filter((type) => !types.includes(type));
    const added = types.filter(({ typeId }) => !before.includes(typeId));
    for (const [changed, isRemoved] of [[removed, true] as const, [added, false] as const]) {
      if (changed.length === 0) continue;
      const isPrimary = changed.some(({ label }) => label === 'Primary');
      tell({ from, id, to, other, isRemoved, isPrimary });
    }
  }

  private put(from: string, id: number, to: string, other: number, typeIds: readonly number[]): void {
    const direction = `${from}>${to}`;
    const records = this.links.get(direction) ?? new Map<number, Map<number, readonly number[]>>();
    this.links.set(direction, records);
    const others = records.get(id) ?? new Map<number, readonly number[]>();
    records.set(id, others);
    others.set(other, typeIds);
  }

  private resolve(from: string, to: string, typeIds: readonly number[]): AssociationType[] {
    return typeIds.flatMap((typeId) => this.types.byId(from, to, typeId) ?? []);
  }
}
