import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { outboxStats } from '../../db/outbox/stats.js';
import { listOutboxPortals } from '../../db/outbox/portals.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { parseInput, portalIdSchema } from '../http/input.js';
import { workspaceLimits } from './portalLimits.js';

const statsSchema = z.strictObject({ portalId: portalIdSchema.optional() });

interface Dependencies {
  readonly pool: Pool;
  readonly registry: Registry;
  readonly config: Pick<Config, 'HUBSPOT_ENABLED' | 'HUBSPOT_SEND_LIVE'>;
}

export function statsRouter({ pool, config, registry }: Dependencies): Router {
  const router = Router();
  const mode = config.HUBSPOT_ENABLED ? (config.HUBSPOT_SEND_LIVE ? 'live' : 'dry') : 'off';
  router.get('/stats', requireScope('outbox'), async (request, response) => {
    const { portalId = null } = parseInput(statsSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const db = forWorkspace(pool, workspaceId);
    const stats = await outboxStats(db, workspaceId, portalId);
    const portals = await listOutboxPortals(db, workspaceId, portalId);
    const limits = await workspaceLimits({ pool, registry }, workspaceId, portalId);
    response.json({
      mode,
      ...stats,
      portals: portals.map((one) => ({ ...one, limitedTypes: limits.get(one.portalId) ?? [] })),
    });
  });
  return router;
}
