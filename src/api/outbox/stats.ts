import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { outboxStats } from '../../db/outbox/stats.js';
import { listOutboxPortals } from '../../db/outbox/portals.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { parseInput, portalIdSchema } from '../http/input.js';

const statsSchema = z.strictObject({ portalId: portalIdSchema.optional() });

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE'>;
}

export function statsRouter({ pool, config }: Dependencies): Router {
  const router = Router();
  const mode = config.HUBSPOT_ENABLED ? (config.HUBSPOT_SEND_LIVE ? 'live' : 'dry') : 'off';
  router.get('/stats', requireScope('outbox'), async (request, response) => {
    const { portalId = null } = parseInput(statsSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const db = forWorkspace(pool, workspaceId);
    const stats = await outboxStats(db, workspaceId, portalId);
    const portals = await listOutboxPortals(db, workspaceId, portalId);
    response.json({ mode, ...stats, portals });
  });
  return router;
}
