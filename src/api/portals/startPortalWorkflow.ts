import type { Logger } from '../../platform/logger.js';
import type { PortalEpoch } from '../../domain/portals/portal.js';

/**
 * Starts the workflow that follows an install or a disconnect. The change is committed by then, so it never rejects.
 */
export type StartPortalWorkflow = (portal: PortalEpoch) => Promise<void>;

/** Logs a start that fails: the sweep of portals left behind makes up for it. */
export function startPortalWorkflow(
  logger: Logger,
  start: (portal: PortalEpoch) => Promise<void>,
): StartPortalWorkflow {
  return async (portal) => {
    await start(portal).catch((error: unknown) => {
      logger.warn(
        'A change of a portal is committed and its workflow could not be started; the next sweep does',
        {
          portalId: portal.portalId,
          error,
        },
      );
    });
  };
}
