import { Router, type Request } from 'express';
import { z } from 'zod';
import { countDeadLetters } from '../../db/outbox/deadLetters.js';
import { createRedrive, endRedrive, findRedrive, listRedrives } from '../../db/outbox/redrives.js';
import { countDryRun } from '../../db/outbox/replay.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { OutboxStarter } from '../../temporal/outbox/starter.js';
import { actorOf, callerOf, inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { limitSchema, notFound, parseInput, portalIdSchema, textSchema, timeSchema } from '../http/input.js';
import type { CaptureDependencies } from './captureEvents.js';
import { deadLetterFilter, refuseMissing, totalOf } from './deadLetterFilter.js';
import { previewRedrive } from './previewRedrive.js';

const paceSchema = z.number().positive().max(1000).optional();
const redriveSchema = z.strictObject({
  filter: deadLetterFilter.default({}),
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
type Dependencies = Omit<CaptureDependencies, 'wakeDeliveries' | 'config'> & {
  readonly config: Pick<
    Config,
    'OUTBOX_REDRIVE_PER_SECOND' | 'OUTBOX_BATCH_SIZE' | 'HUBSPOT_PORTAL_ID' | 'HUBSPOT_APP_EVENTS'
  >;
  readonly temporal: Pick<OutboxStarter, 'startRedrive' | 'cancelRedrive'>;
};

/** Sends dead letters again, and events that only ran dry: at a pace, with a preview, and with an end. */
export function redrivesRouter(deps: Dependencies): Router {
  const router = Router();
  const { pool, logger, config } = deps;
  const begin = beginner(deps);

  router.post('/redrives', requireScope('outbox'), async (request, response) => {
    const {
      filter,
      perSecond = config.OUTBOX_REDRIVE_PER_SECOND,
      preview,
    } = parseInput(redriveSchema, request.body);
    const { workspaceId } = apiKeyOf(request);
    await refuseMissing(forWorkspace(pool, workspaceId), workspaceId, filter);
    const groups = await countDeadLetters(forWorkspace(pool, workspaceId), workspaceId, filter);
    const total = totalOf(groups);
    if (preview)
      return void response.json(
        await previewRedrive(deps, workspaceId, { filter, perSecond, total, groups }),
      );
    response.status(202).json(await begin(request, 'dead_letters', filter, perSecond, total));
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
    await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
      const reason = 'It was cancelled; what had been moved by then stays on its way';
      if (await endRedrive(client, id, 'cancelled', reason)) note('outbox.redrive.cancel', { redriveId: id });
    });
    crashPoint('outbox.redrive.cancelled');
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

  return router;
}

type Kind = 'dead_letters' | 'dry_run';
interface Filter {
  readonly ids?: readonly string[] | undefined;
  readonly portalId?: number | undefined;
}

/** Commits a redrive with its audit entry, then starts its workflow. */
function beginner({ pool, logger, temporal }: Dependencies) {
  return async (request: Request, kind: Kind, filter: Filter, perSecond: number, total: number) => {
    const { workspaceId } = apiKeyOf(request);
    const redrive = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
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
    crashPoint('outbox.redrive.committed');
    await temporal.startRedrive({ workspaceId, redriveId: redrive.id }).catch((error: unknown) => {
      logger.warn('A redrive could not be started; the reconciler starts it', {
        redriveId: redrive.id,
        error,
      });
    });
    return redrive;
  };
}
