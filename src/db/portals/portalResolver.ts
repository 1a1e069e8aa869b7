import type { PortalState } from '../../domain/portals/portal.js';
import type { Queryable } from '../pool.js';

/** Whose a portal is, and how it stands. */
export interface PortalEntry {
  readonly workspaceId: string;
  readonly state: PortalState;
  /** Grows with each install and each disconnect: work that was begun under an older one is void. */
  readonly epoch: number;
}

/**
 * Finds the workspace of a portal, for whoever knows a portal only: HubSpot's calls, the gateway. Fails closed: a portal that is not known
 * has no workspace, and without one no row is seen.
 */
export interface PortalResolver {
  /** Undefined when the portal is not known here. State and epoch may be some seconds old; the workspace never changes. */
  find(portalId: number): Promise<PortalEntry | undefined>;
  /** Drops what is remembered of the portal: the next call reads again. */
  forget(portalId: number): void;
}

const CACHE_TTL_MS = 5000;
const MAX_REMEMBERED = 20_000;

/** Remembers what it found for some seconds; what is asked for at the same moment is looked up in one statement. */
export function createPortalResolver(db: Queryable): PortalResolver {
  const remembered = new Map<number, { entry: PortalEntry; until: number }>();
  const asked = new Map<number, Promise<PortalEntry | undefined>>();
  let batch: { ids: number[]; found: Promise<Map<number, PortalEntry>> } | undefined;

  function lookUp(portalId: number): Promise<Map<number, PortalEntry>> {
    if (!batch) {
      const ids: number[] = [];
      const found = new Promise((resolve) => setImmediate(resolve)).then(() => {
        batch = undefined;
        return portalWorkspaces(db, ids);
      });
      batch = { ids, found };
    }
    batch.ids.push(portalId);
    return batch.found;
  }

  async function read(portalId: number): Promise<PortalEntry | undefined> {
    const entry = (await lookUp(portalId)).get(portalId);
    if (!entry) return undefined;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(portalId, { entry, until: performance.now() + CACHE_TTL_MS });
    return entry;
  }

  return {
    find(portalId) {
      const known = remembered.get(portalId);
      if (known && known.until > performance.now()) return Promise.resolve(known.entry);
      const running = asked.get(portalId);
      if (running) return running;
      const reading = read(portalId).finally(() => asked.delete(portalId));
      asked.set(portalId, reading);
      return reading;
    },
    forget(portalId) {
      remembered.delete(portalId);
    },
  };
}

async function portalWorkspaces(
  db: Queryable,
  portalIds: readonly number[],
): Promise<Map<number, PortalEntry>> {
  const { rows } = await db.query<PortalEntry & { portalId: number }>({
    name: 'portal_workspaces',
    text: `SELECT portal_id::float8 AS "portalId", workspace_id AS "workspaceId", state, epoch FROM portal_workspaces($1::bigint[])`,
    values: [portalIds],
  });
  return new Map(rows.map(({ portalId, ...entry }) => [portalId, entry]));
}
