import { createPool } from '../../src/db/pool.js';
import { createPortalResolver } from '../../src/db/portals/portalResolver.js';
import { createBudget } from '../../src/hubspot/budget/budget.js';
import type { Budget } from '../../src/hubspot/budget/permit.js';
import { createPortalWorkspaces } from '../../src/hubspot/budget/portalWorkspaces.js';
import { createLogger } from '../../src/platform/logger.js';
import { Secret } from '../../src/platform/secret.js';

/** HubSpot's limit per portal, as this process takes part in it. */
export const LIMIT = { slots: 110, intervalMs: 10_000 };

export function openBudget(databaseUrl: string): Budget {
  const logger = createLogger({ LOG_LEVEL: 'error', LOG_FORMAT: 'json' }, 'bench');
  const pool = createPool(
    { DATABASE_URL: new Secret(databaseUrl), DATABASE_POOL_SIZE: 2 },
    { applicationName: 'sluice-bench', logger },
  );
  const workspaces = createPortalWorkspaces(createPortalResolver(pool));
  return createBudget({
    pool,
    owner: `bench:${process.pid}`,
    bucket: 'ten_secondly',
    ...LIMIT,
    workspaces,
    logger,
  });
}
