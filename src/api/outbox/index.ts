import type { Config } from '../../config.js';
import type { Pool } from '../../db/pool.js';
import { createPortalDirectory } from '../../db/portalDirectory.js';
import type { Logger } from '../../logger.js';
import type { OutboxMetrics } from '../../outbox/metrics.js';
import { createRegistry } from '../../outbox/registry/registry.js';
import { SHIPPED } from '../../outbox/registry/shipped.js';
import { createWakeDeliveries } from '../../outbox/wakeDeliveries.js';
import { createOutboxSettings } from '../../outbox/workspaceSettings.js';
import type { Temporal } from '../../temporal/client.js';

/** What the routes of the outbox share. */
export function outboxDependencies(deps: {
  pool: Pool;
  config: Config;
  logger: Logger;
  metrics: OutboxMetrics;
  temporal: Pick<Temporal, 'startDelivery' | 'startRedrive' | 'cancelRedrive'>;
}) {
  const { pool, config } = deps;
  const { OUTBOX_CONTACT_KEY_PROPERTY: contactKeyProperty } = config;
  return {
    ...deps,
    directory: createPortalDirectory(pool),
    registry: createRegistry(SHIPPED),
    settings: createOutboxSettings(pool),
    options: contactKeyProperty === undefined ? {} : { contactKeyProperty },
    wakeDeliveries: createWakeDeliveries(deps),
  };
}
