import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Pool } from '../../db/pool.js';
import { changeLane, drainLane } from '../../db/throttle/laneChanges.js';
import { BEYOND_BLOCK } from '../../db/throttle/lanes.js';
import { findLane, listLanes, lockLaneSettings, type LaneView } from '../../db/throttle/laneViews.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { ETAG, ifMatchHeaders, requireMatch } from '../http/entityTag.js';
import { changing, idSchema, notFound, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import { EXAMPLE_LANE, laneAnswer, laneSchema, laneTag, rateSchema } from './laneAnswers.js';
import type { ThrottleControl } from './throttleControl.js';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'THROTTLE_DEFAULT_RATE'>;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

const ofOne = { params: z.strictObject({ id: idSchema }) };
const the = { tag: 'Lanes', resource: 'lane', exampleParams: { id: EXAMPLE_LANE.id } } as const;
const answersLane = {
  200: { description: 'The lane', headers: ETAG, body: laneSchema, example: EXAMPLE_LANE },
};

async function laneOf(pool: Pool, workspaceId: string, id: string): Promise<LaneView> {
  const lane = await findLane(pool, workspaceId, id);
  if (!lane) throw notFound(the.resource);
  return lane;
}

const shown = (lane: LaneView) => ({
  status: 200 as const,
  headers: { etag: laneTag(lane) },
  body: laneAnswer(lane),
});

/** What a workspace sees and changes of its lanes. */
export const LANE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listLanes',
    method: 'get',
    path: '/api/lanes',
    scopes: ['throttle:read'],
    summary: 'List lanes',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        ...pageQuery(idSchema, 100),
      }),
    },
    answers: {
      200: {
        description: 'A page of lanes, in the order in which they were made',
        body: pageOf(laneSchema).meta({ id: 'LanePage' }),
        example: { items: [EXAMPLE_LANE], next: null },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query: { portalId, after, limit } }) {
      const { items, next } = await readPage(
        limit,
        (max) => listLanes(pool, workspaceId, { portalId, after, limit: max }),
        (last) => last.id,
      );
      await refuseUnknownPortal(pool, workspaceId, items, portalId);
      return { status: 200, body: { items: items.map(laneAnswer), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showLane',
    method: 'get',
    path: '/api/lanes/{id}',
    scopes: ['throttle:read'],
    summary: 'Show a lane',
    input: ofOne,
    answers: answersLane,
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { params: { id } }) {
      return shown(await laneOf(pool, workspaceId, id));
    },
  }),

  defineOperation({
    ...the,
    id: 'changeLane',
    method: 'patch',
    path: '/api/lanes/{id}',
    scopes: ['throttle:write'],
    summary: 'Change the rate, a pause or the settings of a lane',
    description:
      'What is not named stays as it is. `rate: null` takes the own rate away. A new rate holds at once for all that wait.',
    input: {
      ...ofOne,
      headers: ifMatchHeaders,
      body: changing({
        rate: rateSchema.nullable(),
        spread: z.boolean(),
        paused: z.union(
          [z.boolean(), z.strictObject({ reason: textSchema(500) })],
          'must be true, false, or {"reason": "…"}',
        ),
        maxPerWorkflow: z.number().int().min(1).max(100).nullable(),
        beyondBlock: z.enum(BEYOND_BLOCK),
      }).meta({ id: 'LaneChange' }),
    },
    answers: answersLane,
    errors: ['not_found', 'precondition_failed'],
    example: { body: { rate: { limit: 200, intervalMs: 5000 } } },
    async run({ pool, config, logger, throttle }: Dependencies, caller, { params: { id }, headers, body }) {
      const { paused, ...change } = body;
      const { 'if-match': ifMatch } = headers;
      const { workspaceId } = caller;
      const pause = paused === true ? { reason: null } : paused;
      await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const fallback = config.THROTTLE_DEFAULT_RATE;
        if (ifMatch !== undefined) {
          const now = await lockLaneSettings(client, workspaceId, id);
          if (now) requireMatch(ifMatch, laneTag(now), the.resource);
        }
        const lane = await changeLane(client, workspaceId, id, { ...change, paused: pause }, fallback);
        if (!lane) throw notFound(the.resource);
        // Without the reason: people may write anything there.
        const changed = { ...change, ...(paused !== undefined && { paused: paused !== false }) };
        note('lane.change', { portalId: lane.portalId, laneId: id, change: changed });
      });
      // A pause needs no plan and no waking: a workflow that looks at a paused lane waits. The other settings are read
      // when they are next used.
      if (change.rate !== undefined || change.spread !== undefined || paused === false)
        await throttle.replan([{ workspaceId, laneId: id }]);
      return shown(await laneOf(pool, workspaceId, id));
    },
  }),

  defineOperation({
    ...the,
    id: 'drainLane',
    method: 'post',
    path: '/api/lanes/{id}/drain',
    scopes: ['throttle:write'],
    summary: 'End all executions that wait in a lane now',
    description:
      '`cancelled` completes each with FAIL_CONTINUE and `sluice_status=cancelled`. `released` completes each as released at once, outside of the window: only an explicit order overrides the rate.',
    input: {
      ...ofOne,
      body: z.strictObject({ as: z.enum(['released', 'cancelled']) }).meta({ id: 'Drain' }),
    },
    answers: {
      202: {
        description: 'So many executions end',
        body: z
          .strictObject({
            laneId: idSchema,
            as: z.enum(['released', 'cancelled']),
            drained: z.number().int(),
          })
          .meta({ id: 'Drained' }),
        example: { laneId: EXAMPLE_LANE.id, as: 'cancelled', drained: 250 },
      },
    },
    errors: ['not_found'],
    example: { body: { as: 'cancelled' } },
    async run({ pool, logger, throttle }: Dependencies, caller, { params, body: { as } }) {
      const { id: laneId, portalId } = await laneOf(pool, caller.workspaceId, params.id);
      const lane = { workspaceId: caller.workspaceId, laneId };
      let batches = 0;
      const drained = await drainLane(pool, lane, {
        as,
        transact: (mark) =>
          inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
            const batch = await mark(client);
            const { marked: executions } = batch;
            if (executions > 0 || batches === 0)
              note('lane.drain', { laneId, portalId, as, executions, outsideOfWindow: as === 'released' });
            batches += 1;
            return batch;
          }),
      });
      await throttle.wakeEnding(lane);
      return { status: 202, body: { laneId, as, drained } };
    },
  }),
] as const;
