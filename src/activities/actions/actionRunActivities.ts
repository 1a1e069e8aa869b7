import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { setTimeout as delay } from 'node:timers/promises';
import {
  beginCompletion,
  cancelRun,
  claimRun,
  endRun,
  putOffCompletion,
  putOffRun,
  storeResult,
  type ClaimedRun,
  type CompletingRun,
  type RunRef,
  type RunResult,
} from '../../db/actions/runs.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { forWorkspace } from '../../db/tenant.js';
import { isTestCallback } from '../../domain/actions/testCall.js';
import { runOutputs } from '../../domain/actions/runOutputs.js';
import type { KeptInput, KeptResult } from '../../domain/actions/runResult.js';
import type { RunState } from '../../domain/actions/runStates.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { HideSecrets } from '../../platform/hideSecrets.js';
import { createPlaces } from '../../platform/places.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ActionsByName, AnyAction } from '../../sdk/actions/action.js';
import { ActionFailed } from '../../sdk/actions/actionFailed.js';
import { parseInput } from '../../sdk/actions/inputFields.js';
import { checkOutputs } from '../../sdk/actions/outputs.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { RunTried } from '../../temporal/actions/contract.js';
import type { RunInstruments, TryOutcome } from './instruments.js';
import type { RunCompleter } from './runCompleter.js';
import { runHandler, TryTimedOut, type HandlerDependencies } from './runHandler.js';

interface Dependencies extends HandlerDependencies {
  readonly actions: ActionsByName;
  readonly completer: RunCompleter;
  readonly portalResolver: PortalResolver;
  readonly config: Pick<Config, 'THROTTLE_MIN_HOLD_MS'>;
  readonly metrics: RunInstruments;
  /** Takes the secrets of actions out of what is kept of a run. */
  readonly hide: HideSecrets;
  /** So many handlers of one portal run at most at a time. */
  readonly mostOfPortal: number;
}

export type ActionRunActivities = ReturnType<typeof createActionRunActivities>;

const ALIVE_EVERY_MS = 2000;
/** A try that has not come back by then is looked for again: the longest time-out, and some. */
const LEASE_MS = 17 * 60_000;
const NO_PLACE_MS = { baseMs: 500, maxMs: 5000, random: Math.random };
/** The definition may come with the next deploy. */
const UNKNOWN_ACTION_MS = 10_000;
const MAX_PAUSE_MS = 3_600_000;
const DEFAULT_INITIAL_MS = 1000;
/** HubSpot, or the portal, takes nothing for a while. */
const SUSPENDED = { baseMs: 5000, maxMs: 300_000, random: Math.random };
const MAX_ERROR = 500;

