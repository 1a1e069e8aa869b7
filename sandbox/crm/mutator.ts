import { seededRandom, type Random } from '../platform/random.js';
import type { Crm, Mutating } from './crm.js';
import type { ObjectType } from './objectTypes.js';
import type { CrmRecord } from './record.js';
import type { RecordStore } from './recordStore.js';

export const MUTATIONS = ['edit', 'create', 'archive', 'restore', 'merge', 'purge', 'recalculate'] as const;
export type Mutation = (typeof MUTATIONS)[number];

export interface MutatorPlan {
  seed: number;
  types: readonly ObjectType[];
  /** So many of each kind among all. */
  weights: Readonly<Record<Mutation, number>>;
  perSecond: number;
  /** So many after each page that is read, before the next one can be. */
  perPage: number;
  /** It ends after so many. */
  count: number;
}

const TICK_MS = 20;
const TRIES = 50;

/** Changes records while others read them. What it does follows from its seed and from what is there. */
export class Mutator implements Mutating {
  readonly done: Record<Mutation, number> = { ...NONE };
  private readonly random: Random;
  private readonly timer: NodeJS.Timeout | undefined;
  private owed = 0;
  private total = 0;

  constructor(
    private readonly crm: Crm,
    private readonly plan: MutatorPlan,
  ) {
    this.random = seededRandom(plan.seed);
    if (plan.perSecond === 0) return;
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.timer.unref();
  }

  get running(): boolean {
    return this.total < this.plan.count;
  }

  /** A page was read. */
  pageRead(): void {
    for (let n = 0; n < this.plan.perPage; n += 1) this.mutate();
  }

  close(): void {
    clearInterval(this.timer);
    this.total = Infinity;
  }

  private tick(): void {
    this.owed += (this.plan.perSecond * TICK_MS) / 1_000;
    for (; this.owed >= 1; this.owed -= 1) this.mutate();
  }

  private mutate(): void {
    if (!this.running) return clearInterval(this.timer);
    this.total += 1;
    const type = this.pick(this.plan.types);
    const kind = this.draw();
    if (type && kind && this.perform(kind, type)) this.done[kind] += 1;
  }

  /** False where there is no record for it. */
  private perform(kind: Mutation, type: ObjectType): boolean {
    const store = this.crm.store(type);
    if (kind === 'create') {
      store.create({ [editedName(store)]: `Created ${this.total}` });
      return true;
    }
    const record = this.someRecord(store, kind === 'restore');
    if (!record) return false;
    switch (kind) {
      case 'edit':
        store.update(record, { [editedName(store)]: `Edited ${this.total}` });
        return true;
      case 'archive':
        store.archive(record);
        return true;
      case 'restore':
        return store.restoreIfFree(record);
      case 'purge':
        this.crm.purge(type, record);
        return true;
      case 'recalculate': {
        const calculated = store.schema.list(false).find((property) => property.calculated);
        return (
          calculated !== undefined && store.recalculate(calculated.name, String(this.total), [record.id]) > 0
        );
      }
      case 'merge': {
        const other = this.someRecord(store, false);
        if (!other || other.id === record.id) return false;
        this.crm.merge(type, record, other);
        return true;
      }
    }
  }

  private someRecord(store: RecordStore, isArchived: boolean): CrmRecord | undefined {
    for (let n = 0; n < TRIES; n += 1) {
      const id = this.pick(store.ids);
      const record = id === undefined ? undefined : store.find(id);
      if (!record || record.id !== id) continue;
      if ((record.archivedAtMs !== undefined) === isArchived) return record;
    }
    return undefined;
  }

  private draw(): Mutation | undefined {
    const { weights } = this.plan;
    let left = this.random() * MUTATIONS.reduce((sum, kind) => sum + weights[kind], 0);
    return MUTATIONS.find((kind) => (left -= weights[kind]) < 0);
  }

  private pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.random() * items.length)];
  }
}

const NONE = Object.fromEntries(MUTATIONS.map((kind) => [kind, 0])) as Record<Mutation, number>;

/** A text of the record that anybody may set. */
function editedName({ type, schema }: RecordStore): string {
  const names = [...type.shown, ...schema.list(false).map(({ name }) => name)];
  const free = names.find((name) => {
    const property = schema.find(name);
    return (
      property?.type === 'string' && !property.hasUniqueValue && !property.modificationMetadata.readOnlyValue
    );
  });
  return free ?? 'hubspot_owner_id';
}
