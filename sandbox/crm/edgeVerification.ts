import type { Crm } from './crm.js';
import type { ObjectType } from './objectTypes.js';

/** An association in a mirror, as seen from one side, as it was handed over. */
export interface EdgeRow {
  portalId: number;
  fromType: string;
  fromId: number;
  toType: string;
  toId: number;
  category: string;
  typeId: number;
  label: string | null;
}

/** The associations of one type of records with another one that a mirror is held against. */
export interface Pair {
  portalId: number;
  crm: Crm;
  from: ObjectType;
  to: ObjectType;
}

const EXAMPLES = 10;

/** Compares the associations of a mirror with those that there are when it begins. */
export class EdgeVerification {
  private readonly left = new Map<string, EdgeRow>();
  private readonly edges: number;
  private rows = 0;
  private skipped = 0;
  private ghosts = 0;
  private readonly examples = { missing: [] as EdgeRow[], ghosts: [] as EdgeRow[] };

  constructor(private readonly pairs: readonly Pair[]) {
    for (const pair of pairs) for (const edge of truthOf(pair)) this.left.set(keyOf(edge), edge);
    this.edges = this.left.size;
  }

  add(row: EdgeRow): void {
    const pair = this.pairs.find(
      ({ portalId, from, to }) =>
        portalId === row.portalId && isCalled(from, row.fromType) && isCalled(to, row.toType),
    );
    if (!pair) {
      this.skipped += 1;
      return;
    }
    this.rows += 1;
    if (this.left.delete(keyOf({ ...row, fromType: pair.from.name, toType: pair.to.name }))) return;
    // Also one that has another row.
    this.ghosts += 1;
    if (this.examples.ghosts.length < EXAMPLES) this.examples.ghosts.push(row);
  }

  finish() {
    const { left, edges, rows, skipped, ghosts, examples } = this;
    examples.missing.push(...[...left.values()].slice(0, EXAMPLES));
    return { missing: left.size, ghosts, edges, rows, skipped, examples };
  }
}

function* truthOf({ portalId, crm, from, to }: Pair): Generator<EdgeRow> {
  for (const { id } of crm.store(from).live())
    for (const other of crm.linked(from, id, to))
      for (const { category, typeId, label } of other.types)
        yield {
          ...{ portalId, fromType: from.name, fromId: id, toType: to.name, toId: other.id },
          ...{ category, typeId, label },
        };
}

const isCalled = ({ id, name, singular }: ObjectType, text: string) =>
  [id, name, singular].includes(text.toLowerCase());

const keyOf = (edge: EdgeRow) =>
  JSON.stringify([
    ...[edge.portalId, edge.fromType, edge.fromId, edge.toType, edge.toId],
    ...[edge.category, edge.typeId, edge.label],
  ]);
