import { z } from 'zod';
import { countDeadLetters } from '../../db/outbox/deadLetters.js';
import {
  createRedrive,
  endRedrive,
  findRedrive,
  listRedrives,
  type Redrive,
} from '../../db/outbox/redrives.js';
import { countDryRun } from '../../db/outbox/replay.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import { milliseconds, pageOf, time } from '../http/answers.js';
import { answerOnce } from '../http/answerOnce.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { notFound, pageQuery, portalIdSchema, textSchema, timeSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';
import type { CaptureDependencies } from './captureEvents.js';
import { deadLetterFilter, refuseMissing, totalOf } from './deadLetterFilter.js';
import { EXAMPLE_GROUP, eventGroupSchema } from './deadLetterOperations.js';
import { previewRedrive } from './previewRedrive.js';
import { refuseUnknownFilter } from './refuseUnknownFilter.js';

type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config'> & {
  readonly config: Pick<
    Config,
    'OUTBOX_REDRIVE_PER_SECOND' | 'OUTBOX_BATCH_SIZE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_APP_EVENTS'
  >;
  readonly temporal: Pick<OutboxStarter, 'startRedrive' | 'cancelRedrive'>;
};

const redriveId = z.uuid('is not the id of a redrive');
/** The column is a `real`: it has no room for the smallest of numbers, and nobody waits for a year. */
const perSecond = z.number().min(0.01).max(1000);
const asked = {
  perSecond: perSecond.optional().meta({ description: 'Events a second; default: a setting of the service' }),
  preview: z.boolean().default(false),
};

const redriveSchema = z
  .strictObject({
    id: redriveId,
    kind: z.enum(['dead_letters', 'dry_run']),
    filter: z.looseObject({}).meta({ description: 'As it was asked for' }),
    perSecond: z.number(),
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    total: z.number().int().meta({ description: 'How many there were when it was asked for' }),
    moved: z.number().int(),
    stillInvalid: z.number().int().meta({ description: 'Still not understood: they stay dead letters' }),
    requestedBy: z.string(),
    createdAt: time,
    endedAt: time.nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Redrive' });
const EXAMPLE = {
  id: '9c1f7f0e-0d5c-4a2e-9d53-6c1f0a2b3c4d',
  kind: 'dead_letters',
  filter: { type: 'nova_earned' },
  perSecond: 50,
  state: 'running',
  total: 1,
  moved: 0,
  stillInvalid: 0,
  requestedBy: 'key:6f1c3f0e-52d5-4a43-8e0a-0a1f2b3c4d5e',
  createdAt: '2027-01-01T09:30:00.000Z',
  endedAt: null,
  reason: null,
};
const began = { description: 'It has begun', body: redriveSchema, example: EXAMPLE };

const planned = z.strictObject({
  total: z.number().int(),
  groups: z.array(eventGroupSchema),
  perSecond: z.number(),
  durationMs: milliseconds,
});
const EXAMPLE_PLAN = { total: 1, groups: [EXAMPLE_GROUP], perSecond: 50, durationMs: 20 };

const the = { tag: 'Dead letters', scopes: ['outbox'], resource: 'redrive' } as const;
const ofOne = { params: z.strictObject({ id: redriveId }) };

/** Sends dead letters again, and events that only ran dry: at a pace, with a preview, and with an end. */
export const REDRIVE_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'redriveDeadLetters',
    method: 'post',
    path: '/api/outbox/redrives',
    summary: 'Send dead letters again',
    description: '`preview: true` says what it would cost and come to, and begins nothing.',
    input: {
      body: z.strictObject({ filter: deadLetterFilter.default({}), ...asked }).meta({ id: 'NewRedrive' }),
    },
    answers: {
      200: {
        description: 'What it would come to (`preview`)',
        body: planned
          .extend({
            calls: z.number().int().meta({ description: 'About so many to HubSpot' }),
            stillInvalid: z.number().int(),
            sampled: z.number().int().meta({ description: 'So many were looked at closely' }),
            reasons: z.array(z.string()),
          })
          .meta({ id: 'RedrivePreview' }),
        example: { ...EXAMPLE_PLAN, calls: 2, stillInvalid: 0, sampled: 1, reasons: [] },
      },
      202: began,
    },
    idempotent: true,
    errors: ['not_found'],
    example: { body: { filter: { type: 'nova_earned' } } },
    async run(deps: Dependencies, caller, { body }) {
      const { pool, config } = deps;
      const { filter, perSecond: pace = config.OUTBOX_REDRIVE_PER_SECOND, preview } = body;
      const { workspaceId } = caller;
      await refuseMissing(forWorkspace(pool, workspaceId), workspaceId, filter);
      const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
      await refuseUnknownFilter(deps, workspaceId, groups, filter);
      const plan = { filter, perSecond: pace, total: totalOf(groups), groups };
      if (preview) return { status: 200, body: await previewRedrive(deps, workspaceId, plan) };
      return begin(deps, caller, 'dead_letters', plan);
    },
  }),

  defineOperation({
    ...the,
    id: 'replayDryRun',
    method: 'post',
    path: '/api/outbox/replays',
    summary: 'Send events that only ran dry',
    description:
      'They were processed without sending (`HUBSPOT_SEND_LIVE=false`). `preview: true` begins nothing.',
    input: {
      body: z
        .strictObject({
          filter: z.strictObject({
            since: timeSchema,
            portalId: portalIdSchema.optional(),
            type: textSchema(200).optional(),
          }),
          ...asked,
        })
        .meta({ id: 'NewReplay' }),
    },
    answers: {
      200: {
        description: 'What it would come to (`preview`)',
        body: planned.meta({ id: 'ReplayPreview' }),
        example: EXAMPLE_PLAN,
      },
      202: began,
    },
    idempotent: true,
    errors: ['not_found'],
    example: { body: { filter: { since: '2027-01-01T00:00:00Z' } } },
    async run(deps: Dependencies, caller, { body }) {
      const { filter, perSecond: pace = deps.config.OUTBOX_REDRIVE_PER_SECOND, preview } = body;
      const { workspaceId } = caller;
      const groups = await countDryRun(forWorkspace(deps.pool, workspaceId), workspaceId, filter);
      await refuseUnknownFilter(deps, workspaceId, groups, filter);
      const plan = { total: totalOf(groups), groups, perSecond: pace };
      if (preview)
        return { status: 200, body: { ...plan, durationMs: Math.ceil((plan.total / pace) * 1000) } };
      return begin(deps, caller, 'dry_run', { ...plan, filter });
    },
  }),

  defineOperation({
    ...the,
    id: 'listRedrives',
    method: 'get',
    path: '/api/outbox/redrives',
    summary: 'List redrives and replays, the newest first',
    input: { query: z.strictObject(pageQuery(redriveId)) },
    answers: {
      200: {
        description: 'A page of them',
        body: pageOf(redriveSchema).meta({ id: 'RedrivePage' }),
        example: { items: [EXAMPLE], next: null },
      },
    },
    errors: [],
    async run({ pool }: Dependencies, { workspaceId }, { query: { after, limit } }) {
      const db = forWorkspace(pool, workspaceId);
      const { items, next } = await readPage(
        limit,
        (max) => listRedrives(db, workspaceId, { after, limit: max }),
        ({ id }) => id,
      );
      return { status: 200, body: { items: items.map(redriveAnswer), next } };
    },
  }),

  defineOperation({
    ...the,
    id: 'showRedrive',
    method: 'get',
    path: '/api/outbox/redrives/{id}',
    summary: 'Show how far a redrive is',
    input: ofOne,
    answers: { 200: { description: 'The redrive', body: redriveSchema, example: EXAMPLE } },
    errors: ['not_found'],
    async run({ pool }: Dependencies, caller, { params: { id } }) {
      return { status: 200, body: redriveAnswer(await redriveOf(pool, caller, id)) };
    },
  }),

  defineOperation({
    ...the,
    id: 'cancelRedrive',
    method: 'post',
    path: '/api/outbox/redrives/{id}/cancel',
    summary: 'End a redrive that runs',
    description: 'What had been moved by then stays on its way.',
    input: ofOne,
    answers: {
      202: { description: 'The redrive', body: redriveSchema, example: { ...EXAMPLE, state: 'cancelled' } },
    },
    errors: ['not_found', 'conflict'],
    async run({ pool, logger, temporal }: Dependencies, caller, { params }) {
      const { id, state } = await redriveOf(pool, caller, params.id);
      if (state !== 'running')
        throw new AppError('conflict', `This redrive is ${state}; only one that runs can be cancelled`);
      await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
        const reason = 'It was cancelled; what had been moved by then stays on its way';
        if (await endRedrive(client, id, 'cancelled', reason))
          note('outbox.redrive.cancel', { redriveId: id });
      });
      crashPoint('outbox.redrive.cancelled');
      // Its row is what rules: the next page finds it ended. The workflow is only told so that it need not wait for
      // that.
      await temporal.cancelRedrive(id).catch((error: unknown) => {
        logger.warn('A redrive that was cancelled could not be told; its next page ends it', {
          redriveId: id,
          error,
        });
      });
      return { status: 202, body: redriveAnswer(await redriveOf(pool, caller, id)) };
    },
  }),
] as const;

