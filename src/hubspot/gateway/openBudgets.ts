import type { Config } from '../../platform/config.js';
import type { Pool } from '../../db/pool.js';
import type { PortalDirectory } from '../../db/portals/portalDirectory.js';
import type { Logger } from '../../platform/logger.js';
import { createBudgets, type Budgets } from '../budget/budgets.js';
import { createDoor, type Door, type DoorMetrics } from './gateway.js';
import { createErrorShare } from './errorShare.js';
import { createPortalWorkspaces } from '../budget/portalWorkspaces.js';
import { createRequestLog } from './requestLog.js';
import type { Tokens } from '../tokens/tokens.js';
import type { Transport } from '../wire/transport.js';

export interface OpenDoorMetrics extends DoorMetrics {
  requestLogDropped(count: number): void;
  errorShareRefused(event: { portalId: number; priority: string }): void;
}

interface Dependencies {
  pool: Pool;
  directory: PortalDirectory;
  transport: Transport;
  /** Names this process in the rows. */
  owner: string;
  config: Config;
  logger: Logger;
  metrics: OpenDoorMetrics;
  /** Gets what is to be ended, in the order in which things were begun. */
  onStop: (name: string, stop: () => Promise<void>) => void;
}

/** The budgets of a process, and the door with all that belongs to it: tokens are renewed under the former and used by the latter. */
export function openBudgets(deps: Dependencies): { budgets: Budgets; openDoor: (tokens: Tokens) => Door } {
  const { pool, transport, owner, config, logger, metrics, onStop } = deps;
  const workspaces = createPortalWorkspaces(deps.directory);
  const shared = { pool, workspaces, logger, metrics };
  const budgets = createBudgets({ ...shared, owner, config });
  onStop('budget', () => budgets.stop());

  function openDoor(tokens: Tokens): Door {
    const log = createRequestLog(shared);
    onStop('request log', () => log.stop());
    const errorShare = createErrorShare({
      ...shared,
      timeZone: (portalId) => tokens.timeZone(portalId),
      mostShare: config.ERROR_SHARE_PERCENT / 100,
    });
    onStop('call counts', () => errorShare.stop());
    const door = createDoor({ budgets, tokens, transport, config, logger, metrics, log, errorShare });
    onStop('door', () => door.close());
    return door;
  }

  return { budgets, openDoor };
}
