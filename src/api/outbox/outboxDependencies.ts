import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { createWakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import { createWorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';

/** What the routes of the outbox share. */
export function outboxDependencies(deps: {
  pool: Pool;
  registry: Registry;
  config: Config;
  logger: Logger;
  metrics: OutboxMetrics;
  temporal: OutboxStarter;
}) {
  const { pool, config } = deps;
  const { OUTBOX_CONTACT_KEY_PROPERTY: contactKeyProperty } = config;
  return {
    ...deps,
    portalResolver: createPortalResolver(pool),
    settings: createWorkspaceSettingsCache(pool),
    options: contactKeyProperty === undefined ? {} : { contactKeyProperty },
    wakeDeliveries: createWakeDeliveries(deps),
  };
}
