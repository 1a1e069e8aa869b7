import type { DatabaseClock } from '../../db/clock.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import type { Logger } from '../../platform/logger.js';
import type { Coalescer } from '../../services/writes/coalescer.js';
import type { Pool } from '../../db/pool.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { RegisterMetrics } from '../../services/register/instruments.js';
import type { Patience } from '../../services/register/verdict.js';
import type { PortalDefinitions } from '../../services/register/portalDefinitions.js';
import type { PortalProperties } from '../outbox/portalProperties.js';

export interface RegisterDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly definitions: PortalDefinitions;
  readonly properties: PortalProperties;
  /** Whether properties of ours may be made in portals. */
  readonly make: boolean;
  /** Whether a phone number that cannot be read is refused. */
  readonly refusePhones: boolean;
  readonly patience: Patience;
  /** Steps of one portal that are in hand in this process at a time. */
  readonly mostOfPortal: number;
  readonly logger: Logger;
  readonly metrics: RegisterMetrics;
  readonly writes: Pick<Coalescer, 'submit'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly tombstones: Pick<TombstoneKeys, 'of'>;
  readonly portalResolver: Pick<PortalResolver, 'find'>;
}
