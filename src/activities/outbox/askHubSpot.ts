import type { PortalId } from '../../domain/portals/portal.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import { dryAnswer } from '../../services/outbox/delivery/dryAnswer.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import type { DeliveryDependencies } from './deliveryDependencies.js';
import { describeRequest } from './describeRequest.js';

/** Sends a request; when not `live` it is logged, and answered as if all went well. */
export type AskHubSpot = (
  request: OutboxRequest,
  options: { readonly live: boolean; readonly maySend?: () => boolean },
) => Promise<Outcome>;

const DEADLINE_MS = 60_000;

/** How the deliveries of a portal of a workspace ask HubSpot. */
export function createAskHubSpot(
  { gateway, pace, versions, logger }: DeliveryDependencies,
  { portalId, workspaceId }: PortalId,
): AskHubSpot {
  return async (request, { live, maySend }) => {
    if (!live) {
      logger.info(describeRequest(request, versions), { portalId });
      return dryAnswer(request);
    }
    await pace();
    const how = { portalId, workspaceId, priority: 'outbox' as const, deadlineMs: DEADLINE_MS };
    return gateway.request({ ...request, ...how, ...(maySend && { maySend }) });
  };
}
