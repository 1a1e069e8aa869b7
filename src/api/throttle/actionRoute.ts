import { hash } from 'node:crypto';
import { recordRejected, type IntakeAnswer, type IntakeCall } from '../../db/throttle/intake.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { AppError, type ErrorCode } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { createSeldom } from '../../platform/seldom.js';
import type { SignedAnswer, SignedCall, SignedRoute } from '../room.js';
import { answerFor, rejectedFor } from './actionAnswer.js';
import { parseCall, type ActionCall, type ParsedCall } from './call.js';
import type { Committed, Committer } from '../http/committer.js';
import type { IntakeInstruments } from './instruments.js';
import type { LaneResolver } from './laneResolver.js';

interface Dependencies {
  readonly pool: Pool;
  readonly committer: Committer<IntakeCall, IntakeAnswer>;
  readonly portals: PortalResolver;
  readonly lanes: LaneResolver;
  /** After its commit an execution is not completed for so long (THROTTLE_MIN_HOLD_MS). */
  readonly holdMs: number;
  readonly logger: Logger;
  readonly metrics: Pick<IntakeInstruments, 'intakeCalls' | 'intakeSeconds'>;
}

const MAX_BYTES = 1024 * 1024;
/** HubSpot reads Retry-After of action calls as milliseconds (docs/hubspot.md#custom-workflow-actions). */
const RETRY_AFTER_MS = 5000;
/**
 * The portal may be installed in a moment, or its row may come back with a restored database: HubSpot is to call again.
 */
export const UNKNOWN_PORTAL: SignedAnswer = {
  result: 'unknown_portal',
  status: 503,
  body: { message: 'The portal is not installed here' },
  retryAfterMs: 60_000,
};

/**
 * `POST /api/hubspot/action`: HubSpot calls it for each record that reaches the action. 2xx only after the commit.
 * Doubt is answered 503, so that HubSpot calls again; 4xx would mean "ended, not to be repeated" (law 9).
 */
export function createActionRoute(deps: Dependencies): SignedRoute {
  const { pool, committer, portals, lanes, holdMs, logger, metrics } = deps;
  const seldom = createSeldom();

  async function answer({ body }: SignedCall): Promise<SignedAnswer> {
    const parsed = parseCall(body);
    const bodyHash = hash('sha256', body, 'buffer');
    try {
      return parsed.ok ? await take(parsed.call, bodyHash) : await reject(parsed, body, bodyHash);
    } catch (error) {
      const known = error instanceof AppError && isBusy(error.code) ? error : undefined;
      const said = seldom(known?.code ?? 'failed');
      const message = 'An action call could not be committed; HubSpot will call again';
      if (said) logger[known ? 'warn' : 'error'](message, { ...said, error });
      return {
        result: known?.code === 'too_many_requests' ? 'portal_busy' : 'unavailable',
        status: known?.status ?? 503,
        body: { message: 'Not committed; call again' },
        retryAfterMs: known ? known.details.retryAfterMs : RETRY_AFTER_MS,
      };
    }
  }

  /** Commits the call. Rejects when that did not come about. */
  async function take(call: ActionCall, bodyHash: Buffer): Promise<SignedAnswer> {
    const { portalId } = call.lane;
    const found = lanes.resolve(call);
    const lane = found instanceof Promise ? await found : found;
    if (lane === undefined) {
      const said = seldom(`unknown portal ${portalId}`);
      const message = 'An action call came for a portal that is not installed; HubSpot will call again';
      if (said) logger.warn(message, { portalId, ...said });
      return UNKNOWN_PORTAL;
    }
    const answer = await committer.submit({
      workspaceId: lane.workspaceId,
      portalId,
      callbackId: call.callbackId,
      laneId: lane.laneId,
      bodyHash,
      source: call.source,
      objectId: call.objectId,
      asked: call.asked,
    });
    if (!answer.sameBody) {
      logger.warn('A call was repeated with another body; the first one counts', {
        portalId,
        executionId: answer.executionId,
      });
    }
    if (isTooLateForBlock(answer, holdMs)) {
      const said = seldom('late');
      const message =
        'An action call was committed, and answered too late for BLOCK; HubSpot will call again';
      if (said) logger.warn(message, { portalId, executionId: answer.executionId, ...said });
      return {
        ...{ result: 'late', status: 503, retryAfterMs: holdMs },
        body: { message: 'Committed, and answered too late; call again' },
      };
    }
    return {
      result: answer.fresh ? answer.state : 'repeat',
      status: 200,
      body: answerFor(answer, call.lane.queue, call.problem),
    };
  }

  /**
   * Keeps a signed call that cannot be understood where its ids can be read, and lets the record go on with a status.
   */
  async function reject(
    { reason, portalId, callbackId }: Extract<ParsedCall, { ok: false }>,
    body: Buffer,
    bodyHash: Buffer,
  ): Promise<SignedAnswer> {
    if (portalId === undefined || callbackId === undefined) {
      const said = seldom('ids cannot be read');
      const message = 'A signed action call cannot be understood, and its ids cannot be read';
      if (said) logger.warn(message, { reason, ...said });
      return { result: 'invalid', status: 400, body: { message: reason } };
    }
    const portal = await portals.find(portalId);
    const call = { portalId, callbackId, bodyHash, body, reason };
    if (!portal || !(await recordRejected(pool, portal.workspaceId, call))) return UNKNOWN_PORTAL;
    const said = seldom(`rejected ${portalId}`);
    const message = 'A signed action call cannot be understood; it is kept as rejected';
    if (said) logger.warn(message, { portalId, reason, ...said });
    return { result: 'rejected', status: 200, body: rejectedFor(reason) };
  }

  return {
    ...{ method: 'POST', path: '/api/hubspot/action', maxBytes: MAX_BYTES },
    signatures: ['v2'],
    retryAfterUnit: 'milliseconds',
    answer,
    answered(result, seconds) {
      metrics.intakeCalls.inc({ result });
      metrics.intakeSeconds.observe(seconds);
    },
  };
}

/**
 * HubSpot may lose a completion that comes before the BLOCK (docs/hubspot.md#custom-workflow-actions), and then holds
 * the record until it expires. A process that stood still since the commit may be so late: the call that HubSpot
 * repeats is answered by what has become of the execution.
 */
export function isTooLateForBlock(
  { state, plannedInMs, askedAt }: Pick<Committed<IntakeAnswer>, 'state' | 'plannedInMs' | 'askedAt'>,
  holdMs: number,
  now = performance.now(),
): boolean {
  const completedInMs = Math.max(plannedInMs ?? 0, holdMs);
  return state === 'waiting' && now - askedAt > completedInMs - holdMs / 4;
}

function isBusy(code: ErrorCode): boolean {
  return code === 'unavailable' || code === 'too_many_requests';
}
