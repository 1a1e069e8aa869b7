import { createPool, type Pool } from '../db/pool.js';
import { createPortalResolver, type PortalResolver } from '../db/portals/portalResolver.js';
import { createHubSpotInstruments } from '../hubspot/gateway/instruments.js';
import type { Gateway } from '../hubspot/gateway/gateway.js';
import { openHubSpot } from '../hubspot/gateway/openHubSpot.js';
import { createTokenInstruments } from '../hubspot/tokens/instruments.js';
import type { TokenService } from '../hubspot/tokens/tokenService.js';
import type { TokenJournal } from '../hubspot/tokens/tokenJournal.js';
import { createTransport, type Transport } from '../hubspot/wire/transport.js';
import type { ActionSecrets } from '../services/definitions/actionSecrets.js';
import type { Definitions } from '../services/definitions/loadDefinitions.js';
import type { Config } from '../platform/config/config.js';
import type { Lifecycle } from '../platform/lifecycle.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { connectTemporal, type TemporalConnection } from '../temporal/connection.js';
import { createTokenKeeperStarter, type TokenKeeperStarter } from '../temporal/tokens/starter.js';

/** What every room of the worker may use. */
export interface WorkerCore extends Pick<TokenService, 'tokens' | 'oauth' | 'sealing' | 'storeGrantsLeft'> {
  readonly config: Config;
  /** What comes with Sluice, and what was added to it. */
  readonly definitions: Definitions;
  /** What the definitions of actions name as secrets. */
  readonly actionSecrets: ActionSecrets;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Names this process in the rows that it leases. */
  readonly owner: string;
  readonly pool: Pool;
  readonly temporal: TemporalConnection;
  readonly portalResolver: PortalResolver;
  readonly gateway: Gateway;
  /** To HubSpot: for what is no portal's. */
  readonly transport: Transport;
  readonly keeper: TokenKeeperStarter;
}

export function openCore(
  given: Pick<WorkerCore, 'config' | 'definitions' | 'actionSecrets' | 'logger' | 'metrics' | 'owner'> & {
    readonly journal?: TokenJournal | undefined;
  },
  lifecycle: Pick<Lifecycle, 'onStop'>,
): WorkerCore {
  const { journal, ...named } = given;
  const { config, logger, metrics } = named;
  const pool = createPool(config, { applicationName: 'sluice-worker', logger });
  lifecycle.onStop('database', () => pool.end());
  const temporal = connectTemporal(config);
  lifecycle.onStop('Temporal client', () => temporal.close());
  const transport = createTransport(config.HUBSPOT_API_BASE_URL);
  const portalResolver = createPortalResolver(pool);
  const keeper = createTokenKeeperStarter(temporal);
  const { gateway, tokenService } = openHubSpot({
    ...{ ...named, pool, portalResolver, transport, keeper, journal },
    metrics: { hubspot: createHubSpotInstruments(metrics), tokens: createTokenInstruments(metrics) },
    onStop: (name, stop) => lifecycle.onStop(name, stop),
  });
  const { tokens, oauth, sealing, storeGrantsLeft } = tokenService;
  return {
    ...{ ...named, pool, temporal, portalResolver, gateway, transport, keeper },
    ...{ tokens, oauth, sealing, storeGrantsLeft },
  };
}
