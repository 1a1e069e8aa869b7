import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { PortalId } from '../../domain/portals/portal.js';
import { crashPoint } from '../../platform/crashPoint.js';

/** A portal that comes to its end, and why. */
export type EndingPortal = PortalId & { readonly reason: string };

/**
 * What a feature does when a portal comes back or goes. All of it is safe to repeat. `alive` is called once per lane or
 * batch: it sends a heartbeat, and throws when the activity was cancelled.
 */
export interface PortalHook {
  /** The portal became active again: what waits for it goes on. Returns how many lanes that concerned. */
  resumed(portal: PortalId, alive: () => void): Promise<number>;
  /**
   * The portal is being disconnected, and HubSpot can still be asked: begins to end what waits. `left` is what has not
   * ended yet.
   */
  ending(portal: EndingPortal, alive: () => void): Promise<{ marked: number; left: number }>;
  /** The token is gone: ends what is left without HubSpot. Returns how much that was. */
  ended(portal: EndingPortal, alive: () => void): Promise<number>;
}

export type PortalHookActivities = ReturnType<typeof createPortalHookActivities>;

/**
 * The steps of installs and disconnects that features take part in. Their names and results stand in stored histories.
 */
export function createPortalHookActivities(hooks: readonly PortalHook[]) {
  const alive = (): void => {
    heartbeat();
    cancellationSignal().throwIfAborted();
  };

  return {
    async resumePortal(portal: PortalId): Promise<{ lanes: number }> {
      let lanes = 0;
      for (const hook of hooks) {
        lanes += await hook.resumed(portal, alive);
        crashPoint('portals.hook.resumed');
      }
      return { lanes };
    },

    /** Call it again until `left` is 0, or its time is up. */
    async endPortal(portal: EndingPortal): Promise<{ marked: number; left: number }> {
      const sum = { marked: 0, left: 0 };
      for (const hook of hooks) {
        const { marked, left } = await hook.ending(portal, alive);
        sum.marked += marked;
        sum.left += left;
      }
      return sum;
    },

    async endPortalLocally(portal: EndingPortal): Promise<{ ended: number }> {
      let ended = 0;
      for (const hook of hooks) {
        ended += await hook.ended(portal, alive);
        crashPoint('portals.hook.ended');
      }
      return { ended };
    },
  };
}