/** The steps of a run. Each is safe to repeat and to run twice at once: who was overtaken stores nothing. */
export function createActionRunActivities(deps: Dependencies) {
  const { pool, sealing, actions, completer, portalResolver, config, logger, metrics, hide } = deps;
  const places = createPlaces<number>({ ofKey: deps.mostOfPortal });
  const seldom = createSeldom();

  const withHidden = (outputs: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(outputs).map(([name, text]) => [name, hide(text)] as const));

  async function keep(
    ref: RunRef,
    { callHash, attempt }: ClaimedRun,
    end: Omit<RunResult, 'sealedResult'>,
    kept: KeptResult,
  ): Promise<RunTried> {
    const context = actionRunContext(ref.workspaceId, callHash, 'sealed_result');
    const { outputs, ...rest } = kept;
    const hidden: KeptResult = { ...rest, ...(outputs && { outputs: withHidden(outputs) }) };
    const sealedResult = await sealing.seal(JSON.stringify(hidden), context);
    crashPoint('actions.run.ran');
    await storeResult(pool, ref, attempt, { ...end, sealedResult });
    crashPoint('actions.run.stored');
    return { state: 'over' };
  }

  async function again(ref: RunRef, claimed: ClaimedRun, pauseMs: number, error?: string): Promise<RunTried> {
    // Never past the moment at which it is given up: the try of then says so.
    const inMs = Math.max(1, Math.round(Math.min(pauseMs, Math.max(0, claimed.giveUpInMs))));
    const context = actionRunContext(ref.workspaceId, claimed.callHash, 'sealed_result');
    const kept: KeptResult = { ...(error !== undefined && { error: hide(error) }) };
    const sealed = error === undefined ? null : await sealing.seal(JSON.stringify(kept), context);
    await putOffRun(pool, ref, claimed.attempt, inMs, sealed);
    return { state: 'again', inMs };
  }

  async function attempt(ref: RunRef, claimed: ClaimedRun): Promise<RunTried> {
    const { workspaceId } = ref;
    const action = actions.get(claimed.action);
    if (!action) {
      const said = seldom(`unknown ${claimed.action}`);
      const message = 'A run waits for an action that is not defined here (any more); it is looked for again';
      if (said) logger.error(message, { ...said, action: claimed.action });
      return again(ref, claimed, UNKNOWN_ACTION_MS);
    }
    if (claimed.sealedInput === null)
      return keep(ref, claimed, { errorCode: 'erased', reason: 'Its record was erased' }, {});
    const inputContext = actionRunContext(workspaceId, claimed.callHash, 'sealed_input');
    const kept = JSON.parse((await sealing.open(claimed.sealedInput, inputContext)).reveal()) as KeptInput;
    const parsed = parseInput(action.input, kept.fields);
    if (!parsed.ok) return keep(ref, claimed, { errorCode: 'invalid_input', reason: parsed.reason }, {});
    return handle(ref, claimed, action, kept, parsed.input);
  }

  async function handle(
    ref: RunRef,
    claimed: ClaimedRun,
    action: AnyAction,
    kept: KeptInput,
    input: Readonly<Record<string, unknown>>,
  ): Promise<RunTried> {
    const begunAt = performance.now();
    const tried = (outcome: TryOutcome) => {
      metrics.tries.inc({ action: action.name, outcome });
      metrics.seconds.observe({ action: action.name }, (performance.now() - begunAt) / 1000);
    };
    const stop = cancellationSignal();
    let given: unknown;
    try {
      given = await runHandler(deps, { ref, claimed, action, kept, input, stop });
    } catch (error) {
      if (error instanceof ActionFailed) {
        tried('failed');
        const outputs = { sluice_reason: error.message.slice(0, MAX_ERROR) };
        return keep(ref, claimed, { errorCode: error.code, reason: null }, { outputs });
      }
      tried(error instanceof TryTimedOut ? 'late' : 'threw');
      if (stop.aborted) return again(ref, claimed, 0);
      const spentMs = performance.now() - begunAt;
      const initialMs = action.retry?.initialMs ?? DEFAULT_INITIAL_MS;
      const pauseMs = backoffMs(claimed.attempt, {
        ...{ baseMs: initialMs, maxMs: MAX_PAUSE_MS, random: Math.random },
      });
      const said = seldom(`threw ${action.name}`);
      // What it throws may quote a record, so it is kept sealed, with the run.
      if (said)
        logger.warn('A handler of an action failed; it is tried again', {
          ...{ ...said, action: action.name, runId: ref.runId, portalId: ref.portalId },
          ...{
            attempt: claimed.attempt,
            inMs: pauseMs,
            error: error instanceof Error ? error.name : 'thrown',
          },
        });
      return again(ref, { ...claimed, giveUpInMs: claimed.giveUpInMs - spentMs }, pauseMs, inWords(error));
    }
    const checked = checkOutputs(action.output, given);
    if (!checked.ok) {
      tried('invalid');
      logger.error('A handler of an action gave what its schema does not have', {
        ...{ action: action.name, runId: ref.runId, portalId: ref.portalId, reason: checked.reason },
      });
      return keep(ref, claimed, { errorCode: 'invalid_output', reason: checked.reason }, {});
    }
    tried('done');
    return keep(ref, claimed, { errorCode: null, reason: null }, { outputs: checked.outputs });
  }

  async function ended(
    ref: RunRef,
    run: CompletingRun,
    end: Parameters<typeof endRun>[2],
  ): Promise<RunTried> {
    const did = await endRun(pool, ref, end);
    crashPoint('actions.run.ended');
    if (did) metrics.ended.inc({ action: run.action, state: end.state });
    return { state: 'over' };
  }

  return {
    /** One try of the handler. */
    async tryRun(ref: RunRef): Promise<RunTried> {
      const portal = await portalResolver.find(ref.portalId);
      if (
        portal?.workspaceId !== ref.workspaceId ||
        portal.state === 'disconnecting' ||
        portal.state === 'disconnected'
      ) {
        const db = forWorkspace(pool, ref.workspaceId);
        await cancelRun(db, ref.workspaceId, ref.runId, 'The portal is not connected any more');
        return { state: 'over' };
      }
      const leave = places.take(ref.portalId);
      if (!leave) return { state: 'again', inMs: backoffMs(3, NO_PLACE_MS) };
      const signs = setInterval(() => heartbeat(), ALIVE_EVERY_MS);
      try {
        const claimed = await claimRun(pool, ref, LEASE_MS);
        if (!claimed) return { state: 'over' };
        crashPoint('actions.run.claimed');
        if (claimed.giveUpInMs <= 0) {
          const reason = 'It was tried for as long as its definition, or HubSpot, allows';
          await storeResult(pool, ref, claimed.attempt, {
            ...{ errorCode: 'gave_up', reason, sealedResult: claimed.sealedResult },
          });
          return { state: 'over' };
        }
        return await attempt(ref, claimed);
      } finally {
        clearInterval(signs);
        leave();
      }
    },

    /** Ends one that has not ended. */
    async cancelRun({ workspaceId, runId }: RunRef): Promise<void> {
      await cancelRun(forWorkspace(pool, workspaceId), workspaceId, runId, null);
      crashPoint('actions.run.cancelled');
    },

    /** Has HubSpot get what came of it. */
    async completeRun(ref: RunRef): Promise<RunTried> {
      const run = await beginCompletion(pool, ref);
      if (!run) return { state: 'over' };
      crashPoint('actions.completion.begun');
      const state: RunState =
        run.errorCode === null ? 'completed' : run.errorCode === 'cancelled' ? 'cancelled' : 'failed';
      // A test that `sluice actions test` made: HubSpot does not know its callback.
      if (isTestCallback(run.callbackId)) return ended(ref, run, { state, reason: null, told: false });
      if (run.isTold) return ended(ref, run, { state, reason: null, told: true });
      if (run.expiresInMs <= 0) {
        const reason = 'HubSpot had given the record up before it took the completion';
        return ended(ref, run, { state: 'gone', reason, told: false });
      }
      // HubSpot may lose a completion that comes before our answer to its call.
      await delay(Math.max(0, config.THROTTLE_MIN_HOLD_MS - run.ageMs));
      const context = actionRunContext(ref.workspaceId, run.callHash, 'sealed_result');
      const kept =
        run.sealedResult === null
          ? {}
          : (JSON.parse((await sealing.open(run.sealedResult, context)).reveal()) as KeptResult);
      const { errorCode, reason } = run;
      const verdict = await completer.complete(ref.portalId, {
        ...{ executionId: ref.runId, callbackId: run.callbackId, attempts: run.tries, waitedMs: run.ageMs },
        ending: state === 'cancelled' ? 'cancelled' : null,
        outputs: runOutputs({ errorCode, reason, outputs: kept.outputs ?? {} }),
      });
      crashPoint('actions.completion.answered');
      if ('state' in verdict) {
        if (verdict.state === 'gone' || verdict.state === 'failed') {
          const about = { portalId: ref.portalId, runId: ref.runId, state: verdict.state };
          logger.warn('A run of an action ended without its completion', {
            ...about,
            reason: verdict.reason,
          });
          return ended(ref, run, { state: verdict.state, reason: verdict.reason, told: false });
        }
        return ended(ref, run, { state, reason: null, told: true });
      }
      const inMs = Math.round(
        'suspends' in verdict
          ? Math.max(verdict.askedMs, backoffMs(run.tries, SUSPENDED))
          : verdict.againInMs,
      );
      await putOffCompletion(pool, ref, inMs);
      return { state: 'again', inMs: Math.max(1, Math.min(inMs, Math.max(1, run.expiresInMs))) };
    },
  };
}

function inWords(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, MAX_ERROR);
}
