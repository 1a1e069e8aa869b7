import { targetKey } from '../../../domain/outbox/operations.js';
import type { Target } from '../../../domain/outbox/operations.js';
import type { Row } from '../../../domain/outbox/plan.js';
import { addressesOf, FURTHER_ADDRESSES, textOf } from './answeredRecord.js';
import type { AnsweredRecord } from './answeredRecord.js';
import type { RecordRow } from './requestBuilders.js';

/** HubSpot's ids by `targetKey`, shared by the batches of a run. */
export type KnownIds = Map<string, string>;

/** The key of `KnownIds` for the record that an effect wrote. */
export function effectIdKey(effectKey: string): string {
  return targetKey({ objectType: '', effectKey });
}

/** A record to look up, and the rows that need it. */
export interface Wanted {
  readonly target: Target & { readonly by: { readonly property: string; readonly value: string } };
  readonly rows: readonly Row[];
}

/** Records of one object type, to be looked up by one property. */
export interface LookUp {
  readonly objectType: string;
  readonly property: string;
  /** What to read of them. */
  readonly properties: readonly string[];
  readonly wanted: readonly Wanted[];
}

/** What is known of the records that a batch needs. */
export class RecordCache {
  private readonly absent = new Set<string>();
  /** Those of them that HubSpot only passed over. */
  private readonly passedOver = new Set<string>();
  private readonly records = new Map<string, AnsweredRecord>();

  constructor(private readonly known: KnownIds) {}

  idOf(target: Target): string | undefined {
    return 'id' in target ? target.id : this.known.get(targetKey(target));
  }

  /** The id of the record that a row wrote. */
  idOfRow({ parts, operation }: RecordRow): string | undefined {
    return this.idOf({ objectType: operation.objectType, effectKey: parts[0].key });
  }

  /** The record as it was read. */
  recordOf(target: Target): AnsweredRecord | undefined {
    return this.records.get(targetKey(target));
  }

  /** A row wrote this record: each of its effects did, and its target is it. */
  storeRow({ parts, operation }: RecordRow, id: string): void {
    const { objectType, target } = operation;
    for (const { key } of parts) this.known.set(targetKey({ objectType, effectKey: key }), id);
    if (target) this.known.set(targetKey(target), id);
  }

  /** Whether the last look-up passed over a record in silence, which does not prove that it is not there. */
  wasPassedOver(target: Target): boolean {
    return this.passedOver.has(targetKey(target));
  }

  /**
   * Takes the answer of a look-up. A record that is not in it counts as not there; `passedOver` are those of which
   * HubSpot did not say so.
   */
  storeFound(
    wanted: readonly Wanted[],
    records: readonly AnsweredRecord[],
    passedOver: readonly Wanted[] = [],
  ): void {
    const byValue = new Map<string, AnsweredRecord>();
    for (const record of records) {
      for (const { target } of wanted.slice(0, 1)) {
        for (const value of valuesOf(record, target)) byValue.set(value, record);
      }
    }
    for (const one of wanted) {
      const { target } = one;
      this.forget(target);
      const record = byValue.get(target.by.value);
      if (!record) {
        this.absent.add(targetKey(target));
        if (passedOver.includes(one)) this.passedOver.add(targetKey(target));
        continue;
      }
      this.known.set(targetKey(target), record.id);
      this.records.set(targetKey(target), record);
    }
  }

  forget(target: Target): void {
    this.known.delete(targetKey(target));
    this.records.delete(targetKey(target));
    this.absent.delete(targetKey(target));
    this.passedOver.delete(targetKey(target));
  }

  /** What has to be looked up so that these are known. With `properties` they are read in any case. */
  lookUps(targets: readonly { row: Row; target: Target }[], properties: readonly string[]): LookUp[] {
    const groups = new Map<string, Map<string, { target: Wanted['target']; rows: Row[] }>>();
    for (const { row, target } of targets) {
      if (!('by' in target)) continue;
      const key = targetKey(target);
      if (properties.length === 0 && (this.known.has(key) || this.absent.has(key))) continue;
      const name = `${target.objectType}/${target.by.property}`;
      const group = groups.get(name) ?? new Map<string, { target: Wanted['target']; rows: Row[] }>();
      groups.set(name, group);
      const entry = group.get(key);
      if (entry) entry.rows.push(row);
      else group.set(key, { target, rows: [row] });
    }
    return [...groups.values()].flatMap((group) => {
      const wanted = [...group.values()];
      const first = wanted[0]?.target;
      if (!first) return [];
      const { objectType, by } = first;
      const own = isAddress(first) ? ['email', FURTHER_ADDRESSES] : [by.property];
      return [{ objectType, property: by.property, properties: [...own, ...properties], wanted }];
    });
  }
}

/** The values under which a record was found: all of a kind in a look-up, so that one target tells which. */
function valuesOf(record: AnsweredRecord, target: Wanted['target']): string[] {
  if (isAddress(target)) return addressesOf(record);
  const value = textOf(record, target.by.property);
  return value === undefined ? [] : [value];
}

/** Whether a contact is meant by one of its addresses. */
export function isAddress(target: Wanted['target']): boolean {
  return target.objectType === 'contacts' && target.by.property === 'email';
}
