import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../platform/config/config.js';
import { outboxPortalsToStart } from '../../db/outbox/portals.js';
import { redrivesToStart } from '../../db/outbox/redrives.js';
import { createPool, type Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { eachAlone, throwFirst } from '../../platform/eachAlone.js';
import type { Logger } from '../../platform/logger.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { createWakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import { createWorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import type { Secret } from '../../platform/secret.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import { createDispatcher, type Dispatcher } from './dispatcher.js';
import { createOutboxActivities, type OutboxActivities } from './outboxActivities.js';
import { createRedriveActivities, type RedriveActivities } from './redriveActivities.js';
import { createPortalProperties } from './portalProperties.js';
import { createPortalSetUp } from './portalSetUp.js';
import { createPropertyRequests } from './propertyRequests.js';

/** The outbox in a worker: the dispatcher, the deliveries, and what finds portals without a delivery. */
export interface OutboxService {
  readonly dispatcher: Dispatcher;
  /** Where the inbox is. */
  readonly inbox: Pool;
  readonly activities: OutboxActivities & RedriveActivities;
  /** Closes what it has opened; after the dispatcher has stopped. */
  close(): Promise<void>;
  /**
   * Starts the deliveries of portals that have something to do and no delivery awake, and redrives whose workflow may
   * be missing. One that cannot be started holds up no other. Returns how many.
   */
  startLeftBehind(): Promise<number>;
}

const MAX_PER_SWEEP = 500;

export function createOutboxService(deps: {
  pool: Pool;
  registry: Registry;
  portalResolver: PortalResolver;
  gateway: Gateway;
  temporal: OutboxStarter;
  owner: string;
  config: Config;
  logger: Logger;
  metrics: OutboxMetrics;
}): OutboxService {
  const { pool, temporal, config, logger } = deps;
  const options = {
    ...(config.OUTBOX_CONTACT_KEY_PROPERTY && { contactKeyProperty: config.OUTBOX_CONTACT_KEY_PROPERTY }),
  };
  const settings = createWorkspaceSettingsCache(pool);
  const wakeDeliveries = createWakeDeliveries(deps);
  const requests = createPropertyRequests({ ...deps, group: config.OUTBOX_PROPERTY_GROUP });
  const portalSetUp = createPortalSetUp({
    properties: createPortalProperties(requests),
    make: config.OUTBOX_CREATE_PROPERTIES,
    prefix: config.OUTBOX_PROPERTY_PREFIX,
    appEvents: config.HUBSPOT_APP_EVENTS,
  });
  const theirs =
    config.OUTBOX_DATABASE_URL &&
    createPool(
      { DATABASE_URL: config.OUTBOX_DATABASE_URL, DATABASE_POOL_SIZE: 2 },
      { applicationName: 'sluice-outbox-dispatcher', logger, statementTimeoutMs: 8000, database: 'foreign' },
    );
  const foreign =
    theirs && config.OUTBOX_DATABASE_URL
      ? { ours: pool, theirs, name: nameOf(config.OUTBOX_DATABASE_URL) }
      : undefined;
  const common = { ...deps, settings, options, wakeDeliveries };
  return {
    inbox: theirs ?? pool,
    dispatcher: createDispatcher({ ...common, foreign }),
    activities: {
      ...createOutboxActivities({
        ...common,
        versions: config,
        portalSetUp,
        pace: pacer(config.OUTBOX_RATE_PER_SECOND),
        enabled: config.HUBSPOT_ENABLED,
      }),
      ...createRedriveActivities(common),
    },
    async close() {
      await theirs?.end();
    },
    async startLeftBehind() {
      if (!config.HUBSPOT_ENABLED) return 0;
      const portals = await eachAlone(
        await outboxPortalsToStart(pool, MAX_PER_SWEEP),
        'portal',
        async (portal) => {
          await temporal.startDelivery(portal);
          crashPoint('outbox.sweep.delivery-started');
          return 1;
        },
      );
      const redrives = await eachAlone(await redrivesToStart(pool), 'redrive', async (redrive) => {
        await temporal.startRedrive(redrive);
        return 1;
      });
      throwFirst(portals, redrives);
      return portals.did + redrives.did;
    },
  };
}

/** Names a database without its login. */
function nameOf(url: Secret): string {
  const { host, pathname } = new URL(url.reveal());
  return `${host}${pathname}`;
}

/** At most so many requests a second in this process, evenly; undefined: the gateway's pace is enough. */
function pacer(perSecond: number | undefined): () => Promise<void> {
  let nextAt = 0;
  return async () => {
    if (perSecond === undefined) return;
    const now = performance.now();
    const at = Math.max(now, nextAt);
    nextAt = at + 1000 / perSecond;
    if (at > now) await delay(at - now);
  };
}
