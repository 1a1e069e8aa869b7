import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { Logger } from '../../platform/logger.js';
import { createBudgets, type Budgets } from '../budget/budgets.js';
import { createGateway, type Gateway, type GatewayMetrics } from './gateway.js';
import { createErrorShare } from './errorShare.js';
import { createPortalWorkspaces } from '../budget/portalWorkspaces.js';
import { createRequestLog } from './requestLog.js';
import type { Tokens } from '../tokens/tokens.js';
import type { Transport } from '../wire/transport.js';

export interface HubSpotMetrics extends GatewayMetrics {
  requestLogDropped(count: number): void;
  errorShareRefused(event: { portalId: number; priority: string }): void;
}

interface Dependencies {
  pool: Pool;
  portalResolver: PortalResolver;
  transport: Transport;
  /** Names this process in the rows. */
  owner: string;
  config: Config;
  logger: Logger;
  metrics: HubSpotMetrics;
  /** Gets what is to be ended, in the order in which things were begun. */
  onStop: (name: string, stop: () => Promise<void>) => void;
}

/** The budgets of a process, and the gateway with all that belongs to it: tokens are renewed under the former and used by the latter. */
export function openBudgets(deps: Dependencies): {
  budgets: Budgets;
  openGateway: (tokens: Tokens) => Gateway;
} {
  const { pool, transport, owner, config, logger, metrics, onStop } = deps;
  const workspaces = createPortalWorkspaces(deps.portalResolver);
  const shared = { pool, workspaces, logger, metrics };
  const budgets = createBudgets({ ...shared, owner, config });
  onStop('budget', () => budgets.stop());

  function openGateway(tokens: Tokens): Gateway {
    const log = createRequestLog(shared);
    onStop('request log', () => log.stop());
    const errorShare = createErrorShare({
      ...shared,
      timeZone: (portalId) => tokens.timeZone(portalId),
      mostShare: config.ERROR_SHARE_PERCENT / 100,
    });
    onStop('call counts', () => errorShare.stop());
    const gateway = createGateway({ budgets, tokens, transport, config, logger, metrics, log, errorShare });
    onStop('gateway', () => gateway.close());
    return gateway;
  }

  return { budgets, openGateway };
}
