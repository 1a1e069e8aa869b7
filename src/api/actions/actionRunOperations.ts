import { z } from 'zod';
import { cancelRun } from '../../db/actions/runs.js';
import { findRun, listRuns, retryRun, type FoundRun, type RunView } from '../../db/actions/runViews.js';
import type { Pool } from '../../db/pool.js';
import type { KeptInput, KeptResult } from '../../domain/actions/runResult.js';
import { RUN_STATES } from '../../domain/actions/runStates.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { ActionsByName } from '../../sdk/actions/action.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { ActionRunStarter } from '../../temporal/actions/starter.js';
import { pageOf, portalId, time } from '../http/answers.js';
import { inAuditedTransaction } from '../http/auditRequest.js';
import { callFilters } from '../http/callFilters.js';
import { idSchema, notFound, pageQuery, portalIdSchema, textSchema } from '../http/input.js';
import { defineOperation, type Caller } from '../http/operation.js';
import { readPage } from '../http/page.js';
import { refuseUnknownPortal } from '../portals/refuseUnknownPortal.js';

interface Dependencies {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly sealing: Sealing;
  readonly temporal: ActionRunStarter;
  readonly actions: ActionsByName;
}

const runSchema = z
  .strictObject({
    id: idSchema,
    portalId,
    action: z.string(),
    version: z.number().int().meta({ description: 'Of the definition that took the call' }),
    callbackId: z.string(),
    source: z.string(),
    objectId: z.string().nullable().meta({ description: 'The record at HubSpot' }),
    state: z.enum(RUN_STATES),
    errorCode: z.string().nullable(),
    reason: z.string().nullable(),
    attempts: z.number().int().meta({ description: 'Tries of the handler' }),
    doubts: z.number().int().meta({ description: 'Effects of `once` that were done again in doubt' }),
    receivedAt: time,
    giveUpAt: time.meta({ description: 'Then it is not tried any more' }),
    expiresAt: time.meta({ description: 'When HubSpot gives the record up' }),
    endedAt: time.nullable(),
  })
  .meta({ id: 'ActionRun' });
const runDetailSchema = runSchema
  .extend({
    input: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "The step's fields as HubSpot sent them; null: not asked for, or erased" }),
    outputs: z.record(z.string(), z.string()).nullable(),
    error: z.string().nullable().meta({ description: 'What the handler threw last' }),
  })
  .meta({ id: 'ActionRunDetail' });

const EXAMPLE = {
  id: '41',
  portalId: 41_000_009,
  action: 'greet',
  version: 1,
  callbackId: 'ap-41000009-2000000000300-12-0',
  source: 'WORKFLOWS',
  objectId: '90210',
  state: 'completed',
  errorCode: null,
  reason: null,
  attempts: 1,
  doubts: 0,
  receivedAt: '2027-01-01T09:30:00.000Z',
  giveUpAt: '2027-01-02T09:30:00.000Z',
  expiresAt: '2027-01-08T09:30:00.000Z',
  endedAt: '2027-01-01T09:30:01.200Z',
} as const;
const EXAMPLE_DETAIL = { ...EXAMPLE, input: null, outputs: null, error: null };

const the = { tag: 'Actions', resource: 'run' } as const;
const ofOne = { params: z.strictObject({ id: idSchema }) };
const changed = {
  input: ofOne,
  answers: {
    202: { description: 'The run, which will do so', body: runDetailSchema, example: EXAMPLE_DETAIL },
  },
  errors: ['not_found', 'conflict'],
} as const;
/** A retry is for people: they look whether it works. */
const RETRIED_FOR_MS = 3_600_000;

