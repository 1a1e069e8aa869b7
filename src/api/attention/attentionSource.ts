import type { Queryable } from '../../db/pool.js';
import type { Scope } from '../../db/workspaces/apiKeys.js';
import type { Found } from '../../domain/attention/attention.js';
import type { PortalState } from '../../domain/portals/portal.js';

/** Each stops at COUNTS_STOP_AT. */
export interface FeatureCounts {
  readonly waiting: number;
  readonly sending: number;
  /** Executions: within a day. Events: dead letters. */
  readonly failed: number;
}

/** For the counts of a workspace: where there are more, it says so many. */
export const COUNTS_STOP_AT = 10_000;

/**
 * What a room knows of the state of a workspace. It reads a bounded number of rows, by indexes, on the connection that
 * it is given, which sees that workspace alone.
 */
export interface AttentionSource {
  /** A key with one of these sees what it finds. */
  readonly scopes: readonly [Scope, ...Scope[]];
  find(db: Queryable, workspaceId: string): Promise<Found>;
  /** What is not in the database: asked while no connection is held for it. */
  findElsewhere?(workspaceId: string): Promise<Found>;
  /** Of a feature: what flows through it. */
  readonly feature?: {
    readonly name: 'throttle' | 'outbox';
    counts(db: Queryable, workspaceId: string): Promise<FeatureCounts>;
  };
  /** Of the room of portals. */
  readonly portals?: (db: Queryable, workspaceId: string) => Promise<Record<PortalState, number>>;
}
