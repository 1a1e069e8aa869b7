import type { Pool } from '../../db/pool.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { ApiVersions } from '../../hubspot/wire/paths.js';
import type { Config } from '../../platform/config/config.js';
import type { Logger } from '../../platform/logger.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import type { PortalSetUp } from './portalSetUp.js';

/** What the delivery of a claim needs. */
export interface DeliveryDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly registry: Registry;
  readonly versions: ApiVersions;
  readonly config: Pick<
    Config,
    | 'HUBSPOT_SEND_LIVE'
    | 'OUTBOX_BATCH_SIZE'
    | 'OUTBOX_MAX_ATTEMPTS'
    | 'OUTBOX_CIRCUIT_FAILURES'
    | 'OUTBOX_CIRCUIT_COOL_DOWN_MS'
    | 'HUBSPOT_APP_EVENTS'
  >;
  readonly settings: Pick<WorkspaceSettingsCache, 'of'>;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  /** Asked only about events that are sent. */
  readonly portalSetUp: PortalSetUp;
  /** Called before each request: the pace that is asked for on top of the gateway's. */
  readonly pace: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: OutboxMetrics;
  readonly leaseMs: number;
}
