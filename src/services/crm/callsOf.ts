import type { DeliveryClaim } from '../../db/crm/deliveries.js';
import type { Pool } from '../../db/pool.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboundCalls } from '../../platform/outbound/outboundCalls.js';
import type { ChangeHandler } from '../../sdk/client/changeHandler.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { FeedPlaces } from './feedPlaces.js';
import { handlerCalls } from './handlerCalls.js';
import { webhookCalls, type SendChanges } from './sendChanges.js';

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Sealing;
  readonly outbound: OutboundCalls;
  readonly handlers: ReadonlyMap<string, ChangeHandler>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** How a consumer is called: at its URL, or as a function of this process. */
export async function callsOf(
  deps: Dependencies,
  claim: DeliveryClaim,
  places: FeedPlaces,
  signal: AbortSignal,
): Promise<SendChanges> {
  const { url } = claim;
  return url === null
    ? handlerCalls(deps, claim, places, signal)
    : webhookCalls(deps, { ...claim, url }, places);
}
