import { Router, type Request } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import {
  countDeadLetters,
  discardDeadLetters,
  listDeadLetters,
  lockDeadLetters,
} from '../../db/outbox/deadLetters.js';
import { createRedrive, endRedrive, findRedrive, listRedrives } from '../../db/outbox/redrives.js';
import { countDryRun } from '../../db/outbox/replay.js';
import { forWorkspace, inWorkspace } from '../../db/tenant.js';
import { AppError } from '../../platform/errors.js';
import { revalidate } from '../../services/outbox/revalidate.js';
import { callsFor } from './callsFor.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import { actorOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import {
  idSchema,
  limitSchema,
  notFound,
  parseInput,
  portalIdSchema,
  textSchema,
  timeSchema,
} from '../http/input.js';
import type { CaptureDependencies } from './captureEvents.js';

const MAX_IDS = 1000;
const DISCARDED_AT_ONCE = 1000;
const SAMPLE = 200;

const filterSchema = z.strictObject({
  ids: z.array(idSchema).min(1).max(MAX_IDS).optional(),
  portalId: portalIdSchema.optional(),
  type: textSchema(200).optional(),
  state: z.enum(['dead', 'invalid', 'discarded']).optional(),
  errorClass: textSchema(50).optional(),
  since: timeSchema.optional(),
});
const paceSchema = z.number().positive().max(1000).optional();
const redriveSchema = z.strictObject({
  filter: filterSchema.default({}),
  perSecond: paceSchema,
  preview: z.boolean().default(false),
});
const replaySchema = z.strictObject({
  filter: z.strictObject({
    since: timeSchema,
    portalId: portalIdSchema.optional(),
    type: textSchema(200).optional(),
  }),
  perSecond: paceSchema,
  preview: z.boolean().default(false),
});
const discardSchema = z.strictObject({
  filter: filterSchema,
  reason: textSchema(500),
  preview: z.boolean().default(false),
});
const listSchema = filterSchema
  .omit({ ids: true })
  .extend({ after: idSchema.optional(), limit: limitSchema(200, 50) });

type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config'> & {
  readonly config: Pick<
    Config,
    'OUTBOX_REDRIVE_PER_SECOND' | 'OUTBOX_BATCH_SIZE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_APP_EVENTS'
  >;
  readonly temporal: Pick<OutboxStarter, 'startRedrive' | 'cancelRedrive'>;
};

