import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import { createBudgets } from '../budget/budgets.js';
import { createPortalWorkspaces } from '../budget/portalWorkspaces.js';
import type { OAuthMetrics } from '../oauth/oauth.js';
import type { RefreshMetrics } from '../tokens/refresher.js';
import type { TokenJournal } from '../tokens/tokenJournal.js';
import { createTokenService, type TokenService } from '../tokens/tokenService.js';
import type { Keeper } from '../tokens/tokenUse.js';
import type { Transport } from '../wire/transport.js';
import type { Gateway } from './gateway.js';
import { openGateway, type HubSpotMetrics } from './openGateway.js';

export interface HubSpot {
  readonly gateway: Gateway;
  readonly tokenService: TokenService;
}

/** The way of one process to HubSpot: budgets, tokens, and the gateway that uses both. */
export function openHubSpot(deps: {
  pool: Pool;
  portalResolver: PortalResolver;
  transport: Transport;
  config: Config;
  logger: Logger;
  /** Names this process in the rows that it leases. */
  owner: string;
  metrics: { readonly hubspot: HubSpotMetrics; readonly tokens: OAuthMetrics & RefreshMetrics };
  keeper: Keeper;
  /** Where grants are kept over restarts until they are stored. */
  journal?: TokenJournal | undefined;
  /** Gets what is to be ended, in the order in which it was begun. */
  onStop: (name: string, stop: () => Promise<void>) => void;
}): HubSpot {
  const { metrics, portalResolver, onStop, ...shared } = deps;
  const workspaces = createPortalWorkspaces(portalResolver);
  const budgets = createBudgets({ ...shared, workspaces, metrics: metrics.hubspot });
  onStop('budget', () => budgets.stop());
  const tokenService = createTokenService({
    ...{ ...shared, portalResolver, metrics: metrics.tokens },
    acquire: (portalId, signal) => budgets.of('oauth').acquire(portalId, 'interactive', signal),
  });
  const { tokens } = tokenService;
  const gateway = openGateway({ ...shared, workspaces, budgets, tokens, metrics: metrics.hubspot, onStop });
  onStop('tokens', () => tokenService.stop());
  return { gateway, tokenService };
}
