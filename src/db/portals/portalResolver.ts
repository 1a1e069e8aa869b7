import type { PortalState } from '../../domain/portals/portal.js';
import { createBatcher } from '../../platform/batcher.js';
import { createLoadingCache } from '../../platform/cache.js';
import type { Queryable } from '../pool.js';

/** The workspace that holds a portal, and the portal's state. */
export interface PortalEntry {
  readonly workspaceId: string;
  readonly state: PortalState;
  /** Grows with each install and each disconnect: work that was begun under an older one is void. */
  readonly epoch: number;
}

/**
 * Finds the workspace of a portal for callers that know the portal only: HubSpot's calls, the gateway. Fails closed: a
 * portal that is not known has no workspace, and without one no row is seen.
 */
export interface PortalResolver {
  /**
   * Undefined when the portal is not known here. State and epoch may be some seconds old; the workspace never changes.
   */
  find(portalId: number): Promise<PortalEntry | undefined>;
  /** Drops what is cached of the portal: the next call reads again. */
  forget(portalId: number): void;
}

const CACHE_TTL_MS = 5000;
const MAX_CACHED = 20_000;

/**
 * Caches what it found for some seconds. Portals that are asked for in the same turn of the event loop are looked up in
 * one statement.
 */
export function createPortalResolver(db: Queryable): PortalResolver {
  const entries = createLoadingCache(
    { max: MAX_CACHED, ttlMs: CACHE_TTL_MS },
    createBatcher((portalIds: number[]) => portalWorkspaces(db, portalIds)),
  );
  return {
    async find(portalId) {
      const entry = await entries.get(portalId);
      // Not cached: it may be connected in the next moment, by another process.
      if (!entry) entries.delete(portalId);
      return entry;
    },
    forget: (portalId) => entries.delete(portalId),
  };
}

async function portalWorkspaces(
  db: Queryable,
  portalIds: readonly number[],
): Promise<Map<number, PortalEntry>> {
  const { rows } = await db.query<PortalEntry & { portalId: number }>({
    name: 'portal_workspaces',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId", state, epoch
             FROM portal_workspaces($1::bigint[])`,
    values: [portalIds],
  });
  return new Map(rows.map(({ portalId, ...entry }) => [portalId, entry]));
}
