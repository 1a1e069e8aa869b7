import type { DeadAtOnce } from '../../db/outbox/enqueue.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';

/** The workspace and the portal to which an event belongs. */
export interface Destination {
  readonly workspaceId: string;
  /** As the event names it; where that is none that is connected, `problem` says so. */
  readonly portalId: number | null;
  readonly problem?: string;
  /** Of the problem, where it is not that the event cannot be understood. */
  readonly errorClass?: DeadAtOnce;
}

/**
 * Keeps events that belong to nobody: they name a portal that no workspace holds, or none. No key and no person sees
 * what is in it; the view outbox_events shows it to the operator.
 */
export const NO_WORKSPACE = '00000000-0000-0000-0000-000000000000';

/**
 * The destination of an event that names this portal, or undefined where neither it nor HUBSPOT_PORTAL_ID names one.
 * `fallback` is the workspace that keeps an event whose portal nobody holds. One of a portal that was disconnected
 * stays with the workspace that holds it.
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
  const problem = `Portal ${portalId} is not connected here: connect it, then redrive`;
  if (!entry) return { workspaceId: await fallback(), portalId, problem };
  const { workspaceId, state } = entry;
  const isGone = state === 'disconnected' || state === 'disconnecting';
  return { workspaceId, portalId, ...(isGone && { problem, errorClass: 'disconnected' }) };
}
