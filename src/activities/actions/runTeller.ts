import { setTimeout as delay } from 'node:timers/promises';
import type { EndedRun } from '../../db/actions/packs.js';
import type { CompletingRun, RunRef } from '../../db/actions/runs.js';
import { runOutputs } from '../../domain/actions/runOutputs.js';
import type { KeptResult } from '../../domain/actions/runResult.js';
import type { RunState } from '../../domain/actions/runStates.js';
import { isTestCallback } from '../../domain/actions/testCall.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import type { Config } from '../../platform/config/config.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { RunCompleter } from './runCompleter.js';

export interface TellerDependencies {
  readonly sealing: Sealing;
  readonly completer: RunCompleter;
  readonly config: Pick<Config, 'THROTTLE_MIN_HOLD_MS'>;
  readonly logger: Logger;
}

/** What came of telling HubSpot: how the run ends, or when it is told again. */
export type Told =
  | { readonly state: 'over'; readonly end: Omit<EndedRun, 'runId'> }
  | { readonly state: 'again'; readonly inMs: number };

export type RunTeller = (ref: RunRef, run: CompletingRun) => Promise<Told>;

/** HubSpot, or the portal, takes nothing for a while. */
const SUSPENDED = { baseMs: 5000, maxMs: 300_000, random: Math.random };

/** Has HubSpot get what came of a run whose completion was begun. */
export function createRunTeller({ sealing, completer, config, logger }: TellerDependencies): RunTeller {
  return async (ref, run) => {
    const state: RunState =
      run.errorCode === null ? 'completed' : run.errorCode === 'cancelled' ? 'cancelled' : 'failed';
    const over = (end: Omit<EndedRun, 'runId'>): Told => ({ state: 'over', end });
    // A test that `sluice actions test` made: HubSpot does not know its callback.
    if (isTestCallback(run.callbackId)) return over({ state, reason: null, told: false });
    if (run.isTold) return over({ state, reason: null, told: true });
    if (run.expiresInMs <= 0) {
      const reason = 'HubSpot had given the record up before it took the completion';
      return over({ state: 'gone', reason, told: false });
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
      if (verdict.state !== 'gone' && verdict.state !== 'failed')
        return over({ state, reason: null, told: true });
      const about = { portalId: ref.portalId, runId: ref.runId, state: verdict.state };
      logger.warn('A run of an action ended without its completion', { ...about, reason: verdict.reason });
      return over({ state: verdict.state, reason: verdict.reason, told: false });
    }
    const inMs = Math.round(
      'suspends' in verdict ? Math.max(verdict.askedMs, backoffMs(run.tries, SUSPENDED)) : verdict.againInMs,
    );
    return { state: 'again', inMs: Math.max(1, Math.min(inMs, run.expiresInMs)) };
  };
}
