/** The values of a record at one time. Never changed, only replaced, because the search's index keeps an older one. */
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
  /** When properties got their present value, for those that were set after the creation. */
  setAt: Map<string, number> | undefined;
  /** Earlier values by property, the oldest first. */
  past: Map<string, Past[]> | undefined;
}
