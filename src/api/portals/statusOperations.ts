import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import { bucketUsage, portalBlock, type PortalBlock } from '../../db/hubspot/budgetUsage.js';
import { readCalls } from '../../db/hubspot/callCounts.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { readDayLimit } from '../../db/portals/dayLimits.js';
import { findPortalView, listPortalViews, type PortalView } from '../../db/portals/portalViews.js';
import { listRequests } from '../../db/hubspot/requestLog.js';
import { forWorkspace } from '../../db/tenant.js';
import { errorShareOf, shedPriorities } from '../../domain/hubspot/errorShare.js';
import { portalDay } from '../../domain/hubspot/portalDay.js';
import { bucketLimits, type BudgetsConfig } from '../../hubspot/budget/bucketLimits.js';
import type { OutcomeKind } from '../../hubspot/wire/outcomes.js';
import { pageOf } from '../http/answers.js';
import { idSchema, notFound, pageQuery, portalIdSchema, timeSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import {
  budgetSchema,
  EXAMPLE_BUDGET,
  EXAMPLE_PORTAL,
  EXAMPLE_REQUEST,
  portalSchema,
  requestSchema,
} from './portalAnswers.js';

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

interface Dependencies {
  readonly pool: Pool;
  readonly config: BudgetsConfig & Pick<Config, 'ERROR_SHARE_PERCENT'>;
}

const ofOne = { params: z.strictObject({ portalId: portalIdSchema }) };
const the = { tag: 'Portals', scopes: ['portals:read', 'throttle:read'], resource: 'portal' } as const;
const exampleParams = { portalId: String(EXAMPLE_PORTAL.portalId) };

async function portalOf(
  pool: Pool,
  workspaceId: string,
  portalId: number,
): Promise<{ db: Queryable; portal: PortalView }> {
  const db = forWorkspace(pool, workspaceId);
  const portal = await findPortalView(db, portalId);
  if (!portal) throw notFound(the.resource);
  return { db, portal };
}

/** What portals are, what they use of HubSpot's limits, and what was sent for them. */
export const PORTAL_STATUS_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listPortals',
    method: 'get',
    path: '/api/portals',
    summary: 'List portals',
    input: { query: z.strictObject({ ...pageQuery(portalIdSchema) }) },
    answers: {
      200: {
        description: 'A page of portals, by number',
        body: pageOf(portalSchema).meta({ id: 'PortalPage' }),
        example: { items: [EXAMPLE_PORTAL], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const db = forWorkspace(pool, workspaceId);
      const page = await readPage(
        limit,
        (rows) => listPortalViews(db, { after, limit: rows }),
        ({ portalId }) => String(portalId),
      );
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    exampleParams,
    id: 'showPortal',
    method: 'get',
    path: '/api/portals/{portalId}',
    summary: 'Show a portal',
    input: ofOne,
    answers: { 200: { description: 'The portal', body: portalSchema, example: EXAMPLE_PORTAL } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params: { portalId } }) {
      const { portal } = await portalOf(pool, workspaceId, portalId);
      return { status: 200, body: portal };
    },
  }),

  defineOperation({
    ...the,
    exampleParams,
    id: 'showPortalBudget',
    method: 'get',
    path: '/api/portals/{portalId}/budget',
    summary: "Show what a portal uses of HubSpot's limits",
    description:
      "`used` of a bucket (`ring`) counts calls whose answer is less than an interval old, those under way, and what others were seen to use. `errors.waiting` are the priorities that are held back until the portal's day ends or the share of errors falls.",
    input: ofOne,
    answers: { 200: { description: 'Its limits', body: budgetSchema, example: EXAMPLE_BUDGET } },
    errors: ['not_found'],
    async run({ pool, config }: Dependencies, { workspaceId }, { params }) {
      const { db, portal } = await portalOf(pool, workspaceId, params.portalId);
      const { portalId, timeZone } = portal;
      const mostShare = config.ERROR_SHARE_PERCENT / 100;
      const limits = bucketLimits(config);
      const { day } = portalDay(Date.now(), timeZone);
      const [buckets, block, count, dayLimit] = await Promise.all([
        bucketUsage(db, portalId, {
          ten_secondly: limits.ten_secondly.slots,
          search: limits.search.slots,
          associations: limits.associations.slots,
          oauth: limits.oauth.slots,
        }),
        portalBlock(db, portalId),
        readCalls(db, portalId, day),
        readDayLimit(db, portalId),
      ]);
      const budget = {
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
        dayLimit: dayLimit ? { ...dayLimit, share: dayLimit.used / dayLimit.limit } : null,
        rings: buckets.map(({ bucket, ...usage }) => {
          const { slots, intervalMs } = limits[bucket];
          return { ring: bucket, ...usage, limit: slots, intervalMs, free: slots - usage.used };
        }),
      };
      return { status: 200, body: budget };
    },
  }),

  defineOperation({
    ...the,
    exampleParams,
    id: 'listPortalRequests',
    method: 'get',
    path: '/api/portals/{portalId}/requests',
    summary: 'List what was sent to HubSpot for a portal',
    description:
      'Of the last days (`REQUEST_LOG_DAYS`). A line is there about a second after its request; bodies are not kept.',
    input: {
      ...ofOne,
      query: z.strictObject({
        outcome: z.enum(OUTCOMES).optional(),
        status: z
          .string()
          .regex(/^[1-5]xx$/, 'must be 2xx, 4xx or the like')
          .transform((text) => Number(text[0]))
          .optional(),
        since: timeSchema.optional(),
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of requests, the newest first',
        body: pageOf(requestSchema).meta({ id: 'HubSpotRequestPage' }),
        example: { items: [EXAMPLE_REQUEST], next: '912' },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params, query: { status, ...filter } }) {
      const { db, portal } = await portalOf(pool, workspaceId, params.portalId);
      const { portalId } = portal;
      const page = await readPage(
        filter.limit,
        (limit) => listRequests(db, { ...filter, portalId, statusClass: status, limit }),
        ({ id }) => id,
      );
      return { status: 200, body: page };
    },
  }),
] as const;

function breakerState(block: PortalBlock): 'closed' | 'open' | 'half_open' {
  if (block.breakerOpens === 0) return 'closed';
  return block.until !== null && block.reason === 'breaker' ? 'open' : 'half_open';
}
