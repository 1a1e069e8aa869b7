import { z } from 'zod';
import { BEYOND_BLOCK } from '../../db/throttle/lanes.js';
import type { LaneSettings, LaneView } from '../../db/throttle/laneViews.js';
import { PORTAL_STATES } from '../../domain/portals/portal.js';
import { describeRate, MAX_INTERVAL_MS, MAX_LIMIT, RATE_SOURCES } from '../../domain/throttle/rate.js';
import { SUSPENSION_REASONS } from '../../domain/throttle/suspension.js';
import { milliseconds, portalId, time } from '../http/answers.js';
import { entityTag } from '../http/entityTag.js';
import { idSchema } from '../http/input.js';

export const rateSchema = z
  .strictObject({
    limit: z.number().int().min(1).max(MAX_LIMIT),
    intervalMs: z.number().int().min(100).max(MAX_INTERVAL_MS),
  })
  .meta({
    id: 'Rate',
    description: 'So many executions in any interval of this length',
    example: { limit: 50, intervalMs: 5000 },
  });

/** A lane as it is answered. */
export const laneSchema = z
  .strictObject({
    id: idSchema,
    portalId,
    key: z.string().meta({ description: 'What its executions have in common: `step:…` or `queue:…`' }),
    queue: z.string().nullable(),
    queueNote: z.string().nullable().meta({ description: "What was done to the queue's name to keep it" }),
    workflowId: z.string().nullable().meta({ description: "HubSpot's workflow" }),
    step: z.string().nullable(),
    actionId: z.string().nullable(),
    rate: rateSchema
      .extend({
        text: z.string(),
        source: z.enum(RATE_SOURCES).meta({ description: 'Who said so' }),
        override: rateSchema.nullable().meta({ description: "The lane's own, set by an operator" }),
      })
      .meta({ id: 'RateInForce' }),
    rateNote: z.string().nullable(),
    spread: z.boolean().meta({ description: 'Whether releases are spread evenly over the interval' }),
    portal: z.strictObject({ state: z.enum(PORTAL_STATES), reason: z.string().nullable() }),
    suspended: z
      .strictObject({
        reason: z.enum(SUSPENSION_REASONS),
        since: time.nullable(),
        nextTryAt: time.nullable(),
      })
      .meta({ id: 'Suspension' })
      .nullable()
      .meta({ description: 'While HubSpot refuses the completions of its portal' }),
    paused: z.strictObject({ at: time, reason: z.string().nullable() }).nullable(),
    maxPerWorkflow: z.number().int().nullable(),
    beyondBlock: z.enum(BEYOND_BLOCK),
    waiting: z.number().int(),
    sending: z.number().int(),
    oldestWaitingMs: milliseconds.nullable(),
    lastEta: time.nullable().meta({
      description:
        'When the rate lets the last one go that waits; null while none waits, the lane is paused, or its portal can be told nothing',
    }),
    lastEtaMs: milliseconds.nullable(),
    window: z
      .strictObject({
        used: z.number().int(),
        free: z.number().int(),
        nextFreeInMs: milliseconds.nullable(),
      })
      .meta({ id: 'WindowUse' }),
  })
  .meta({ id: 'Lane' });

export function laneAnswer(lane: LaneView) {
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
    lastEta: lane.lastEta,
    lastEtaMs: lane.lastEtaMs === null ? null : Math.round(lane.lastEtaMs),
    window: {
      used: lane.windowUsed,
      free: Math.max(0, rateLimit - lane.windowUsed),
      nextFreeInMs: lane.nextFreeInMs === null ? null : Math.max(0, Math.round(lane.nextFreeInMs)),
    },
  };
}

/** Of what is set for a lane and in force there; what waits, and where its window stands, changes all the time. */
export function laneTag(lane: LaneSettings): string {
  const { rateLimit, rateIntervalMs, rateSource, overrideLimit, overrideIntervalMs } = lane;
  const { spread, beyondBlock, maxPerWorkflow, pausedAt, pauseReason } = lane;
  return entityTag([
    ...[rateLimit, rateIntervalMs, rateSource, overrideLimit, overrideIntervalMs],
    ...[spread, beyondBlock, maxPerWorkflow, pausedAt, pauseReason],
  ]);
}

export const EXAMPLE_LANE = {
  id: '17',
  portalId: 41_000_009,
  key: 'step:1001/12',
  queue: null,
  queueNote: null,
  workflowId: '1001',
  step: '12',
  actionId: '33540408',
  rate: { limit: 50, intervalMs: 5000, text: '50 per 5 s', source: 'input', override: null },
  rateNote: null,
  spread: false,
  portal: { state: 'active', reason: null },
  suspended: null,
  paused: null,
  maxPerWorkflow: null,
  beyondBlock: 'refuse',
  waiting: 250,
  sending: 0,
  oldestWaitingMs: 4200,
  lastEta: '2027-01-01T09:30:25.000Z',
  lastEtaMs: 20_800,
  window: { used: 50, free: 0, nextFreeInMs: 800 },
};
