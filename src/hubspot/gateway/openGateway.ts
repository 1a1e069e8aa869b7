import type { Pool } from '../../db/pool.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import type { Budgets } from '../budget/budgets.js';
import type { PortalWorkspaces } from '../budget/portalWorkspaces.js';
import type { Tokens } from '../tokens/tokens.js';
import type { Transport } from '../wire/transport.js';
import { createErrorShare } from './errorShare.js';
import { createGateway, type Gateway, type GatewayMetrics } from './gateway.js';
import { createRequestLog } from './requestLog.js';

export interface HubSpotMetrics extends GatewayMetrics {
  requestLogDropped(count: number): void;
  errorShareRefused(event: { portalId: number; priority: string }): void;
}

/** The gateway of a process, with its request log and its share of errors. */
export function openGateway(deps: {
  pool: Pool;
  workspaces: PortalWorkspaces;
  budgets: Budgets;
  tokens: Tokens;
  transport: Transport;
  config: Config;
  logger: Logger;
  metrics: HubSpotMetrics;
  /** Gets what is to be ended, in the order in which it was begun. */
  onStop: (name: string, stop: () => Promise<void>) => void;
}): Gateway {
  const { tokens, config, onStop } = deps;
  const log = createRequestLog(deps);
  onStop('request log', () => log.stop());
  const errorShare = createErrorShare({
    ...deps,
    timeZone: (portalId) => tokens.timeZone(portalId),
    maxShare: config.ERROR_SHARE_PERCENT / 100,
  });
  onStop('call counts', () => errorShare.stop());
  const gateway = createGateway({ ...deps, log, errorShare });
  onStop('gateway', () => gateway.close());
  return gateway;
}
