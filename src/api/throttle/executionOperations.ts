import { createHash } from 'node:crypto';
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
import { findLane } from '../../db/throttle/laneViews.js';
import { EXECUTION_STATES, RETRIABLE_STATES } from '../../domain/throttle/executionStates.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { pageOf } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { callFilters } from '../http/callFilters.js';
import { idSchema, notFound, pageQuery, portalIdSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';
import {
  EXAMPLE_EXECUTION,
  EXAMPLE_EXECUTION_DETAIL,
  executionDetailSchema,
  executionSchema,
} from './executionAnswers.js';
import type { ThrottleControl } from './throttleControl.js';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<
    Config,
    'THROTTLE_MIN_HOLD_MS' | 'THROTTLE_EXPIRY_GUARD_MS' | 'THROTTLE_BLOCK_MIN_MS'
  >;
  readonly logger: Logger;
  readonly throttle: ThrottleControl;
}

const the = { tag: 'Executions', resource: 'execution' } as const;
const ofOne = { params: z.strictObject({ id: idSchema }) };
const changed = {
  input: ofOne,
  answers: {
    202: {
      description: 'The execution, which will do so',
      body: executionDetailSchema,
      example: EXAMPLE_EXECUTION_DETAIL,
    },
  },
  errors: ['not_found', 'conflict'],
} as const;

/** What a workspace sees and changes of its executions. */
export const EXECUTION_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listExecutions',
    method: 'get',
    path: '/api/executions',
    scopes: ['throttle:read'],
    summary: 'List executions, the newest first',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        laneId: idSchema.optional(),
        state: z.enum(EXECUTION_STATES).optional(),
        ...callFilters,
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of executions',
        body: pageOf(executionSchema).meta({ id: 'ExecutionPage' }),
        example: { items: [EXAMPLE_EXECUTION], next: '299' },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query: { limit, ...filter } }) {
      const page = await readPage(
        limit,
        (max) => listExecutions(pool, workspaceId, { ...filter, limit: max }),
        (last) => last.id,
      );
      await refuseUnknownPortal(pool, workspaceId, page.items, filter.portalId);
      const { laneId } = filter;
      if (page.items.length === 0 && laneId !== undefined && !(await findLane(pool, workspaceId, laneId)))
        throw notFound(`lane ${laneId}`);
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'showExecution',
    method: 'get',
    path: '/api/executions/{id}',
    scopes: ['throttle:read'],
    summary: 'Show an execution, and when its turn comes',
    description:
      'Of one that was rejected `payload` says how long its body was. `payload=true` shows the body, which may hold anything: it needs the scope admin.',
    input: { ...ofOne, query: z.strictObject({ payload: z.stringbool().default(false) }) },
    answers: {
      200: { description: 'The execution', body: executionDetailSchema, example: EXAMPLE_EXECUTION_DETAIL },
    },
    errors: ['not_found'],
    async run(deps: Dependencies, caller, { params, query: { payload: wantsBody } }) {
      const { pool } = deps;
      const execution = await executionOf(pool, caller, params.id);
      const described = await describe(deps, caller, execution);
      if (execution.state !== 'rejected') return { status: 200, body: described };
      if (wantsBody && !caller.key.scopes.includes('admin'))
        throw new AppError('forbidden', 'The payload needs a key with the scope admin');
      const body = await rejectedPayload(pool, caller.workspaceId, execution.id);
      const payload = body && {
        bytes: body.length,
        sha256: createHash('sha256').update(body).digest('hex'),
        ...(wantsBody && { base64: body.toString('base64') }),
      };
      return { status: 200, body: { ...described, payload: payload ?? null } };
    },
  }),

  defineOperation({
    ...{ ...the, ...changed },
    id: 'cancelExecution',
    method: 'post',
    path: '/api/executions/{id}/cancel',
    scopes: ['throttle:write'],
    summary: 'Cancel an execution that waits',
    run: (deps: Dependencies, caller, { params: { id } }) =>
      change(deps, caller, id, {
        name: 'cancel',
        done: 'cancelled',
        needs: 'waiting',
        act: cancelExecution,
        then: deps.throttle.wakeEnding,
      }),
  }),

  defineOperation({
    ...{ ...the, ...changed },
    id: 'releaseExecution',
    method: 'post',
    path: '/api/executions/{id}/release',
    scopes: ['throttle:write'],
    summary: 'Move an execution that waits to the head of its lane',
    description: 'It takes the next place of the window. The rate is not overridden.',
    run: (deps: Dependencies, caller, { params: { id } }) =>
      change(deps, caller, id, {
        name: 'release',
        done: 'released',
        needs: 'waiting',
        act: moveToHead,
        then: (lane) => deps.throttle.replan([lane]),
      }),
  }),

  defineOperation({
    ...{ ...the, ...changed },
    id: 'retryExecution',
    method: 'post',
    path: '/api/executions/{id}/retry',
    scopes: ['throttle:write'],
    summary: 'Send an execution again that is failed or gone',
    description: 'At the end of its lane, in a workflow of its own.',
    run: (deps: Dependencies, caller, { params: { id } }) => {
      const { THROTTLE_EXPIRY_GUARD_MS: guardMs, THROTTLE_BLOCK_MIN_MS: renewMs } = deps.config;
      return change(deps, caller, id, {
        name: 'retry',
        done: 'sent again',
        needs: RETRIABLE_STATES.join(' or '),
        act: (client, workspaceId, one) => retryExecution(client, workspaceId, one, { guardMs, renewMs }),
        then: deps.throttle.startLane,
      });
    },
  }),
] as const;

async function executionOf(pool: Pool, { workspaceId }: Caller, id: string): Promise<ExecutionView> {
  const execution = await findExecution(pool, workspaceId, id);
  if (!execution) throw notFound(the.resource);
  return execution;
}

async function describe({ pool, config }: Dependencies, { workspaceId }: Caller, execution: ExecutionView) {
  const outlook =
    execution.state === 'waiting'
      ? await outlookOf(pool, workspaceId, execution.id, config.THROTTLE_MIN_HOLD_MS)
      : undefined;
  return { ...execution, position: null, eta: null, etaMs: null, ...outlook };
}

/** What an operator does to one execution. */
interface Change {
  readonly name: 'cancel' | 'release' | 'retry';
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

/** Answers a conflict, with the state of the execution, when it is not in a state that allows the change. */
async function change(
  deps: Dependencies,
  caller: Caller,
  of: string,
  { name, done, needs, act, then }: Change,
) {
  const { pool, logger } = deps;
  const { workspaceId } = caller;
  const { id, portalId } = await executionOf(pool, caller, of);
  const acted = await inAuditedTransaction({ pool, logger }, caller, async (client, note) => {
    const did = await act(client, workspaceId, id);
    if (did) note(`execution.${name}`, { executionId: id, portalId, laneId: did.laneId });
    return did;
  });
  const now = await executionOf(pool, caller, id);
  if (!acted)
    throw new AppError(
      'conflict',
      `This execution is ${stateInWords(now)}; only one that is ${needs} can be ${done}`,
    );
  await then({ workspaceId, laneId: acted.laneId });
  return { status: 202 as const, body: await describe(deps, caller, now) };
}

function stateInWords({ state, endRequested }: ExecutionView): string {
  return endRequested && state === 'waiting' ? `about to end as ${endRequested}` : state;
}
