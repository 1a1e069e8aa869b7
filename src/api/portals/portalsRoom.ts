import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { createOAuth } from '../../hubspot/oauth/oauth.js';
import { createProveToken } from '../../hubspot/gateway/proveToken.js';
import { createTokenInstruments } from '../../hubspot/tokens/instruments.js';
import type { PortalStarter } from '../../temporal/portals/starter.js';
import type { ApiCore } from '../core.js';
import { addressOf } from '../http/clientAddress.js';
import { perMinute } from '../http/perMinute.js';
import type { ApiRoom } from '../room.js';
import type { PortalNotes } from './portalNotes.js';
import { watchPortals } from './watchPortals.js';
import { browserRouter } from './install/browserRouter.js';
import { createLeadLimit } from './install/leadLimit.js';
import { manageRouter } from './install/manageRouter.js';
import { connectRouter } from './connectRouter.js';
import { statusRouter } from './statusRouter.js';
import { startPortalWorkflow } from './startPortalWorkflow.js';

/** Of one address; many people may come from one. */
const BROWSERS_PER_MINUTE = 300;

/** How portals come and go: the pages of an install, and what a workspace sees and changes of its portals. */
export function createPortalsRoom(
  core: ApiCore,
  temporal: PortalStarter,
  notes: readonly PortalNotes[],
): ApiRoom {
  const { pool, config, logger, metrics, sealing, transport } = core;
  watchPortals(metrics, core.probePool);
  const oauth = createOAuth({ transport, config, logger, metrics: createTokenInstruments(metrics) });
  const installs = { pool, config, logger, sealing, notes };
  const startInstall = startPortalWorkflow(logger, (portal) => temporal.startInstall(portal));
  const startDisconnect = startPortalWorkflow(logger, (portal) => temporal.startDisconnect(portal));
  const proveToken = createProveToken({ transport, config });
  const portals = createPortalResolver(pool);
  const limitLeads = createLeadLimit({ logger });
  const limit = perMinute(BROWSERS_PER_MINUTE, addressOf);
  return {
    open: [
      {
        path: '/api/integrations/hubspot',
        router: browserRouter({
          ...installs,
          portals,
          oauth,
          startInstall,
          startDisconnect,
          limit,
          limitLeads,
        }),
      },
    ],
    keyed: [
      { path: '/portals', router: statusRouter({ pool, config }) },
      {
        path: '/portals',
        router: connectRouter({ pool, sealing, logger, startInstall, proveToken, config }),
      },
      { path: '/integrations/hubspot', router: manageRouter({ ...installs, startDisconnect }) },
    ],
  };
}
