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
import { callerOf, inAuditedTransaction } from '../http/auditRequest.js';
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

/** What an operator does to one execution. */
interface Operation {
  readonly name: string;
  /** In the words of its refusal: only an execution that is `needs` can be `done`. */
  readonly done: string;
  readonly needs: string;
  /** Undefined when the execution is not in a state that allows it. */
  readonly act: (
    client: Queryable,
    workspaceId: string,
    id: string,
  ) => Promise<{ laneId: string } | undefined>;
  /** What the throttle does with its lane after the commit. */
  readonly then: (lane: LaneId) => Promise<void> | void;
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

  /**
   * Answers a conflict, with the state of the execution, when the operation did not find it in a state that allows it.
   */
  async function change(request: Request, response: Response, operation: Operation): Promise<void> {
    const { id, portalId } = await executionOf(request);
    const { workspaceId } = apiKeyOf(request);
    const { name, done, needs, act, then } = operation;
    const changed = await inAuditedTransaction({ pool, logger }, callerOf(request), async (client, note) => {
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
    // A body that could not be understood may contain anything, personal data too.
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
    await change(request, response, {
      name: 'cancel',
      done: 'cancelled',
      needs: 'waiting',
      act: cancelExecution,
      then: throttle.wakeEnding,
    });
  });

  /** To the head of its lane: it takes the next place of the window. The rate is not overridden. */
  router.post('/:id/release', requireScope('throttle:write'), async (request, response) => {
    await change(request, response, {
      name: 'release',
      done: 'released',
      needs: 'waiting',
      act: moveToHead,
      then: (lane) => throttle.replan([lane]),
    });
  });

  /** The same execution once more, at the end of its lane, in a workflow of its own. */
  router.post('/:id/retry', requireScope('throttle:write'), async (request, response) => {
    const times = { guardMs: config.THROTTLE_EXPIRY_GUARD_MS, renewMs: config.THROTTLE_BLOCK_MIN_MS };
    await change(request, response, {
      name: 'retry',
      done: 'sent again',
      needs: RETRIABLE_STATES.join(' or '),
      act: (client, workspaceId, id) => retryExecution(client, workspaceId, id, times),
      then: throttle.startLane,
    });
  });

  return router;
}

function stateInWords({ state, endRequested }: ExecutionView): string {
  return endRequested && state === 'waiting' ? `about to end as ${endRequested}` : state;
}
