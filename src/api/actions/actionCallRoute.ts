import { hash } from 'node:crypto';
import { callHashOf, type ActionIntakeAnswer, type ActionIntakeCall } from '../../db/actions/intake.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import type { KeptInput } from '../../domain/actions/runResult.js';
import { ExactNumber } from '../../domain/exactJson.js';
import { endOutputs } from '../../domain/throttle/actionOutputs.js';
import type { Rate } from '../../domain/throttle/rate.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { ActionsByName, AnyAction } from '../../sdk/actions/action.js';
import { parseInput } from '../../sdk/actions/inputFields.js';
import { actionRunContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import type { Committer } from '../http/committer.js';
import type { SignedAnswer, SignedCall, SignedRoute } from '../room.js';
import { UNKNOWN_PORTAL } from '../throttle/actionRoute.js';
import { readAnyCall, readCall, type HubSpotCall } from '../throttle/readCall.js';
import { ACTIONS_PATH } from './actionsPath.js';
import type { InlineCalls } from './inlineCalls.js';
import type { ActionIntakeInstruments } from './instruments.js';
import { laneOf } from './laneOf.js';
import type { RunAnswers } from './runAnswers.js';

interface Dependencies {
  readonly actions: ActionsByName;
  readonly committer: Committer<ActionIntakeCall, ActionIntakeAnswer>;
  readonly portals: PortalResolver;
  readonly sealing: Sealing;
  readonly answers: RunAnswers;
  readonly inline: InlineCalls;
  /** Of a lane whose definition names none. */
  readonly defaultRate: Rate;
  readonly logger: Logger;
  readonly metrics: ActionIntakeInstruments;
}

const MAX_BYTES = 1024 * 1024;
/** HubSpot reads Retry-After of action calls as milliseconds (docs/hubspot.md#custom-workflow-actions). */
const RETRY_AFTER_MS = 5000;
const UNKNOWN_ACTION_RETRY_MS = 60_000;
const DEFAULT_GIVE_UP_MS = 24 * 3_600_000;

/**
 * `POST /api/hubspot/actions/<name>`: HubSpot calls it for each record that reaches the action, and its agents. 2xx
 * only after the commit. Doubt is answered 503, so that HubSpot calls again; 4xx would mean "ended, not to be
 * repeated" (law 9).
 */
export function createActionCallRoute(deps: Dependencies): SignedRoute {
  const { actions, committer, portals, sealing, answers, inline, defaultRate, logger, metrics } = deps;
  const seldom = createSeldom();

  async function answer({ body, url }: SignedCall): Promise<SignedAnswer> {
    const [path = ''] = url.split('?', 1);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const action = actions.get(name);
    if (!action) return unknown(name);
    const read = action.answer === 'inline' ? readAnyCall(body) : readCall(body);
    if (!read.ok) {
      const said = seldom(`not understood ${name}`);
      if (said)
        logger.warn('A signed call of an action cannot be understood', { reason: read.reason, ...said });
      if (read.portalId === undefined || read.callbackId === undefined)
        return { result: 'invalid', status: 400, body: { message: read.reason } };
      const outputs = endOutputs('rejected', { queue: null, reason: read.reason });
      return { result: 'rejected', status: 200, body: { outputFields: outputs } };
    }
    try {
      return await take(action, read.call, hash('sha256', body, 'buffer'));
    } catch (error) {
      const known = error instanceof AppError && isBusy(error) ? error : undefined;
      const said = seldom(known?.code ?? 'failed');
      const message = 'A call of an action could not be committed; HubSpot will call again';
      if (said) logger[known ? 'warn' : 'error'](message, { ...said, action: name, error });
      return {
        result: known?.code === 'too_many_requests' ? 'portal_busy' : 'unavailable',
        status: known?.status ?? 503,
        body: { message: 'Not committed; call again' },
        retryAfterMs: known ? known.details.retryAfterMs : RETRY_AFTER_MS,
      };
    }
  }

  /** It may come with the next deploy, or be on its way out with this one: nothing is lost meanwhile. */
  function unknown(name: string): SignedAnswer {
    const said = seldom('unknown action');
    const message = 'A call came for an action that is not defined here; HubSpot will call again';
    if (said) logger.error(message, { action: name.slice(0, 60), ...said });
    return {
      ...{ result: 'unknown_action', status: 503, retryAfterMs: UNKNOWN_ACTION_RETRY_MS },
      body: { message: 'There is no such action here (sluice.config.ts)' },
    };
  }

  /** Commits the call. Rejects when that did not come about. */
  async function take(
    action: AnyAction,
    call: HubSpotCall<string | undefined>,
    bodyHash: Buffer,
  ): Promise<SignedAnswer> {
    const { portalId, callbackId, source } = call;
    const portal = await portals.find(portalId);
    if (!portal) return UNKNOWN_PORTAL;
    const { workspaceId } = portal;
    const kept = inputOf(call);
    if (callbackId === undefined) {
      if (portal.state === 'disconnecting' || portal.state === 'disconnected') return UNKNOWN_PORTAL;
      return inline.answerUnkept({ workspaceId, portalId, action: action.name, source, kept });
    }
    const callHash = callHashOf(workspaceId, portalId, callbackId);
    const parsed = parseInput(action.input, kept.fields);
    const taken: ActionIntakeCall = {
      ...{ workspaceId, portalId, callbackId, callHash, bodyHash, source },
      ...{ action: action.name, version: action.version, objectId: call.object?.objectId ?? null },
      sealedInput: await sealing.seal(
        JSON.stringify(kept),
        actionRunContext(workspaceId, callHash, 'sealed_input'),
      ),
      refusal: parsed.ok ? null : { code: 'invalid_input', reason: parsed.reason },
      lane: parsed.ok ? laneOf(action, parsed.input, defaultRate) : null,
      giveUpAfterMs: action.retry?.giveUpAfterMs ?? DEFAULT_GIVE_UP_MS,
    };
    if (action.answer === 'inline') return inline.answerKept(taken);
    const answered = await committer.submit(taken);
    const { runId } = answered;
    if (!answered.sameBody)
      logger.warn('A call of an action was repeated with another body; the first one counts', {
        portalId,
        runId,
      });
    if (!answered.fresh && answered.state === 'waiting') return inline.answerRepeat(taken);
    return answers(answered, callHash);
  }

  return {
    ...{ method: 'POST', path: `${ACTIONS_PATH}/:name`, maxBytes: MAX_BYTES },
    signatures: ['v2'],
    retryAfterUnit: 'milliseconds',
    answer,
    answered(result, seconds) {
      metrics.calls.inc({ result });
      metrics.seconds.observe(seconds);
    },
  };
}

function isBusy({ code }: AppError): boolean {
  return code === 'unavailable' || code === 'too_many_requests';
}

function inputOf({ fields, object, workflowId }: HubSpotCall<string | undefined>): KeptInput {
  const properties = Object.entries(object?.properties ?? {}).map(
    ([name, value]) => [name, propertyOf(value)] as const,
  );
  // A number of more digits than a double has is told by its digits.
  const sent = Object.entries(fields).map(
    ([name, value]) => [name, value instanceof ExactNumber ? value.digits : value] as const,
  );
  return {
    fields: Object.fromEntries(sent),
    object:
      object?.objectId === undefined
        ? null
        : {
            objectId: object.objectId,
            objectType: object.objectType ?? null,
            properties: Object.fromEntries(properties),
          },
    workflowId: workflowId ?? null,
  };
}

/** HubSpot sends text, or nothing. Whatever else comes is told as it is written. */
function propertyOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof ExactNumber) return value.toString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}
