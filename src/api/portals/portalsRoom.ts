import { searchPortals } from '../../db/portals/search.js';
import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { createOAuth } from '../../hubspot/oauth/oauth.js';
import { createProveToken } from '../../hubspot/gateway/proveToken.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';
import type { ApiCore } from '../core.js';
import { addressOf } from '../http/clientAddress.js';
import type { Operation } from '../http/operation.js';
import { operationsRouter } from '../http/operationsRouter.js';
import { perMinute } from '../http/perMinute.js';
import { createPasses } from '../../platform/passes.js';
import type { ApiRoom } from '../room.js';
import type { PortalNotes } from './portalNotes.js';
import { watchPortals } from './watchPortals.js';
import { browserRouter } from './install/browserRouter.js';
import type { InstallJournal } from './install/installJournal.js';
import { createKeptInstalls } from './install/keptInstalls.js';
import { createLeadLimit } from './install/leadLimit.js';
import { LINK_OPERATIONS } from './install/linkOperations.js';
import { MANAGE_OPERATIONS } from './install/manageOperations.js';
import { CONNECT_OPERATIONS } from './connectOperations.js';
import { portalsAttention } from './portalsAttention.js';
import { PORTAL_STATUS_OPERATIONS } from './statusOperations.js';
import { startPortalWorkflow } from './startPortalWorkflow.js';

/** Of one address; many people may come from one. */
const BROWSERS_PER_MINUTE = 300;

const STORE_LEFT_EVERY_MS = 10_000;
/** What is younger may still be tried by its page, here or in another process with the same journal. */
const LEFT_AFTER_MS = 20_000;

/** How portals come and go: the pages of an install, and what a workspace sees and changes of its portals. */
export function createPortalsRoom(
  core: ApiCore,
  temporal: PortalStarter,
  notes: readonly PortalNotes[],
  journal?: InstallJournal,
): ApiRoom {
  const { pool, config, logger, metrics, sealing, transport, tokenMetrics } = core;
  watchPortals(metrics, core.probePool);
  const oauth = createOAuth({ transport, config, logger, metrics: tokenMetrics });
  const installs = { pool, config, logger, sealing, notes };
  const startInstall = startPortalWorkflow(logger, (portal) => temporal.startInstall(portal));
  const startDisconnect = startPortalWorkflow(logger, (portal) => temporal.startDisconnect(portal));
  const kept = createKeptInstalls({ ...installs, journal, startInstall, startDisconnect });
  const passes = createPasses({
    run: (stopping) => kept.storeLeft(LEFT_AFTER_MS, stopping),
    everyMs: STORE_LEFT_EVERY_MS,
    onError: (error) => logger.warn('The journal of installs cannot be looked through', { error }),
  });
  const proveToken = createProveToken({ transport, config });
  const portals = createPortalResolver(pool);
  const limitLeads = createLeadLimit({ logger });
  const limit = perMinute(BROWSERS_PER_MINUTE, addressOf);
  const shared = { ...installs, startInstall, startDisconnect, proveToken };
  const mount = (path: string, operations: readonly Operation<typeof shared>[]) => ({
    path,
    router: operationsRouter(path, operations, shared, core),
  });
  return {
    ...(journal && passes),
    attention: [portalsAttention(config, journal)],
    search: [{ scopes: ['portals:read', 'throttle:read'], search: searchPortals }],
    open: [
      {
        path: '/api/integrations/hubspot',
        router: browserRouter({
          ...installs,
          portals,
          oauth,
          startInstall,
          startDisconnect,
          kept,
          limit,
          limitLeads,
        }),
      },
    ],
    keyed: [
      mount('/portals', [...PORTAL_STATUS_OPERATIONS, ...CONNECT_OPERATIONS]),
      mount('/integrations/hubspot', [...LINK_OPERATIONS, ...MANAGE_OPERATIONS]),
    ],
  };
}
