import { createHash } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import type { Config } from '../../platform/config/config.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { cancelExecution, moveToHead, retryExecution } from '../../db/throttle/executionChanges.js';
import {
  findExecution,
  listExecutions,
  outlookOf,
  rejectedPayload,
  type ExecutionView,
} from '../../db/throttle/executionViews.js';
import type { LaneId } from '../../db/throttle/lanes.js';
import { EXECUTION_STATES, RETRIABLE_STATES } from '../../domain/throttle/executionStates.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { apiKeyOf, requireScope } from '../http/authenticate.js';
import { idSchema, limitSchema, notFound, parseInput, pathId, portalIdSchema } from '../http/input.js';
import { readPage } from '../http/page.js';
import type { ThrottleControl } from './throttleControl.js';

const listSchema = z.strictObject({
  portalId: portalIdSchema.optional(),
  laneId: idSchema.optional(),
  state: z.enum(EXECUTION_STATES).optional(),
  after: idSchema.optional(),
  limit: limitSchema(200, 50),
});
const showSchema = z.strictObject({ payload: z.stringbool().default(false) });

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<
    Config,
    'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_EXPIRY_GUARD_MS' | 'THROTTLE_BLOCK_MIN_MS'
  >;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

export function executionsRouter({ pool, config, logger, throttle }: Dependencies): Router {
  const router = Router();

  async function executionOf(request: Request): Promise<ExecutionView> {
    const execution = await findExecution(
      pool,
      apiKeyOf(request).workspaceId,
      pathId(request, 'id', 'execution'),
    );
    if (!execution) throw notFound('execution');
    return execution;
  }

  async function describe(request: Request, execution: ExecutionView) {
    const outlook =
      execution.state === 'waiting'
        ? await outlookOf(pool, apiKeyOf(request).workspaceId, execution.id, config.THROTTLE_MIN_HOLD_MS)
        : undefined;
    return { ...execution, position: null, eta: null, etaMs: null, ...outlook };
  }

  /** One that waits is changed by `act`; otherwise the answer is a conflict that says in which state it is. */
  async function change(
    request: Request,
    response: Response,
    operation: { name: string; done: string; needs: string; then: (lane: LaneId) => Promise<void> | void },
    act: (client: Queryable, workspaceId: string, id: string) => Promise<{ laneId: string } | undefined>,
  ): Promise<void> {
    const { id, portalId } = await executionOf(request);
    const { workspaceId } = apiKeyOf(request);
    const { name, done, needs, then } = operation;
    const changed = await inAuditedTransaction({ pool, logger }, request, async (client, note) => {
      const acted = await act(client, workspaceId, id);
      if (acted) note(`execution.${name}`, { executionId: id, portalId, laneId: acted.laneId });
      return acted;
    });
    const now = await executionOf(request);
    if (!changed)
      throw new AppError(
        'conflict',
        `This execution is ${stateInWords(now)}; only one that is ${needs} can be ${done}`,
      );
    await then({ workspaceId, laneId: changed.laneId });
    response.status(202).json(await describe(request, now));
  }

  router.get('/', requireScope('throttle:read'), async (request, response) => {
    const { limit, ...filter } = parseInput(listSchema, request.query);
    const { workspaceId } = apiKeyOf(request);
    const page = await readPage(
      limit,
      (max) => listExecutions(pool, workspaceId, { ...filter, limit: max }),
      (last) => last.id,
    );
    response.json(page);
  });

  router.get('/:id', requireScope('throttle:read'), async (request, response) => {
    const { payload: wantsBody } = parseInput(showSchema, request.query);
    const execution = await executionOf(request);
    if (execution.state !== 'rejected') return void response.json(await describe(request, execution));
    // What could not be understood may hold anything, personal data too.
    if (wantsBody && !apiKeyOf(request).scopes.includes('admin'))
      throw new AppError('forbidden', 'The payload needs a key with the scope admin');
    const body = await rejectedPayload(pool, apiKeyOf(request).workspaceId, execution.id);
    const payload = body && {
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
      ...(wantsBody && { base64: body.toString('base64') }),
    };
    response.json({ ...(await describe(request, execution)), payload: payload ?? null });
  });

  router.post('/:id/cancel', requireScope('throttle:write'), async (request, response) => {
    const operation = { name: 'cancel', done: 'cancelled', needs: 'waiting', then: throttle.wakeEnding };
    await change(request, response, operation, cancelExecution);
  });

  /** To the head of its lane: it takes the next place of the window. The rate is not overridden. */
  router.post('/:id/release', requireScope('throttle:write'), async (request, response) => {
    const then = (lane: LaneId): Promise<void> => throttle.replan([lane]);
    const operation = { name: 'release', done: 'released', needs: 'waiting', then };
    await change(request, response, operation, moveToHead);
  });

  /** The same execution once more, at the end of its lane, in a workflow of its own. */
  router.post('/:id/retry', requireScope('throttle:write'), async (request, response) => {
    const operation = {
      name: 'retry',
      done: 'sent again',
      needs: RETRIABLE_STATES.join(' or '),
      then: throttle.startLane,
    };
    const times = { guardMs: config.THROTTLE_EXPIRY_GUARD_MS, renewMs: config.THROTTLE_BLOCK_MIN_MS };
    await change(request, response, operation, (client, workspaceId, id) =>
      retryExecution(client, workspaceId, id, times),
    );
  });

  return router;
}

function stateInWords({ state, endRequested }: ExecutionView): string {
  return endRequested && state === 'waiting' ? `about to end as ${endRequested}` : state;
}
