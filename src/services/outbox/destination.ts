import type { DeadAtOnce } from '../../db/outbox/enqueue.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';

/** The workspace and the portal to which an event belongs. */
export type Destination =
  | { readonly workspaceId: string; readonly portalId: number; readonly problem?: undefined }
  | {
      readonly workspaceId: string;
      /** As the event names it. */
      readonly portalId: number | null;
      /** It names no portal, or none that is connected. */
      readonly problem: string;
      /** Of the problem, where it is not that the event cannot be understood. */
      readonly errorClass?: DeadAtOnce;
    };

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
      problem:
        'It names no portal, and HUBSPOT_PORTAL_ID is not set: set it, then redrive; or capture it again for a portal',
    };
  const entry = await portalResolver.find(portalId);
  if (!entry) return unclaimed(await fallback(), portalId);
  const { workspaceId, state } = entry;
  const isGone = state === 'disconnected' || state === 'disconnecting';
  return isGone
    ? { ...unclaimed(workspaceId, portalId), errorClass: 'disconnected' }
    : { workspaceId, portalId };
}

/**
 * The destination of an event that this workspace gave. A portal of another workspace is to it what a portal of nobody
 * is, in each column that it can read: nobody learns which portals are connected here.
 */
export async function destinationWithin(
  workspaceId: string,
  portalId: number | undefined,
  portalResolver: PortalResolver,
): Promise<Destination> {
  const found = await destinationOf(portalId, portalResolver, () => workspaceId);
  return found.workspaceId === workspaceId ? found : unclaimed(workspaceId, found.portalId);
}

function unclaimed(workspaceId: string, portalId: number | null) {
  const problem = `Portal ${portalId} is not connected here: connect it, then redrive`;
  return { workspaceId, portalId, problem };
}
