import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { changeLane, drainLane } from '../../db/throttle/laneChanges.js';
import { BEYOND_BLOCK } from '../../db/throttle/lanes.js';
import { findLane, listLanes, type LaneView } from '../../db/throttle/laneViews.js';
import { describeRate, MAX_INTERVAL_MS, MAX_LIMIT } from '../../domain/throttle/rate.js';
import type { Logger } from '../../platform/logger.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import {
  idSchema,
  limitSchema,
  notFound,
  parseInput,
  pathId,
  portalIdSchema,
  textSchema,
} from '../http/input.js';
import { readPage } from '../http/page.js';
import type { ThrottleControl } from './throttleControl.js';

const listSchema = z.strictObject({
  portalId: portalIdSchema.optional(),
  after: idSchema.optional(),
  limit: limitSchema(100, 50),
});
const rateSchema = z.strictObject({
  limit: z.number().int().min(1).max(MAX_LIMIT),
  intervalMs: z.number().int().min(100).max(MAX_INTERVAL_MS),
});
const changeSchema = z
  .strictObject({
    rate: rateSchema.nullable(),
    spread: z.boolean(),
    paused: z.union(
      [z.boolean(), z.strictObject({ reason: textSchema(500) })],
      'must be true, false, or {"reason": "…"}',
    ),
    maxPerWorkflow: z.number().int().min(1).max(100).nullable(),
    beyondBlock: z.enum(BEYOND_BLOCK),
  })
  .partial()
  .refine((change) => Object.keys(change).length > 0, {
    error: 'names nothing to change',
    when: ({ issues }) => issues.length === 0,
  });
const drainSchema = z.strictObject({ as: z.enum(['released', 'cancelled']) });

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'THROTTLE_DEFAULT_RATE'>;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

export function lanesRouter({ pool, config, logger, throttle }: Dependencies): Router {
  const router = Router();

  async function laneOf(request: Request): Promise<LaneView> {
    const lane = await findLane(pool, apiKeyOf(request).workspaceId, pathId(request, 'id', 'lane'));
    if (!lane) throw notFound('lane');
    return lane;
  }

  router.get('/', requireScope('throttle:read'), async (request, response) => {
    const { portalId, after, limit } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const { items, next } = await readPage(
      limit,
      (max) => listLanes(pool, workspaceId, { portalId, after, limit: max }),
      (last) => last.id,
    );
    response.json({ items: items.map(toJson), next });
  });

  router.get('/:id', requireScope('throttle:read'), async (request, response) => {
    response.json(toJson(await laneOf(request)));
  });

  router.patch('/:id', requireScope('throttle:write'), async (request, response) => {
    const laneId = pathId(request, 'id', 'lane');
    const { paused, ...change } = parseInput(changeSchema, request.body);
    const pause = paused === true ? { reason: null } : paused;
    const { workspaceId } = apiKeyOf(request);
    await inAuditedTransaction({ pool, logger }, request, async (client, note) => {
      const fallback = config.THROTTLE_DEFAULT_RATE;
      const lane = await changeLane(client, workspaceId, laneId, { ...change, paused: pause }, fallback);
      if (!lane) throw notFound('lane');
      // Without the reason: people may write anything there.
      const changed = { ...change, ...(paused !== undefined && { paused: paused !== false }) };
      note('lane.change', { portalId: lane.portalId, laneId, change: changed });
    });
    // A pause needs no plan and no waking: a workflow that looks at a paused lane waits. The other settings are read
    // when they are next used.
    if (change.rate !== undefined || change.spread !== undefined || paused === false)
      await throttle.replan([{ workspaceId, laneId }]);
    response.json(toJson(await laneOf(request)));
  });

  /**
   * Ends all executions that wait in a lane now. `cancelled` completes each with FAIL_CONTINUE,
   * `sluice_status=cancelled`; `released` completes each as released at once, outside of the window: only an operator's
   * explicit order overrides the rate.
   */
  router.post('/:id/drain', requireScope('throttle:write'), async (request, response) => {
    const { as } = parseInput(drainSchema, request.body);
    const { id: laneId, portalId } = await laneOf(request);
    const lane = { workspaceId: apiKeyOf(request).workspaceId, laneId };
    let batches = 0;
    const drained = await drainLane(pool, lane, {
      as,
      transact: (mark) =>
        inAuditedTransaction({ pool, logger }, request, async (client, note) => {
          const batch = await mark(client);
          const { marked: executions } = batch;
          if (executions > 0 || batches === 0)
            note('lane.drain', { laneId, portalId, as, executions, outsideOfWindow: as === 'released' });
          batches += 1;
          return batch;
        }),
    });
    await throttle.wakeEnding(lane);
    response.status(202).json({ laneId, as, drained });
  });

  return router;
}

function toJson(lane: LaneView) {
  const { rateLimit, rateIntervalMs, overrideLimit, overrideIntervalMs } = lane;
  const override =
    overrideLimit === null || overrideIntervalMs === null
      ? null
      : { limit: overrideLimit, intervalMs: overrideIntervalMs };
  const inForce = { limit: rateLimit, intervalMs: rateIntervalMs };
  return {
    id: lane.id,
    portalId: lane.portalId,
    key: lane.key,
    queue: lane.queue,
    queueNote: lane.queueNote,
    workflowId: lane.workflowId,
    step: lane.step,
    actionId: lane.actionId,
    rate: { ...inForce, text: describeRate(inForce), source: lane.rateSource, override },
    rateNote: lane.rateNote,
    spread: lane.spread,
    portal: { state: lane.portalState, reason: lane.portalStateReason },
    suspended:
      lane.suspendedReason === null
        ? null
        : { reason: lane.suspendedReason, since: lane.suspendedSince, nextTryAt: lane.suspendedUntil },
    paused: lane.pausedAt && { at: lane.pausedAt, reason: lane.pauseReason },
    maxPerWorkflow: lane.maxPerWorkflow,
    beyondBlock: lane.beyondBlock,
    waiting: lane.waiting,
    sending: lane.sending,
    oldestWaitingMs: lane.oldestWaitingMs === null ? null : Math.round(lane.oldestWaitingMs),
    window: {
      used: lane.windowUsed,
      free: Math.max(0, rateLimit - lane.windowUsed),
      nextFreeInMs: lane.nextFreeInMs === null ? null : Math.max(0, Math.round(lane.nextFreeInMs)),
    },
  };
}
