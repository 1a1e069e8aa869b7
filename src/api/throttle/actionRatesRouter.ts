import { Router } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import {
  deleteActionRate,
  findActionRate,
  listActionRates,
  setActionRate,
  type ActionRate,
} from '../../db/throttle/actionRates.js';
import { describeRate, PERIODS_MS, rateOf, type Period } from '../../domain/throttle/rate.js';
import type { Logger } from '../../platform/logger.js';
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { invalidInput, limitSchema, notFound, parseInput, portalIdSchema } from '../http/input.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import type { ThrottleControl } from './throttleControl.js';

/*
 * The rate of an action in a portal: the resource that people know from HubSpot's own throttling apps, hence its field
 * names. Numbers may come as strings, as forms and HubSpot's workflows send them.
 */

const actionId = z
  .union([z.string(), z.number().int().positive()])
  .transform(String)
  .refine((text) => /^[\w.:-]{1,64}$/.test(text), 'must be the id of an action');
const numberOrText = z.union([z.string(), z.number()], 'must be a number');
const periods = Object.keys(PERIODS_MS) as Period[];
const period = z
  .string()
  .transform((text) => text.trim().toLowerCase().replace(/s?$/, 's'))
  .pipe(z.enum(periods, `must be one of ${periods.join(', ')}`));

const rateSchema = z.strictObject({
  // May be left out where the workspace has one portal.
  portal_id: portalIdSchema.optional(),
  action_id: actionId,
  max_throughput: numberOrText,
  time: numberOrText,
  period,
});
const nameSchema = z.object({ portal_id: portalIdSchema, action_id: actionId });
const listSchema = z.strictObject({
  portal_id: portalIdSchema.optional(),
  after: z
    .string()
    .regex(/^\d{1,15}\/[\w.:-]{1,64}$/, 'must be the `next` of the page before')
    .transform((text) => ({
      portalId: Number(text.split('/')[0]),
      actionId: text.slice(text.indexOf('/') + 1),
    }))
    .optional(),
  limit: limitSchema(200, 50),
});

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'THROTTLE_DEFAULT_RATE'>;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

export function actionRatesRouter({ pool, config, logger, throttle }: Dependencies): Router {
  const router = Router();
  const fallback = config.THROTTLE_DEFAULT_RATE;

  router.post('/', requireScope('throttle:write'), async (request, response) => {
    const input = parseInput(rateSchema, request.body);
    const parsed = rateOf(input.max_throughput, input.time, input.period);
    if (!parsed.ok)
      throw invalidInput([{ path: /^\w+/.exec(parsed.problem)?.[0] ?? '', message: parsed.problem }]);
    const { limit, intervalMs } = parsed.rate;
    const { workspaceId } = apiKeyOf(request);
    const rate = {
      portalId: await namedOrOnlyPortal(pool, workspaceId, input.portal_id, 'portal_id'),
      actionId: input.action_id,
      maxThroughput: limit,
      time: intervalMs / PERIODS_MS[input.period],
      period: input.period,
      intervalMs,
    };
    const result = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const set = await setActionRate(client, workspaceId, rate, fallback);
      if (!set) throw notFound('portal');
      const { portalId, actionId } = rate;
      note('config.set', { portalId, actionId, rate: describeRate(parsed.rate) });
      return set;
    });
    await throttle.replan(result.changedLanes);
    response.json({ ...toJson(result.rate), lanes_changed: result.changedLanes.length });
  });

  router.get('/', requireScope('throttle:read'), async (request, response) => {
    const { portal_id: portalId, after, limit } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const { items, next } = await readPage(
      limit,
      (max) => listActionRates(pool, workspaceId, { portalId, after, limit: max }),
      (last) => `${last.portalId}/${last.actionId}`,
    );
    response.json({ items: items.map(toJson), next });
  });

  router.get('/:portal_id/:action_id', requireScope('throttle:read'), async (request, response) => {
    const name = nameSchema.safeParse(request.params);
    const found =
      name.success &&
      (await findActionRate(pool, apiKeyOf(request).workspaceId, name.data.portal_id, name.data.action_id));
    if (!found) throw notFound('configuration');
    response.json(toJson(found));
  });

  router.delete('/:portal_id/:action_id', requireScope('throttle:write'), async (request, response) => {
    const name = nameSchema.safeParse(request.params);
    if (!name.success) throw notFound('configuration');
    const action = { portalId: name.data.portal_id, actionId: name.data.action_id };
    const result = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const removed = await deleteActionRate(client, apiKeyOf(request).workspaceId, action, fallback);
      if (!removed) throw notFound('configuration');
      note('config.delete', action);
      return removed;
    });
    await throttle.replan(result.changedLanes);
    response.status(204).end();
  });

  return router;
}

function toJson(rate: ActionRate) {
  return {
    portal_id: rate.portalId,
    action_id: rate.actionId,
    max_throughput: rate.maxThroughput,
    time: rate.time,
    period: rate.period,
    rate: describeRate({ limit: rate.maxThroughput, intervalMs: rate.intervalMs }),
    updated_at: rate.updatedAt,
  };
}