/** What a workspace sees and changes of runs of its actions. */
export const ACTION_RUN_OPERATIONS = [
  defineOperation({
    ...the,
    id: 'listActionRuns',
    method: 'get',
    path: '/api/actions/runs',
    scopes: ['throttle:read'],
    summary: 'List runs of actions, the newest first',
    input: {
      query: z.strictObject({
        portalId: portalIdSchema.optional(),
        action: textSchema(50).optional(),
        state: z.enum(RUN_STATES).optional(),
        ...callFilters,
        ...pageQuery(idSchema),
      }),
    },
    answers: {
      200: {
        description: 'A page of runs',
        body: pageOf(runSchema).meta({ id: 'ActionRunPage' }),
        example: { items: [EXAMPLE], next: '40' },
      },
    },
    errors: ['not_found'],
    async run({ pool }: Dependencies, { workspaceId }, { query: { limit, ...filter } }) {
      const page = await readPage(
        limit,
        (max) => listRuns(pool, workspaceId, { ...filter, limit: max }),
        (last) => last.id,
      );
      await refuseUnknownPortal(pool, workspaceId, page.items, filter.portalId);
      return { status: 200, body: page };
    },
  }),

  defineOperation({
    ...the,
    id: 'showActionRun',
    method: 'get',
    path: '/api/actions/runs/{id}',
    scopes: ['throttle:read'],
    summary: 'Show a run',
    description:
      '`data=true` shows what it was called with, its outputs and what its handler threw, which may hold anything: it needs the scope admin.',
    input: { ...ofOne, query: z.strictObject({ data: z.stringbool().default(false) }) },
    answers: { 200: { description: 'The run', body: runDetailSchema, example: EXAMPLE_DETAIL } },
    errors: ['not_found'],
    async run(deps: Dependencies, caller, { params, query: { data: wantsData } }) {
      const found = await runOf(deps, caller, params.id);
      if (!wantsData) return { status: 200, body: detailOf(found) };
      if (!caller.key.scopes.includes('admin'))
        throw new AppError('forbidden', 'What a run was called with needs a key with the scope admin');
      return { status: 200, body: { ...detailOf(found), ...(await dataOf(deps, caller, found)) } };
    },
  }),

  defineOperation({
    ...{ ...the, ...changed },
    id: 'retryActionRun',
    method: 'post',
    path: '/api/actions/runs/{id}/retry',
    scopes: ['throttle:write'],
    summary: 'Try a run again that failed',
    description:
      'For an hour. Where the record has gone on already, nothing changes at HubSpot; what `once` has done is not done again.',
    async run(deps: Dependencies, caller, { params: { id } }) {
      const { workspaceId } = caller;
      const { portalId: portal, action } = await runOf(deps, caller, id);
      const did = await inAuditedTransaction(deps, caller, async (client, note) => {
        const retried = await retryRun(client, workspaceId, id, RETRIED_FOR_MS);
        if (retried) note('action_run.retry', { runId: id, portalId: portal, action });
        return retried;
      });
      const now = await runOf(deps, caller, id);
      if (!did) throw conflict(now, 'failed', 'tried again');
      crashPoint('actions.retry.committed');
      const { callbackId } = now;
      await deps.temporal.startRun({ workspaceId, portalId: portal, runId: id, callbackId, action });
      return { status: 202, body: detailOf(now) };
    },
  }),

  defineOperation({
    ...{ ...the, ...changed },
    id: 'cancelActionRun',
    method: 'post',
    path: '/api/actions/runs/{id}/cancel',
    scopes: ['throttle:write'],
    summary: 'Cancel a run whose handler has not ended',
    description:
      'The record goes on as failed, with `errorCode` `cancelled`. A handler that runs is told by `signal`.',
    async run(deps: Dependencies, caller, { params: { id } }) {
      const { workspaceId } = caller;
      const { portalId: portal, action, callbackId } = await runOf(deps, caller, id);
      const did = await inAuditedTransaction(deps, caller, async (client, note) => {
        const cancelled = await cancelRun(client, workspaceId, id, null);
        if (cancelled) note('action_run.cancel', { runId: id, portalId: portal, action });
        return cancelled;
      });
      const now = await runOf(deps, caller, id);
      if (!did) throw conflict(now, 'waiting', 'cancelled');
      crashPoint('actions.cancel.committed');
      if (now.state === 'completing')
        await deps.temporal.bringToEnd({ workspaceId, portalId: portal, runId: id, callbackId, action });
      return { status: 202, body: detailOf(now) };
    },
  }),
] as const;

async function runOf({ pool }: Dependencies, { workspaceId }: Caller, id: string): Promise<FoundRun> {
  const run = await findRun(pool, workspaceId, id);
  if (!run) throw notFound(the.resource);
  return run;
}

function detailOf({ callHash: _hash, sealedInput: _input, sealedResult: _result, ...view }: FoundRun) {
  return { ...(view satisfies RunView), input: null, outputs: null, error: null };
}

async function dataOf({ sealing }: Dependencies, { workspaceId }: Caller, run: FoundRun) {
  const open = async (sealed: string | null, column: 'sealed_input' | 'sealed_result') =>
    sealed === null
      ? undefined
      : (JSON.parse(
          (await sealing.open(sealed, actionRunContext(workspaceId, run.callHash, column))).reveal(),
        ) as unknown);
  const input = (await open(run.sealedInput, 'sealed_input')) as KeptInput | undefined;
  const result = (await open(run.sealedResult, 'sealed_result')) as KeptResult | undefined;
  return {
    input: input ? { ...input.fields } : null,
    outputs: result?.outputs ? { ...result.outputs } : null,
    error: result?.error ?? null,
  };
}

function conflict({ state }: RunView, needs: string, done: string): AppError {
  return new AppError('conflict', `This run is ${state}; only one that is ${needs} can be ${done}`);
}
