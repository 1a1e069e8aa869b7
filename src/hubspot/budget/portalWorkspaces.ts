import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { createCache } from '../../platform/cache.js';

/** Remembers which workspace a portal belongs to. That never changes, so it is asked once per portal and process. */
export interface PortalWorkspaces {
  known(portalId: number): string | undefined;
  /** Asks for portals that are not known yet. A portal that stays unknown is not connected here. */
  learn(portalIds: Iterable<number>): Promise<void>;
}

const MAX_REMEMBERED = 100_000;

export function createPortalWorkspaces(portalResolver: Pick<PortalResolver, 'find'>): PortalWorkspaces {
  const known = createCache<number, string>({ max: MAX_REMEMBERED });
  return {
    known: (portalId) => known.get(portalId),
    async learn(portalIds) {
      const missing = [...new Set(portalIds)].filter((portalId) => known.get(portalId) === undefined);
      const found = await Promise.all(missing.map((portalId) => portalResolver.find(portalId)));
      missing.forEach((portalId, n) => {
        const workspaceId = found[n]?.workspaceId;
        if (workspaceId !== undefined) known.set(portalId, workspaceId);
      });
    },
  };
}

/** The portal's workspace; empty, which sees no row, for a portal that is not known. */
export async function workspaceOf(workspaces: PortalWorkspaces, portalId: number): Promise<string> {
  await workspaces.learn([portalId]);
  return workspaces.known(portalId) ?? '';
}
