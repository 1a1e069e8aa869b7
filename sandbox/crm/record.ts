/** Values and their moment. Never changed, only replaced: the search's index holds on to the one that it knows. */
export interface Version {
  readonly properties: Readonly<Record<string, string>>;
  readonly updatedAtMs: number;
}

export interface Past {
  value: string;
  atMs: number;
}

export interface CrmRecord {
  readonly id: number;
  readonly createdAtMs: number;
  version: Version;
  archivedAtMs: number | undefined;
  /** Since when values of properties stand that were set after the creation. */
  setAt: Map<string, number> | undefined;
  /** What stood there before, the oldest first. */
  past: Map<string, Past[]> | undefined;
}