async function redriveOf(pool: Pool, { workspaceId }: Caller, id: string): Promise<Redrive> {
  const found = await findRedrive(forWorkspace(pool, workspaceId), workspaceId, id);
  if (!found) throw notFound(the.resource);
  return found;
}

const redriveAnswer = ({ filter, ...redrive }: Redrive) => ({
  ...redrive,
  filter: filter as Readonly<Record<string, unknown>>,
});

interface Plan {
  readonly filter: { readonly ids?: readonly string[] | undefined; readonly portalId?: number | undefined };
  readonly perSecond: number;
  readonly total: number;
}

/** Commits a redrive with its audit entry, then starts its workflow. */
async function begin(
  { pool, logger, temporal }: Dependencies,
  caller: Caller,
  kind: Redrive['kind'],
  { filter, perSecond: pace, total }: Plan,
) {
  const { workspaceId, actor: requestedBy } = caller;
  const { answer } = await answerOnce({ pool, logger }, caller, async (client, note) => {
    const wanted = { kind, filter, perSecond: pace, total, requestedBy };
    const made = await createRedrive(client, workspaceId, wanted);
    note(kind === 'dry_run' ? 'outbox.replay' : 'outbox.redrive', {
      portalId: filter.portalId,
      redriveId: made.id,
      filter: { ...filter, ids: filter.ids?.length },
      perSecond: pace,
      total,
    });
    return { answer: { status: 202 as const, body: redriveAnswer(made) } };
  });
  crashPoint('outbox.redrive.committed');
  const { id: begun } = answer.body;
  await temporal.startRedrive({ workspaceId, redriveId: begun }).catch((error: unknown) => {
    logger.warn('A redrive could not be started; the reconciler starts it', { redriveId: begun, error });
  });
  return answer;
}
