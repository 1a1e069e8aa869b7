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
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { invalidInput, notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { namedOrOnlyPortal } from '../portals/namedOrOnlyPortal.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import type { ThrottleControl } from './throttleControl.js';

/*
 * The rate of an action in a portal: the resource that people know from HubSpot's own throttling apps, hence its field
 * names. Numbers may come as strings, as forms and HubSpot's workflows send them.
 */

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'THROTTLE_DEFAULT_RATE'>;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

const actionId = z
  .union([z.string(), z.number().int().positive()])
  .transform(String)
  .refine((text) => /^[\w.:-]{1,64}$/.test(text), 'must be the id of an action')
  .meta({
    description: 'The id of an action',
    override: {
      anyOf: [
        { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,64}$' },
        { type: 'integer', minimum: 1 },
      ],
    },
  });
const numberOrText = z.union([z.string(), z.number()], 'must be a number');
const periods = Object.keys(PERIODS_MS) as [Period, ...Period[]];
const period = z
  .string()
  .transform((text) => text.trim().toLowerCase().replace(/s?$/, 's'))
  .pipe(z.enum(periods, `must be one of ${periods.join(', ')}`))
  .meta({ description: `One of ${periods.join(', ')}`, override: { type: 'string', examples: ['seconds'] } });

const newRateSchema = z
  .strictObject({
    // May be left out where the workspace has one portal.
    portal_id: portalIdSchema.optional(),
    action_id: actionId,
    max_throughput: numberOrText,
    time: numberOrText,
    period,
  })
  .meta({ id: 'NewActionRate' });
const actionRateSchema = z
  .strictObject({
    portal_id: portalId,
    action_id: z.string(),
    max_throughput: z.number().int(),
    time: z.number(),
    period: z.enum(periods),
    rate: z.string().meta({ description: 'The rate in words' }),
    updated_at: time,
  })
  .meta({ id: 'ActionRate' });
const EXAMPLE = {
  portal_id: 41_000_009,
  action_id: '33540408',
  max_throughput: 50,
  time: 5,
  period: 'seconds',
  rate: '50 per 5 s',
  updated_at: '2027-01-01T09:30:00.000Z',
};

/** `portal/action`, as `next` says it. */
const cursorSchema = z
  .string()
  .regex(/^\d{1,15}\/[\w.:-]{1,64}$/, 'must be the `next` of the page before')
  .transform((text) => ({
    portalId: Number(text.split('/')[0]),
    actionId: text.slice(text.indexOf('/') + 1),
  }));

const the = { tag: 'Rates', resource: 'configuration' } as const;
const ofOne = { params: z.strictObject({ portal_id: portalIdSchema, action_id: actionId }) };

export const ACTION_RATE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'setActionRate',
    method: 'post',
    path: '/api/config',
    scopes: ['throttle:write'],
    summary: 'Set the rate of an action in a portal',
    description: 'It holds at once for all that wait. `portal_id` may be left out where there is one portal.',
    input: { body: newRateSchema },
    answers: {
      200: {
        description: 'The rate, and how many lanes it changed',
        body: actionRateSchema.extend({ lanes_changed: z.number().int() }).meta({ id: 'ActionRateSet' }),
        example: { ...EXAMPLE, lanes_changed: 1 },
      },
    },
    errors: ['not_found'],
    example: {
      body: { portal_id: 41_000_009, action_id: '33540408', max_throughput: 50, time: 5, period: 'seconds' },
    },
    async run({ pool, config, logger, throttle }: Dependencies, caller, { body }) {
      const parsed = rateOf(body.max_throughput, body.time, body.period);
      if (!parsed.ok)
        throw invalidInput([{ path: /^\w+/.exec(parsed.problem)?.[0] ?? '', message: parsed.problem }]);
      const { limit, intervalMs } = parsed.rate;
      const { workspaceId } = caller;
      const rate = {
        portalId: await namedOrOnlyPortal(pool, workspaceId, body.portal_id, 'portal_id'),
        actionId: body.action_id,
        maxThroughput: limit,
        time: intervalMs / PERIODS_MS[body.period],
        period: body.period,
        intervalMs,
      };
      const fallback = config.THROTTLE_DEFAULT_RATE;
      const result = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const set = await setActionRate(client, workspaceId, rate, fallback);
        if (!set) throw notFound('portal');
        const { portalId: portal, actionId: action } = rate;
        note('config.set', { portalId: portal, actionId: action, rate: describeRate(parsed.rate) });
        return set;
      });
      await throttle.replan(result.changedLanes);
      return {
        status: 200,
        body: { ...actionRateAnswer(result.rate), lanes_changed: result.changedLanes.length },
      };
    },
  }),

  defineOperation({
    ...the,
    id: 'listActionRates',
    method: 'get',
    path: '/api/config',
    scopes: ['throttle:read'],
    summary: 'List the rates of actions',
    input: {
      query: z.strictObject({
        portal_id: portalIdSchema.optional(),
        ...pageQuery(cursorSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of rates',
        body: pageOf(actionRateSchema).meta({ id: 'ActionRatePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query: { portal_id: portal, after, limit } }) {
      const { items, next } = await readPage(
        limit,
        (max) => listActionRates(pool, workspaceId, { portalId: portal, after, limit: max }),
        (last) => `${last.portalId}/${last.actionId}`,
      );
      await refuseUnknownPortal(pool, workspaceId, items, portal);
      return { status: 200, body: { items: items.map(actionRateAnswer), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showActionRate',
    method: 'get',
    path: '/api/config/{portal_id}/{action_id}',
    scopes: ['throttle:read'],
    summary: 'Show the rate of an action in a portal',
    input: ofOne,
    answers: { 200: { description: 'The rate', body: actionRateSchema, example: EXAMPLE } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params }) {
      const found = await findActionRate(pool, workspaceId, params.portal_id, params.action_id);
      if (!found) throw notFound(the.resource);
      return { status: 200, body: actionRateAnswer(found) };
    },
  }),

  defineOperation({
    ...the,
    id: 'deleteActionRate',
    method: 'delete',
    path: '/api/config/{portal_id}/{action_id}',
    scopes: ['throttle:write'],
    summary: 'Delete the rate of an action in a portal',
    description: "Its lanes get the rate of the steps' own fields, or the default one.",
    input: ofOne,
    answers: { 204: { description: 'It is deleted' } },
    errors: ['not_found'],
    async run({ pool, config, logger, throttle }: Dependencies, caller, { params }) {
      const action = { portalId: params.portal_id, actionId: params.action_id };
      const fallback = config.THROTTLE_DEFAULT_RATE;
      const { changedLanes } = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const removed = await deleteActionRate(client, caller.workspaceId, action, fallback);
        if (!removed) throw notFound(the.resource);
        note('config.delete', action);
        return removed;
      });
      await throttle.replan(changedLanes);
      return { status: 204 };
    },
  }),
] as const;

function actionRateAnswer(rate: ActionRate) {
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
