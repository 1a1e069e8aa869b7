import type { TokenRow } from '../../db/tokens/tokens.js';
import { AppError } from '../../platform/errors.js';

/**
 * Throws unless a portal in this state may call HubSpot. While it is being disconnected HubSpot still hears what
 * becomes of what waits.
 */
export function refuseUnusable({ portalId, state, stateReason }: TokenRow): void {
  if (state === 'active' || state === 'disconnecting') return;
  const why = stateReason ? `: ${stateReason}` : '';
  throw new AppError(
    'conflict',
    `Portal ${portalId} is ${state === 'disconnected' ? 'disconnected' : 'in need of a new authorisation'}${why}`,
  );
}
