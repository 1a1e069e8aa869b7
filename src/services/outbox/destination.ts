import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { Destination } from './judge.js';

/** Whose an event is: of the portal that it names, else of the one that is configured. `fallback` keeps what has none. */
export async function destinationOf(
  portalId: number | undefined,
  portalResolver: PortalResolver,
  fallback: () => string | Promise<string>,
): Promise<Destination> {
  if (portalId === undefined)
    return {
      workspaceId: await fallback(),
      portalId: null,
      problem: 'It names no portal, and HUBSPOT_PORTAL_ID is not set: name one, then redrive',
    };
  const entry = await portalResolver.find(portalId);
  if (entry && entry.state !== 'disconnected') return { workspaceId: entry.workspaceId, portalId };
  return {
    workspaceId: await fallback(),
    portalId: null,
    problem: `Portal ${portalId} is not connected here: connect it, then redrive`,
  };
}
