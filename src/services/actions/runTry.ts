import type { ClaimedRun, RunRef, RunResult } from '../../db/actions/runs.js';
import type { KeptInput, KeptResult } from '../../domain/actions/runResult.js';
import { backoffMs } from '../../domain/hubspot/backoff.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { HideSecrets } from '../../platform/hideSecrets.js';
import { Secret } from '../../platform/secret.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ActionsByName, AnyAction } from '../../sdk/actions/action.js';
import { ActionFailed } from '../../sdk/actions/actionFailed.js';
import { parseInput } from '../../sdk/actions/inputFields.js';
import { checkOutputs } from '../../sdk/actions/outputs.js';
import { settingFieldsOf, settingsFor, type SettingValues } from '../../sdk/actions/settings.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { RunInstruments, TryOutcome } from './instruments.js';
import type { PortalSettings } from './portalSettings.js';
import { runHandler, TryTimedOut, type HandlerDependencies, type Try } from './runHandler.js';

export interface TryDependencies extends HandlerDependencies {
  readonly actions: ActionsByName;
  readonly metrics: RunInstruments;
  /** Takes secrets of actions, and those among `secretsInUse`, out of what is kept of a run. */
  readonly hide: HideSecrets;
  /** What portals have set. */
  readonly settings: PortalSettings;
}

/** What a try came to, which is to be kept under the number of its attempt. */
export type TryEnd =
  | { readonly state: 'over'; readonly result: RunResult }
  | { readonly state: 'again'; readonly inMs: number; readonly sealedResult: string | null };

/**
 * One try of a run that was claimed. `stop`: the process stops, or the run was cancelled. `onRunning` is told of the
 * handler, where it is called.
 */
export type RunTry = (
  ref: RunRef,
  claimed: ClaimedRun,
  stop: AbortSignal,
  onRunning?: Try['onRunning'],
) => Promise<TryEnd>;

/** The definition may come with the next deploy. */
const UNKNOWN_ACTION_MS = 10_000;
/** Whoever sets what was missing waits no longer than that for the runs that wait for it. */
const SETTINGS_LOOK_MS = 5 * 60_000;
const MAX_PAUSE_MS = 3_600_000;
const DEFAULT_INITIAL_MS = 1000;
const MAX_ERROR = 500;

/** Calls handlers, and says what came of it. */
export function createRunTry(deps: TryDependencies): RunTry {
  const { sealing, actions, logger, metrics, hide, settings, secretsInUse } = deps;
  const seldom = createSeldom();

  const withHidden = (outputs: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(outputs).map(([name, text]) => [name, hide(text)] as const));

  async function keep(
    ref: RunRef,
    { callHash }: ClaimedRun,
    end: Omit<RunResult, 'sealedResult'>,
    kept: KeptResult,
  ): Promise<TryEnd> {
    const context = actionRunContext(ref.workspaceId, callHash, 'sealed_result');
    const { outputs, ...rest } = kept;
    const hidden: KeptResult = { ...rest, ...(outputs && { outputs: withHidden(outputs) }) };
    const sealedResult = await sealing.seal(JSON.stringify(hidden), context);
    crashPoint('actions.run.ran');
    return { state: 'over', result: { ...end, sealedResult } };
  }

  async function again(ref: RunRef, claimed: ClaimedRun, pauseMs: number, error?: string): Promise<TryEnd> {
    // Never past the moment at which it is given up: the try of then says so.
    const inMs = Math.max(1, Math.round(Math.min(pauseMs, Math.max(0, claimed.giveUpInMs))));
    const context = actionRunContext(ref.workspaceId, claimed.callHash, 'sealed_result');
    const kept: KeptResult = { ...(error !== undefined && { error: hide(error) }) };
    const sealedResult = error === undefined ? null : await sealing.seal(JSON.stringify(kept), context);
    return { state: 'again', inMs, sealedResult };
  }

  const attempt: RunTry = async (ref, claimed, stop, onRunning) => {
    const { workspaceId } = ref;
    if (claimed.giveUpInMs <= 0) {
      const reason = 'It was tried for as long as its definition, or HubSpot, allows';
      return { state: 'over', result: { errorCode: 'gave_up', reason, sealedResult: claimed.sealedResult } };
    }
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
    const values = action.settings ? await settings.of(ref) : {};
    const set = settingsFor(action, values);
    if (!set.ok) return waitForSettings(ref, claimed, action, set.reason);
    const secretSettings = secretsAmong(action, values);
    const release = secretsInUse.use(secretSettings);
    try {
      const given = { input: parsed.input, settings: set.input, secretSettings };
      return await handle({ ref, claimed, action, kept, ...given, stop, onRunning });
    } finally {
      release();
    }
  };

  /** The portal has not set what the action needs, or it fits no longer. */
  function waitForSettings(
    ref: RunRef,
    claimed: ClaimedRun,
    action: AnyAction,
    reason: string,
  ): Promise<TryEnd> {
    metrics.tries.inc({ action: action.name, outcome: 'unset' });
    const said = seldom(`unset ${action.name} ${ref.portalId}`);
    const message = 'A run waits for settings of its portal; they are looked for again';
    if (said) logger.warn(message, { ...said, action: action.name, portalId: ref.portalId, reason });
    const error = `The portal's settings do not fit: ${reason}`;
    return again(ref, claimed, Math.min(pauseOf(action, claimed), SETTINGS_LOOK_MS), error);
  }

  async function handle(one: Try): Promise<TryEnd> {
    const { ref, claimed, action, stop } = one;
    const begunAt = performance.now();
    const tried = (outcome: TryOutcome) => {
      metrics.tries.inc({ action: action.name, outcome });
      metrics.seconds.observe({ action: action.name }, (performance.now() - begunAt) / 1000);
    };
    let given: unknown;
    try {
      given = await runHandler(deps, one);
    } catch (error) {
      if (error instanceof ActionFailed) {
        tried('failed');
        const outputs = { sluice_reason: error.message.slice(0, MAX_ERROR) };
        return keep(ref, claimed, { errorCode: error.code, reason: null }, { outputs });
      }
      tried(error instanceof TryTimedOut ? 'late' : 'threw');
      if (stop.aborted) return again(ref, claimed, 0);
      const spentMs = performance.now() - begunAt;
      const pauseMs = pauseOf(action, claimed);
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

  return attempt;
}

function pauseOf({ retry }: AnyAction, { attempt }: ClaimedRun): number {
  const baseMs = retry?.initialMs ?? DEFAULT_INITIAL_MS;
  return backoffMs(attempt, { baseMs, maxMs: MAX_PAUSE_MS, random: Math.random });
}

/** What an action is given of a portal that is never shown again. */
function secretsAmong({ settings }: AnyAction, values: SettingValues): Secret[] {
  const fields = settings ? settingFieldsOf(settings) : [];
  return fields.flatMap(({ name, isSecret }) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    return isSecret && typeof value === 'string' && value !== '' ? [new Secret(value)] : [];
  });
}

function inWords(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, MAX_ERROR);
}
