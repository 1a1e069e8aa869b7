import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { createCache } from '../../platform/cache.js';

/**
 * Remembers which workspace a portal belongs to, so that it is not asked for at each turn. A portal may be moved to
 * another one, so it is asked for again after some seconds.
 */
export interface PortalWorkspaces {
  known(portalId: number): string | undefined;
  /** Asks for portals that are not known, or not for sure. One that stays unknown is not connected here. */
  learn(portalIds: Iterable<number>): Promise<void>;
}

const MAX_REMEMBERED = 100_000;
const SURE_MS = 5000;

export function createPortalWorkspaces(
  portalResolver: Pick<PortalResolver, 'find'>,
  now?: () => number,
): PortalWorkspaces {
  const known = createCache<number, string>({ max: MAX_REMEMBERED });
  const sure = createCache<number, true>({ max: MAX_REMEMBERED, ttlMs: SURE_MS, ...(now && { now }) });
  return {
    known: (portalId) => known.get(portalId),
    async learn(portalIds) {
      const missing = [...new Set(portalIds)].filter((portalId) => sure.get(portalId) === undefined);
      const found = await Promise.all(missing.map((portalId) => portalResolver.find(portalId)));
      missing.forEach((portalId, n) => {
        const workspaceId = found[n]?.workspaceId;
        if (workspaceId === undefined) return known.delete(portalId);
        known.set(portalId, workspaceId);
        sure.set(portalId, true);
      });
    },
  };
}

/** The portal's workspace; empty, which sees no row, for a portal that is not known. */
export async function workspaceOf(workspaces: PortalWorkspaces, portalId: number): Promise<string> {
  await workspaces.learn([portalId]);
  return workspaces.known(portalId) ?? '';
}
