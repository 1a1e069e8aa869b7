import type { PortalResolver } from '../../db/portals/portalResolver.js';

/** The workspace and the portal to which an event belongs. */
export interface Destination {
  readonly workspaceId: string;
  /** Null: the event names no portal that is connected; `problem` says so. */
  readonly portalId: number | null;
  readonly problem?: string;
}

/**
 * The destination of an event that names this portal, or undefined where neither it nor HUBSPOT_PORTAL_ID names one.
 * `fallback` is the workspace that keeps an event without a portal.
 */
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
