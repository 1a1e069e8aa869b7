import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  beginInlineRun,
  endInlineRun,
  putOffInlineRun,
  takeInlineRun,
  type InlineRun,
} from '../../db/actions/inlineRuns.js';
import type { ActionIntakeCall } from '../../db/actions/intake.js';
import type { ClaimedRun } from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';
import type { KeptInput } from '../../domain/actions/runResult.js';
import type { RunState } from '../../domain/actions/runStates.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { leftMs, withDeadline } from '../../platform/deadline.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { AnyAction } from '../../sdk/actions/action.js';
import { unkeptEffects } from '../../services/actions/effects.js';
import { createRunPlaces } from '../../services/actions/runPlaces.js';
import { createRunTry, type RunTry, type TryDependencies } from '../../services/actions/runTry.js';
import type { SignedAnswer } from '../room.js';
import { UNKNOWN_PORTAL } from '../throttle/actionRoute.js';
import type { RunAnswers } from './runAnswers.js';

interface Dependencies extends TryDependencies {
  readonly pool: Pool;
  readonly answers: RunAnswers;
  readonly logger: Logger;
}

/** What is known of a call that nobody can repeat. */
export interface UnkeptCall {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly action: string;
  readonly source: string;
  readonly kept: KeptInput;
}

/** Calls that are answered by what their handlers give. */
export interface InlineCalls {
  /** Keeps the call, calls the handler, keeps what comes of it before it is answered. A repeat is answered alike. */
  answerKept(call: ActionIntakeCall): Promise<SignedAnswer>;
  /** Of a call that another version of the definition has taken: it is answered as that one has begun. */
  answerRepeat(call: ActionIntakeCall): Promise<SignedAnswer>;
  /** Keeps nothing: without a callback there is no repeat that could be known. */
  answerUnkept(call: UnkeptCall): Promise<SignedAnswer>;
  /** Handlers that run are told to stop. */
  stop(): void;
}

/** HubSpot waits for the answer. */
const ANSWERED_WITHIN_MS = 3000;
/** The longest time of a handler: what is left is for the statements before and after it. */
const MAX_HANDLER_MS = 2800;
/** A try of which nothing was heard for so long has died with its process. */
const LEASE_MS = 10_000;
/** Who waits for the end of the first call looks so often. */
const LOOKS_EVERY_MS = 50;
/** Handlers at a time in this process; portals, actions and actions in a portal have shares of them (RunPlaces). */
const PLACES = 256;
const RETRY_AFTER_MS = 1000;

type Place = Pick<ActionIntakeCall, 'portalId' | 'action'>;
type OnRunning = Parameters<RunTry>[3];

/** Nothing came of it in time. What the handler gives later is kept, for the call that HubSpot repeats. */
class InlineLate extends Error {
  override readonly name = 'InlineLate';
}

