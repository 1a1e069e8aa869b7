import { OBJECT_TYPES } from '../crm/objectType.js';

/** What HubSpot takes and gives in a call (docs/hubspot.md). */
const RECORDS_A_LIST = 100;
const RECORDS_AN_ASSOCIATIONS_CALL = 1000;
/** Totals, definitions, owners and pipelines. */
const BESIDE = 8;

/** What is known of a type before its first load. */
export interface LoadFacts {
  /** By the total of a search: an estimate. */
  readonly records: number;
  /** The names of its properties make an address too long: values are read beside the lists. */
  readonly isWide: boolean;
  /** Types with which its associations are read, each by calls of its own. */
  readonly associations: readonly string[];
  /** How many records types have that read theirs with it: all of them are asked once more. */
  readonly readAnew: readonly number[];
}

/** So many calls in so long a time. */
export interface Pace {
  readonly slots: number;
  readonly intervalMs: number;
}

export interface LoadEstimate {
  readonly calls: {
    readonly lists: number;
    readonly values: number;
    readonly associations: number;
    readonly total: number;
  };
  /** Where nothing else asks HubSpot for the portal. */
  readonly ms: number;
}

/** What a first load asks of HubSpot, and how long the portal's limits make it last. */
export function estimateLoad(
  { records, isWide, associations, readAnew }: LoadFacts,
  limits: { readonly ten_secondly: Pace; readonly associations: Pace },
): LoadEstimate {
  const lists = Math.max(1, Math.ceil(records / RECORDS_A_LIST));
  const values = isWide ? Math.ceil(records / RECORDS_A_LIST) : 0;
  const inCalls = (count: number) => Math.ceil(count / RECORDS_AN_ASSOCIATIONS_CALL);
  const ofOthers = readAnew.reduce((sum, count) => sum + inCalls(count), 0);
  const asked = associations.length * inCalls(records) + ofOthers;
  const last = (calls: number, { slots, intervalMs }: Pace) => (calls / slots) * intervalMs;
  return {
    calls: { lists, values, associations: asked, total: lists + values + asked + BESIDE },
    // One after the other: associations are read when all records are.
    ms: last(lists + values + BESIDE, limits.ten_secondly) + last(asked, limits.associations),
  };
}

/** The scope without which HubSpot shows no record of the type. */
export function scopeToRead(objectType: string): string {
  if (objectType === 'tickets') return 'tickets';
  const isOfAll = OBJECT_TYPES.some((one) => one === objectType);
  return `crm.objects.${isOfAll ? objectType : 'custom'}.read`;
}

/** Of scopes those by which a type's sensitive properties are read, too. */
export function sensitiveScopes(objectType: string, granted: readonly string[]): string[] {
  const of = scopeToRead(objectType).replace(/\.read$/, '');
  return granted.filter((scope) => {
    const [, rest] = scope.startsWith(`${of}.`) ? scope.split(`${of}.`) : [];
    return rest !== undefined && /^(?:highly_)?sensitive(?:\.|$)/.test(rest) && !rest.includes('write');
  });
}
