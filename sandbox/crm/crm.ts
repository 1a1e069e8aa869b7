import type { Clock } from '../platform/clock.js';
import type { Random } from '../platform/random.js';
import type { Settings } from '../settings.js';
import { AssociationGraph, type Linked, type Relinked } from './associations/associationGraph.js';
import { AssociationTypes } from './associations/associationTypes.js';
import { BatchAnswers } from './batchAnswers.js';
import type { ValidationRules, WriteContext } from './changes.js';
import { BY_PEOPLE, type ChangeSource, type Tell } from './crmChange.js';
import { CustomTypes } from './customTypes.js';
import { invalid } from './errors.js';
import { Pipelines } from './pipelines.js';
import type { CrmRecord } from './record.js';
import { RecordStore } from './recordStore.js';
import type { Misbehaviour } from './search/misbehaviour.js';
import { Schema } from './schema.js';
import { ALL_TYPES, typeNamed, type ObjectType } from './objectTypes.js';

export interface CrmDeps {
  clock: Clock;
  settings: Settings;
  random: Random;
  /** Who is told of changes that are made by somebody, if anybody. */
  tellerOf: (by: ChangeSource) => Tell | undefined;
}

/** Whoever changes records while others read them. */
export interface Mutating {
  readonly running: boolean;
  readonly done: Readonly<Record<string, number>>;
  pageRead(): void;
  close(): void;
}

/** Larger than 32 bits, as HubSpot's own ids are. */
const FIRST_ID = 541_935_000_001;
const BETWEEN_TYPES = 10_000_000_000;

/** The CRM of one portal. */
export class Crm {
  readonly associations = new AssociationGraph(new AssociationTypes(), () => this.tellerOfLinks());
  readonly custom: CustomTypes;
  readonly pipelines = new Pipelines();
  readonly rules = new Map<ObjectType, ValidationRules>();
  readonly misbehaviours = new Map<ObjectType, Misbehaviour>();
  /** The number of custom events and timeline events that were sent, by name. */
  readonly events = new Map<string, number>();
  readonly timelineIds = new Set<string>();
  readonly batches: BatchAnswers;
  /** Changes records while they are read. */
  mutator: Mutating | undefined;
  private readonly stores = new Map<ObjectType, RecordStore>();
  private source = BY_PEOPLE;

  constructor(
    readonly portalId: number,
    private readonly deps: CrmDeps,
  ) {
    this.custom = new CustomTypes(portalId);
    this.batches = new BatchAnswers(deps.settings, deps.random);
  }

  get settings(): Settings {
    return this.deps.settings;
  }

  /** What changes meanwhile is this one's doing. */
  by<T>(source: ChangeSource, work: () => T): T {
    this.source = source;
    try {
      return work();
    } finally {
      this.source = BY_PEOPLE;
    }
  }

  /** HubSpot's own types, and those of the account. */
  types(): ObjectType[] {
    return [...ALL_TYPES, ...this.custom.types()];
  }

  findType(name: string): ObjectType | undefined {
    return typeNamed(name) ?? this.custom.find(name)?.type;
  }

  /** The type of records that a path or a body names. */
  type(name: string | undefined): ObjectType {
    const type = this.findType(name ?? '');
    if (!type) throw invalid(`Unable to infer object type from: ${name ?? ''}`);
    return type;
  }

  store(type: ObjectType): RecordStore {
    const known = this.stores.get(type);
    if (known) return known;
    const { clock, settings } = this.deps;
    const made = new RecordStore({
      clock,
      portalId: this.portalId,
      schema: new Schema(type),
      indexLagMs: (share) => settings.searchIndexLagMs + share * settings.searchIndexJitterMs,
      recycleBinMs: () => settings.recycleBinMs,
      merging: () => ({
        keepsFirst: settings.mergesKeepTheFirstId,
        archives: settings.mergedRecordsAreArchived,
      }),
      teller: () => this.teller(),
      firstId: FIRST_ID + this.types().indexOf(type) * BETWEEN_TYPES,
    });
    this.stores.set(type, made);
    return made;
  }

  /** The live records of a type that a live record is associated with, by id. */
  linked(from: ObjectType, id: number, to: ObjectType): Linked[] {
    if (!this.isLive(from, id)) return [];
    return this.associations.of(from.id, id, to.id).filter((other) => this.isLive(to, other.id));
  }

  isLinked(from: ObjectType, id: number, to: ObjectType, other: number): boolean {
    return this.associations.has(from.id, id, to.id, other) && this.isLive(to, other);
  }

  /** Makes a third record of two, and gives it their associations. */
  merge(type: ObjectType, primary: CrmRecord, other: CrmRecord): CrmRecord {
    const merged = this.store(type).merge(primary, other);
    const types = this.types().map(({ id }) => id);
    for (const { id } of [primary, other])
      if (id !== merged.id) this.associations.move(type.id, id, merged.id, types);
    return merged;
  }

  /** Deletes a record for good, and with it what it was associated with. HubSpot tells of contacts that it was so. */
  purge(type: ObjectType, record: CrmRecord): void {
    this.store(type).purge(record);
    if (type.name === 'contacts') this.teller()?.({ kind: 'privacyDeletion', type, id: record.id });
    for (const to of this.types()) {
      for (const { id } of this.associations.of(type.id, record.id, to.id)) {
        this.associations.remove(type.id, record.id, to.id, id);
      }
    }
  }

  private teller(): Tell | undefined {
    return this.deps.tellerOf(this.source);
  }

  private tellerOfLinks(): Tell<Relinked> | undefined {
    const tell = this.teller();
    return tell && ((link) => this.tellOfLink(link, tell));
  }

  /** Each side has a change of its own. */
  private tellOfLink({ id, other, ...link }: Relinked, tell: Tell): void {
    const [from, to] = [link.from, link.to].map((typeId) => this.types().find((type) => type.id === typeId));
    if (!from || !to) return;
    const { isRemoved, isPrimary } = link;
    tell({ kind: 'associationChange', from, id, to, other, isRemoved, isPrimary });
    tell({ kind: 'associationChange', from: to, id: other, to: from, other: id, isRemoved, isPrimary });
  }

  private isLive(type: ObjectType, id: number): boolean {
    const record = this.store(type).find(id);
    return record !== undefined && record.archivedAtMs === undefined;
  }

  /** In place of the one that there was. */
  mutate(mutator: Mutating): void {
    this.close();
    this.mutator = mutator;
  }

  close(): void {
    this.mutator?.close();
  }

  /** The types of which there are records, or were. */
  usedTypes(): ObjectType[] {
    return [...this.stores].filter(([, store]) => store.ids.length > 0).map(([type]) => type);
  }

  /** The number of live records of each type that has been used. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.stores].map(([type, store]) => [type.name, store.count]));
  }

  /** Administrators' rules hold for versions from 2026-09 on, unless the setting says otherwise. */
  writing(type: ObjectType, version: string): WriteContext {
    const { enforceValidationRules } = this.deps.settings;
    const isNew = !version.startsWith('v') && version >= '2026-09';
    const isEnforced =
      enforceValidationRules === 'always' || (enforceValidationRules === 'since 2026-09' && isNew);
    return {
      schema: this.store(type).schema,
      portalId: this.portalId,
      pipelines: this.pipelines,
      rules: isEnforced ? this.rules.get(type) : undefined,
    };
  }
}
