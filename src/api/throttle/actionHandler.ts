import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import type { Config } from '../../platform/config/config.js';
import { recordRejected } from '../../db/throttle/intake.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { AppError } from '../../platform/errors.js';
import { verifySignature } from '../../hubspot/incoming/signature.js';
import type { Logger } from '../../platform/logger.js';
import { answerFor, rejectedFor, type ActionAnswer } from './actionAnswer.js';
import { parseCall, type ActionCall, type ParsedCall } from './call.js';
import type { Committer } from './committer.js';
import type { IntakeInstruments } from './instruments.js';
import type { LaneResolver } from './laneResolver.js';

interface Dependencies {
  readonly pool: Pool;
  readonly config: Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_CLIENT_SECRET'>;
  readonly committer: Committer;
  readonly portals: PortalResolver;
  readonly lanes: LaneResolver;
  readonly logger: Logger;
  readonly metrics: Pick<IntakeInstruments, 'intakeCalls' | 'intakeSeconds'>;
}

/** What HubSpot is answered. `result` is the label under which it is counted. */
interface Answer {
  readonly result: string;
  readonly status: number;
  readonly body: ActionAnswer | { readonly message: string };
  readonly retryAfterMs?: number | undefined;
}

const MAX_BYTES = 1024 * 1024;
/** HubSpot reads Retry-After of action calls as milliseconds (docs/hubspot.md#custom-workflow-actions). */
const RETRY_AFTER_MS = 5000;
/**
 * The portal may be installed in a moment, or its row may come back with a restored database: HubSpot is to call again.
 */
const UNKNOWN_PORTAL: Answer = {
  result: 'unknown_portal',
  status: 503,
  body: { message: 'The portal is not installed here' },
  retryAfterMs: 60_000,
};

/**
 * `POST /api/hubspot/action`: HubSpot calls it for each record that reaches the action. 2xx only after the commit.
 * Doubt is answered 503, so that HubSpot calls again; 4xx would mean "ended, not to be repeated" (law 9).
 */
export function createActionHandler(deps: Dependencies): RequestHandler {
  const { pool, config, committer, portals, lanes, logger, metrics } = deps;

  return async function action(request, response) {
    const startedAt = performance.now();
    const answer = await answerTo(request);
    metrics.intakeCalls.inc({ result: answer.result });
    metrics.intakeSeconds.observe((performance.now() - startedAt) / 1000);
    write(response, answer);
  };

  async function answerTo(request: Request): Promise<Answer> {
    const body = await readBody(request);
    if (body === undefined) {
      const message = `The body is larger than ${MAX_BYTES} bytes`;
      return { result: 'too_large', status: 413, body: { message } };
    }
    const signature = verify(request, body);
    if (!signature.ok) {
      const { reason } = signature;
      logger.warn('An action call was refused: its signature is not right', { reason, bytes: body.length });
      const message = `The signature is ${reason}: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL`;
      return { result: `signature_${reason}`, status: 401, body: { message } };
    }
    const parsed = parseCall(body);
    const bodyHash = createHash('sha256').update(body).digest();
    try {
      return parsed.ok ? await take(parsed.call, bodyHash) : await reject(parsed, body, bodyHash);
    } catch (error) {
      const known = error instanceof AppError && error.code === 'unavailable';
      const message = 'An action call could not be committed; HubSpot will call again';
      logger[known ? 'warn' : 'error'](message, { error });
      return {
        result: 'unavailable',
        status: 503,
        body: { message: 'Not committed; call again' },
        retryAfterMs: known ? error.details.retryAfterMs : RETRY_AFTER_MS,
      };
    }
  }

  function verify(request: Request, rawBody: Buffer) {
    return verifySignature({
      method: request.method,
      uri: config.PUBLIC_URL + request.originalUrl,
      rawBody,
      headers: {
        ...header('signature', request, 'x-hubspot-signature'),
        ...header('signatureVersion', request, 'x-hubspot-signature-version'),
        ...header('signatureV3', request, 'x-hubspot-signature-v3'),
        ...header('timestamp', request, 'x-hubspot-request-timestamp'),
      },
      secrets: config.HUBSPOT_CLIENT_SECRET,
      nowMs: Date.now(),
    });
  }

  /** Commits the call. Rejects when that did not come about. */
  async function take(call: ActionCall, bodyHash: Buffer): Promise<Answer> {
    const { portalId } = call.lane;
    const found = lanes.resolve(call);
    const lane = found instanceof Promise ? await found : found;
    if (lane === undefined) {
      logger.warn('An action call came for a portal that is not installed; HubSpot will call again', {
        portalId,
      });
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
    });
    if (!answer.sameBody) {
      logger.warn('A call was repeated with another body; the first one counts', {
        portalId,
        executionId: answer.executionId,
      });
    }
    return {
      result: answer.fresh ? answer.state : 'repeat',
      status: 200,
      body: answerFor(answer, call.lane.queue),
    };
  }

  /**
   * Keeps a signed call that cannot be understood where its ids can be read, and lets the record go on with a status.
   */
  async function reject(
    { reason, portalId, callbackId }: Extract<ParsedCall, { ok: false }>,
    body: Buffer,
    bodyHash: Buffer,
  ): Promise<Answer> {
    if (portalId === undefined || callbackId === undefined) {
      logger.warn('A signed action call cannot be understood, and its ids cannot be read', { reason });
      return { result: 'invalid', status: 400, body: { message: reason } };
    }
    const portal = await portals.find(portalId);
    const call = { portalId, callbackId, bodyHash, body, reason };
    if (!portal || !(await recordRejected(pool, portal.workspaceId, call))) return UNKNOWN_PORTAL;
    logger.warn('A signed action call cannot be understood; it is kept as rejected', { portalId, reason });
    return { result: 'rejected', status: 200, body: rejectedFor(reason) };
  }
}

function write(response: Response, { status, body, retryAfterMs }: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...(retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs) }),
  });
  response.end(text);
}

/** The raw bytes, or undefined when there are too many of them. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BYTES) chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(bytes > MAX_BYTES ? undefined : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on('error', reject);
    request.on('aborted', () => reject(new Error('The caller went away')));
  });
}

function header<K extends string>(
  key: K,
  request: IncomingMessage,
  name: string,
): Partial<Record<K, string>> {
  const value = request.headers[name];
  return typeof value === 'string' ? ({ [key]: value } as Record<K, string>) : {};
}
