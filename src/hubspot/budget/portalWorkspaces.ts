import type { PortalResolver } from '../../db/portals/portalResolver.js';

/** Remembers whose a portal is. That never changes, so that it is asked once per portal and process. */
export interface PortalWorkspaces {
  known(portalId: number): string | undefined;
  /** Asks for those that are not known yet. What stays unknown is no portal of ours. */
  learn(portalIds: Iterable<number>): Promise<void>;
}

const MAX_REMEMBERED = 100_000;

export function createPortalWorkspaces(portalResolver: Pick<PortalResolver, 'find'>): PortalWorkspaces {
  const known = new Map<number, string>();
  return {
    known: (portalId) => known.get(portalId),
    async learn(portalIds) {
      const missing = [...new Set(portalIds)].filter((portalId) => !known.has(portalId));
      if (missing.length === 0) return;
      if (known.size > MAX_REMEMBERED) known.clear();
      const found = await Promise.all(missing.map((portalId) => portalResolver.find(portalId)));
      missing.forEach((portalId, n) => {
        const workspaceId = found[n]?.workspaceId;
        if (workspaceId !== undefined) known.set(portalId, workspaceId);
      });
    },
  };
}
