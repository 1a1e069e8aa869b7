import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { bucketUsage, portalBlock } from '../../db/hubspot/budgetUsage.js';
import { readCalls } from '../../db/hubspot/callCounts.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { findPortalView, listPortalViews, type PortalView } from '../../db/portals/portalViews.js';
import { listRequests } from '../../db/hubspot/requestLog.js';
import { forWorkspace } from '../../db/tenant.js';
import { errorShareOf, shedPriorities } from '../../domain/hubspot/errorShare.js';
import { portalDay } from '../../domain/hubspot/portalDay.js';
import { bucketLimits, type BudgetsConfig } from '../../hubspot/budget/bucketLimits.js';
import type { OutcomeKind } from '../../hubspot/wire/outcomes.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { idSchema, limitSchema, notFound, parseInput, portalIdSchema, timeSchema } from '../http/input.js';
import { readPage } from '../http/page.js';

const OUTCOMES = [
  'ok',
  'partial',
  'invalid',
  'unauthorized',
  'forbidden',
  'notFound',
  'locked',
  'migrating',
  'throttled',
  'unavailable',
  'unknown',
] as const satisfies readonly OutcomeKind[];

const pageSchema = z.strictObject({ after: portalIdSchema.optional(), limit: limitSchema(200, 50) });
const requestsSchema = z.strictObject({
  outcome: z.enum(OUTCOMES).optional(),
  status: z
    .string()
    .regex(/^[1-5]xx$/, 'must be 2xx, 4xx or the like')
    .transform((text) => Number(text[0]))
    .optional(),
  since: timeSchema.optional(),
  after: idSchema.optional(),
  limit: limitSchema(200, 50),
});

interface Dependencies {
  readonly pool: Pool;
  readonly config: BudgetsConfig & Pick<Config, 'ERROR_SHARE_PERCENT'>;
}

/** What portals are, what they use of HubSpot's limits, and what was sent for them. */
export function statusRouter({ pool, config }: Dependencies): Router {
  const router = Router();
  const mostShare = config.ERROR_SHARE_PERCENT / 100;

  async function portalOf(request: Request): Promise<{ db: Queryable; portal: PortalView }> {
    const db = forWorkspace(pool, apiKeyOf(request).workspaceId);
    const portalId = portalIdSchema.safeParse(request.params.portalId);
    const portal = portalId.success ? await findPortalView(db, portalId.data) : undefined;
    if (!portal) throw notFound('portal');
    return { db, portal };
  }

  router.get('/', requireScope('portals:read', 'throttle:read'), async (request, response) => {
    const { after, limit } = parseInput(pageSchema, request.query);
    const db = forWorkspace(pool, apiKeyOf(request).workspaceId);
    const page = await readPage(
      limit,
      (rows) => listPortalViews(db, { after, limit: rows }),
      ({ portalId }) => String(portalId),
    );
    response.json(page);
  });

  router.get('/:portalId', requireScope('portals:read', 'throttle:read'), async (request, response) => {
    response.json((await portalOf(request)).portal);
  });

  router.get(
    '/:portalId/budget',
    requireScope('portals:read', 'throttle:read'),
    async (request, response) => {
      const { db, portal } = await portalOf(request);
      const { portalId, timeZone } = portal;
      const limits = bucketLimits(config);
      const { day } = portalDay(Date.now(), timeZone);
      const [buckets, block, count] = await Promise.all([
        bucketUsage(db, portalId, {
          ten_secondly: limits.ten_secondly.slots,
          search: limits.search.slots,
          associations: limits.associations.slots,
          oauth: limits.oauth.slots,
        }),
        portalBlock(db, portalId),
        readCalls(db, portalId, day),
      ]);
      response.json({
        portalId,
        blockedUntil: block.until,
        blockedReason: block.reason,
        breaker: { state: breakerState(block), opens: block.breakerOpens },
        errors: {
          day,
          timeZone,
          calls: count.calls,
          errors: count.errors,
          share: errorShareOf(count),
          mostShare,
          waiting: shedPriorities(count, mostShare),
        },
        rings: buckets.map(({ bucket, ...usage }) => {
          const { slots, intervalMs } = limits[bucket];
          return { ring: bucket, ...usage, limit: slots, intervalMs, free: slots - usage.used };
        }),
      });
    },
  );

  router.get(
    '/:portalId/requests',
    requireScope('portals:read', 'throttle:read'),
    async (request, response) => {
      const { db, portal } = await portalOf(request);
      const { status, ...filter } = parseInput(requestsSchema, request.query);
      const { portalId } = portal;
      const page = await readPage(
        filter.limit,
        (limit) => listRequests(db, { ...filter, portalId, statusClass: status, limit }),
        ({ id }) => id,
      );
      response.json(page);
    },
  );

  return router;
}

function breakerState(block: { until: Date | null; reason: string | null; breakerOpens: number }): string {
  if (block.breakerOpens === 0) return 'closed';
  return block.until !== null && block.reason === 'breaker' ? 'open' : 'half_open';
}