export function createInlineCalls(deps: Dependencies): InlineCalls {
  const { pool, answers, sealing, metrics, logger } = deps;
  const actions = new Map([...deps.actions].map(([name, action]) => [name, inTime(action)] as const));
  const tryOnce = createRunTry({ ...deps, actions });
  const tryUnkept = createRunTry({ ...deps, actions, effects: unkeptEffects });
  const places = createRunPlaces(PLACES);
  const stopping = new AbortController();
  const seldom = createSeldom();

  /** Within the time of an answer, where there is a place. A handler that goes on after it keeps it until it ends. */
  async function inPlace(
    { portalId, action }: Place,
    work: (until: number, onRunning: OnRunning) => Promise<SignedAnswer>,
  ): Promise<SignedAnswer> {
    const leave = places.take(portalId, action);
    if (!leave) {
      const said = seldom(`busy ${action}`);
      const message = 'An action was called more often at once than it is answered; HubSpot will call again';
      if (said) logger.warn(message, { ...said, action, portalId });
      return again('busy', 'More calls of it are answered than there are places for', RETRY_AFTER_MS);
    }
    let handler: Promise<unknown> = Promise.resolve();
    const late = () => new InlineLate('It took longer than an answer may');
    const until = performance.now() + ANSWERED_WITHIN_MS;
    const working = work(until, (running) => void (handler = running));
    try {
      return await withDeadline(working, ANSWERED_WITHIN_MS, late);
    } catch (error) {
      if (!(error instanceof InlineLate)) throw error;
      working.catch((later: unknown) =>
        logger.warn('A call that was late has failed', { action, error: later }),
      );
      return again('late', 'There is no answer in time', RETRY_AFTER_MS);
    } finally {
      handler.then(leave, leave);
    }
  }

  /** Until there is an answer, or no time. */
  async function follow(
    call: ActionIntakeCall,
    found: InlineRun | undefined,
    until: number,
    onRunning: OnRunning,
  ): Promise<SignedAnswer> {
    for (let run = found; ; run = await takeInlineRun(pool, call, LEASE_MS)) {
      const askedAt = performance.now();
      if (!run) return UNKNOWN_PORTAL;
      if (run.claimed) {
        const answered = await handle(call, run, run.claimed, onRunning);
        if (answered) return answered;
        continue; // it was cancelled meanwhile, or another try has overtaken this one
      }
      if (!isOpen(run) || isForCallback(run)) return answers({ ...run, askedAt }, call.callHash);
      if (!run.isInline || leftMs(until) < 2 * LOOKS_EVERY_MS)
        return again('waits', 'It is not done yet', Math.max(RETRY_AFTER_MS, run.answeringInMs ?? 0));
      await delay(LOOKS_EVERY_MS);
    }
  }

  /** One try. Undefined: what came of it was not taken. */
  async function handle(
    { workspaceId, portalId, action, callHash }: ActionIntakeCall,
    run: InlineRun,
    claimed: ClaimedRun,
    onRunning: OnRunning,
  ): Promise<SignedAnswer | undefined> {
    const ref = { workspaceId, portalId, runId: run.runId };
    crashPoint('actions.inline.begun');
    const tried = await tryOnce(ref, claimed, stopping.signal, onRunning);
    if (tried.state === 'again') {
      await putOffInlineRun(pool, ref, claimed.attempt, tried.inMs, tried.sealedResult);
      return again('tried_again', 'The handler has failed', tried.inMs);
    }
    const { result } = tried;
    if (!(await endInlineRun(pool, ref, claimed.attempt, result))) return undefined;
    crashPoint('actions.inline.ended');
    const state: RunState = result.errorCode === null ? 'completed' : 'failed';
    metrics.ended.inc({ action, state });
    return answers({ ...run, ...result, state, fresh: true, askedAt: performance.now() }, callHash);
  }

  return {
    answerKept: (call) =>
      inPlace(call, async (until, onRunning) => {
        const begun = await beginInlineRun(pool, call, LEASE_MS);
        if (begun && !begun.sameBody)
          logger.warn('A call of an action was repeated with another body; the first one counts', {
            ...{ portalId: call.portalId, runId: begun.runId },
          });
        return follow(call, begun, until, onRunning);
      }),

    async answerRepeat(call) {
      const askedAt = performance.now();
      const found = await takeInlineRun(pool, call, LEASE_MS);
      if (found && isForCallback(found)) return answers({ ...found, askedAt }, call.callHash);
      return inPlace(call, (until, onRunning) => follow(call, found, until, onRunning));
    },

    answerUnkept: ({ workspaceId, portalId, action, source, kept }) =>
      inPlace({ portalId, action }, async (_until, onRunning) => {
        const callHash = randomBytes(32);
        const context = actionRunContext(workspaceId, callHash, 'sealed_input');
        const claimed: ClaimedRun = {
          ...{ action, callHash, source, sealedResult: null, attempt: 1, giveUpInMs: Infinity },
          sealedInput: await sealing.seal(JSON.stringify(kept), context),
        };
        const ref = { workspaceId, portalId, runId: 'none' };
        const tried = await tryUnkept(ref, claimed, stopping.signal, onRunning);
        if (tried.state === 'again') return again('tried_again', 'The handler has failed', tried.inMs);
        const { result } = tried;
        const state: RunState = result.errorCode === null ? 'completed' : 'failed';
        metrics.ended.inc({ action, state });
        const run = {
          ...result,
          state,
          runId: ref.runId,
          workspaceId,
          expiresInMs: 0,
          fresh: true,
          sameBody: true,
        };
        return answers({ ...run, askedAt: performance.now() }, callHash);
      }),

    stop: () => stopping.abort(new Error('The process stops')),
  };
}

const isOpen = ({ state }: InlineRun) => state === 'waiting' || state === 'completing';

/** HubSpot holds the record until it has its completion. */
const isForCallback = (run: InlineRun) => isOpen(run) && !run.isInline && !run.isTold;

function inTime(action: AnyAction): AnyAction {
  return { ...action, timeoutMs: Math.min(action.timeoutMs ?? MAX_HANDLER_MS, MAX_HANDLER_MS) };
}

/** Doubt, and what may pass: HubSpot calls again (law 9). */
function again(result: string, message: string, inMs: number): SignedAnswer {
  const body = { message: `${message}; call again` };
  return { result, status: 503, body, retryAfterMs: Math.max(RETRY_AFTER_MS, inMs) };
}