/** Dead letters: what they are, and what an operator can do with them. */
export function deadLettersRouter(deps: Dependencies): Router {
  const router = Router();
  const { pool, logger, config } = deps;

  router.get('/dead-letters', requireScope('outbox'), async (request, response) => {
    const { after, limit, ...filter } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const db = forWorkspace(pool, workspaceId);
    const items = await listDeadLetters(db, workspaceId, filter, { after, limit });
    const groups = await countDeadLetters(db, workspaceId, filter);
    response.json({ items, next: items.length === limit ? items.at(-1)?.id : null, groups });
  });

  router.post('/discards', requireScope('outbox'), async (request, response) => {
    const { filter, reason, preview } = parseInput(discardSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
    if (preview) return void response.json({ total: totalOf(groups), groups });
    let discarded = 0;
    for (;;) {
      const count = await inAuditedTransaction({ pool, logger }, request, async (client, note) => {
        const some = await discardDeadLetters(client, workspaceId, filter, reason, DISCARDED_AT_ONCE);
        // Not the reason: people write what they like there. It stands with the event.
        if (some > 0)
          note('outbox.discard', {
            portalId: filter.portalId,
            filter: { ...filter, ids: filter.ids?.length },
            count: some,
          });
        return some;
      });
      discarded += count;
      if (count < DISCARDED_AT_ONCE) break;
    }
    response.json({ discarded });
  });

  router.post('/redrives', requireScope('outbox'), async (request, response) => {
    const {
      filter,
      perSecond = config.OUTBOX_REDRIVE_PER_SECOND,
      preview,
    } = parseInput(redriveSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
    const total = totalOf(groups);
    if (!preview)
      return void response.status(202).json(await begin(request, 'dead_letters', filter, perSecond, total));
    const sample = await inWorkspace(pool, workspaceId, (client) =>
      lockDeadLetters(client, workspaceId, filter, SAMPLE),
    );
    deps.settings.forget(workspaceId);
    const revalidated = await Promise.all(sample.map((letter) => revalidate(deps, workspaceId, letter)));
    const settings = await deps.settings.of(workspaceId);
    const sound = sample.flatMap((letter, n) => {
      const one = revalidated[n];
      return one?.ok ? [{ ...letter, ...one }] : [];
    });
    const calls = callsFor(sound, {
      ...deps,
      settings,
      batchSize: config.OUTBOX_BATCH_SIZE,
      appEvents: config.HUBSPOT_APP_EVENTS,
    });
    const share = sample.length === 0 ? 0 : total / sample.length;
    response.json({
      total,
      groups,
      perSecond,
      durationMs: Math.ceil((total / perSecond) * 1000),
      calls: Math.ceil(calls * share),
      stillInvalid: Math.round((sample.length - sound.length) * share),
      sampled: sample.length,
      reasons: [...new Set(revalidated.flatMap((one) => (one.ok ? [] : [one.reason])))].slice(0, 10),
    });
  });

  router.post('/replays', requireScope('outbox'), async (request, response) => {
    const {
      filter,
      perSecond = config.OUTBOX_REDRIVE_PER_SECOND,
      preview,
    } = parseInput(replaySchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    const groups = await countDryRun(forWorkspace(pool, workspaceId), workspaceId, filter);
    const total = totalOf(groups);
    if (preview)
      return void response.json({
        total,
        groups,
        perSecond,
        durationMs: Math.ceil((total / perSecond) * 1000),
      });
    response.status(202).json(await begin(request, 'dry_run', filter, perSecond, total));
  });

  router.get('/redrives', requireScope('outbox'), async (request, response) => {
    const { limit } = parseInput(z.strictObject({ limit: limitSchema(200, 50) }), request.query);
    const { workspaceId } = apiKeyOf(request);
    response.json({
      items: await listRedrives(forWorkspace(pool, workspaceId), workspaceId, limit),
      next: null,
    });
  });

  router.get('/redrives/:id', requireScope('outbox'), async (request, response) => {
    response.json(await redriveOf(request));
  });

  router.post('/redrives/:id/cancel', requireScope('outbox'), async (request, response) => {
    const { id, state } = await redriveOf(request);
    if (state !== 'running')
      throw new AppError('conflict', `This redrive is ${state}; only one that runs can be cancelled`);
    const { workspaceId } = apiKeyOf(request);
    await inAuditedTransaction({ pool, logger }, request, async (client, note) => {
      const reason = 'It was cancelled; what had been moved by then stays on its way';
      if (await endRedrive(client, id, 'cancelled', reason)) note('outbox.redrive.cancel', { redriveId: id });
    });
    // Its row is what rules: the next page finds it ended. The workflow is only told so that it need not wait for that.
    await deps.temporal.cancelRedrive(id).catch((error: unknown) => {
      logger.warn('A redrive that was cancelled could not be told; its next page ends it', {
        redriveId: id,
        error,
      });
    });
    response.status(202).json(await findRedrive(forWorkspace(pool, workspaceId), workspaceId, id));
  });

  async function redriveOf(request: Request) {
    const { workspaceId } = apiKeyOf(request);
    const id = z.uuid().safeParse(request.params.id);
    const found = id.success && (await findRedrive(forWorkspace(pool, workspaceId), workspaceId, id.data));
    if (!found) throw notFound('redrive');
    return found;
  }

  async function begin(
    request: Request,
    kind: 'dead_letters' | 'dry_run',
    filter: { readonly ids?: readonly string[] | undefined; readonly portalId?: number | undefined },
    perSecond: number,
    total: number,
  ) {
    const { workspaceId } = apiKeyOf(request);
    const redrive = await inAuditedTransaction({ pool, logger }, request, async (client, note) => {
      const requestedBy = actorOf(request);
      const made = await createRedrive(client, workspaceId, { kind, filter, perSecond, total, requestedBy });
      note(kind === 'dry_run' ? 'outbox.replay' : 'outbox.redrive', {
        portalId: filter.portalId,
        redriveId: made.id,
        filter: { ...filter, ids: filter.ids?.length },
        perSecond,
        total,
      });
      return made;
    });
    await deps.temporal.startRedrive({ workspaceId, redriveId: redrive.id }).catch((error: unknown) => {
      logger.warn('A redrive could not be started; the relay starts it', { redriveId: redrive.id, error });
    });
    return redrive;
  }

  return router;
}

function totalOf(groups: readonly { readonly count: number }[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
