/** A portal's records of one type. */
export interface SyncedObject {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
}

/** Who reads a portal's records of one type: what it writes is void once another has its place. */
export interface SyncReader extends SyncedObject {
  /** The portal's epoch when the reader began. */
  readonly epoch: number;
  readonly fence: number;
}

/** For so long has a reader its place since it last said that it is there: then it is taken for dead. */
export const LEASE_MS = 20_000;
