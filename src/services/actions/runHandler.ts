import { actionEffectContext } from '../../secrets/encryptionContext.js';
import type { KeptInput } from '../../domain/actions/runResult.js';
import { effectHashOf } from '../../db/actions/effects.js';
import type { ClaimedRun, RunRef } from '../../db/actions/runs.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import type { Logger } from '../../platform/logger.js';
import type { Secret } from '../../platform/secret.js';
import type { SecretsInUse } from '../../platform/secretsInUse.js';
import type { AnyAction } from '../../sdk/actions/action.js';
import type { ActionContext } from '../../sdk/actions/actionContext.js';
import type { SettingValues } from '../../sdk/actions/settings.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Effects } from './effects.js';
import { createHandlerHubSpot } from './handlerHubSpot.js';
import type { RunInstruments } from './instruments.js';

export interface HandlerDependencies {
  readonly effects: Effects;
  readonly sealing: Sealing;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly logger: Logger;
  readonly metrics: Pick<RunInstruments, 'doubts'>;
  /** All that definitions of actions name. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Secrets of portals, for as long as a handler has them. */
  readonly secretsInUse: Pick<SecretsInUse, 'use'>;
}

/** A try of a handler took longer than its definition allows. */
export class TryTimedOut extends Error {
  override readonly name = 'TryTimedOut';
}

/** A try of a handler. */
export interface Try {
  readonly ref: RunRef;
  readonly claimed: ClaimedRun;
  readonly action: AnyAction;
  readonly kept: KeptInput;
  /** As the action's schema gave it. */
  readonly input: Readonly<Record<string, unknown>>;
  /** What the portal has set, as the action's schema gave it. */
  readonly settings: SettingValues;
  /** Those of its values that are in no log. */
  readonly secretSettings: readonly Secret[];
  /** The process stops, or the run was cancelled. */
  readonly stop: AbortSignal;
  /** Told of the handler itself, which may last longer than its try. */
  readonly onRunning?: ((running: Promise<unknown>) => void) | undefined;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_EFFECT_NAME = 100;

/**
 * Calls the handler. Rejects as it does, or with a TryTimedOut. What it does after that changes nothing; where it fails
 * then, the log says so.
 */
export async function runHandler(deps: HandlerDependencies, one: Try): Promise<unknown> {
  const { action, stop } = one;
  const over = new AbortController();
  const timeoutMs = action.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(
    () => over.abort(new TryTimedOut(`The handler took longer than ${timeoutMs} ms`)),
    timeoutMs,
  );
  const signal = AbortSignal.any([over.signal, stop]);
  const ended = new Promise<never>((_, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  ended.catch(() => undefined); // the race below tells it, or the handler's own throw went before
  let isOver = false;
  try {
    const context = contextOf(deps, one, signal);
    const running = Promise.resolve(action.run(context as ActionContext<never, string, never>));
    one.onRunning?.(running);
    const release = deps.secretsInUse.use(one.secretSettings);
    void running
      .catch((error: unknown) => {
        if (isOver) deps.logger.warn('A handler has failed after its try was over', { ...idsOf(one), error });
      })
      .finally(release);
    return await Promise.race([running, ended]);
  } finally {
    isOver = true;
    clearTimeout(timer);
    over.abort(new Error('The try is over'));
  }
}

const idsOf = ({ ref: { portalId, runId }, action }: Try) => ({ portalId, runId, action: action.name });

function contextOf(deps: HandlerDependencies, one: Try, signal: AbortSignal): ActionContext {
  const { effects, sealing, gateway, logger, metrics } = deps;
  const { ref, claimed, action, kept, input, settings } = one;
  const { workspaceId, portalId } = ref;
  const ids = idsOf(one);
  const key = `sluice-${claimed.callHash.toString('hex').slice(0, 40)}`;

  async function once<Result>(
    name: string,
    fn: (effect: { readonly key: string }) => Promise<Result> | Result,
  ): Promise<Result> {
    if (typeof name !== 'string' || name === '' || name.length > MAX_EFFECT_NAME)
      throw new TypeError(`The name of an effect has 1 to ${MAX_EFFECT_NAME} characters`);
    signal.throwIfAborted();
    const effectHash = effectHashOf(claimed.callHash, name);
    const effect = await effects.begin(ref, effectHash, name);
    const context = actionEffectContext(workspaceId, effectHash);
    if (effect.sealedResult !== null)
      return JSON.parse((await sealing.open(effect.sealedResult, context)).reveal()) as Result;
    if (effect.isBegun) {
      metrics.doubts.inc({ action: action.name });
      logger.warn('An effect is done again: it is not known whether an earlier try had done it', {
        ...{ ...ids, effect: name },
      });
    }
    crashPoint('actions.effect.begun');
    signal.throwIfAborted();
    const text = JSON.stringify((await fn({ key: `${key}-${name}` })) ?? null);
    crashPoint('actions.effect.done');
    await effects.end(workspaceId, effectHash, await sealing.seal(text, context));
    crashPoint('actions.effect.kept');
    return JSON.parse(text) as Result;
  }

  return {
    ...{ input, settings, once, key, signal, attempt: claimed.attempt },
    object: kept.object ? { ...kept.object, objectType: kept.object.objectType ?? undefined } : undefined,
    portal: { portalId },
    secrets: secretsOf(action, deps.secrets),
    hubspot: createHandlerHubSpot(gateway, ref, signal),
    context: { source: claimed.source, workflowId: kept.workflowId ?? undefined },
    log: {
      info: (message, fields) => logger.info(message, { ...fields, ...ids }),
      warn: (message, fields) => logger.warn(message, { ...fields, ...ids }),
      error: (message, fields) => logger.error(message, { ...fields, ...ids }),
    },
  };
}

/** Those that its definition names, and no other action's. */
function secretsOf({ name: action, secrets = [] }: AnyAction, all: HandlerDependencies['secrets']) {
  return Object.fromEntries(
    secrets.map((name) => {
      const secret = all.get(name);
      if (!secret) throw new Error(`The action ${action} has no ${name}`);
      return [name, secret.reveal()] as const;
    }),
  );
}
