import type { PortalResolver } from '../../db/portals/portalResolver.js';

/** Why runs of a portal that is not connected any more are cancelled. */
export const PORTAL_IS_GONE = 'The portal is not connected any more';

/** Whether runs of this portal have no use any more. */
export async function isPortalGone(
  portals: PortalResolver,
  { workspaceId, portalId }: { readonly workspaceId: string; readonly portalId: number },
): Promise<boolean> {
  const portal = await portals.find(portalId);
  return (
    portal?.workspaceId !== workspaceId || portal.state === 'disconnecting' || portal.state === 'disconnected'
  );
}
