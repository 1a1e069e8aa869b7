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
import type { IntakeInstruments } from './instruments.js';
import { answerFor, rejected, type ActionAnswer } from './answer.js';
import { parseCall, type ParsedCall } from './call.js';
import type { Committer } from './committer.js';
import type { LaneDirectory } from './laneDirectory.js';

interface Dependencies {
  pool: Pool;
  config: Pick<Config, 'PUBLIC_URL' | 'HUBSPOT_CLIENT_SECRET'>;
  committer: Committer;
  portals: PortalResolver;
  lanes: LaneDirectory;
  logger: Logger;
  metrics: Pick<IntakeInstruments, 'intakeCalls' | 'intakeSeconds'>;
}

const MAX_BYTES = 1024 * 1024;
/** HubSpot reads Retry-After of action calls as milliseconds (HUBSPOT §1.4). */
const RETRY_AFTER_MS = 5000;
/** It may be installed in a moment, or its row may come back with a restored database: HubSpot is to call again. */
const UNKNOWN_PORTAL = [
  'unknown_portal',
  503,
  { message: 'The portal is not installed here' },
  60_000,
] as const;

/**
 * `POST /api/hubspot/action`: HubSpot calls it for each record that reaches the action. 2xx only after the commit. Doubt is
 * answered 503, so that HubSpot calls again; 4xx would mean "ended, not to be repeated" (law 9).
 */
export function createActionHandler(deps: Dependencies): RequestHandler {
  const { config, committer, lanes, logger, metrics } = deps;

  return async function action(request: Request, response: Response): Promise<void> {
    const startedAt = performance.now();
    const finish = (
      result: string,
      status: number,
      body: ActionAnswer | { message: string },
      retryAfterMs?: number,
    ): void => {
      metrics.intakeCalls.inc({ result });
      metrics.intakeSeconds.observe((performance.now() - startedAt) / 1000);
      if (response.headersSent || response.destroyed) return;
      const text = JSON.stringify(body);
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        ...(retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs) }),
      });
      response.end(text);
    };

    const body = await readBody(request);
    if (body === undefined)
      return finish('too_large', 413, { message: `The body is larger than ${MAX_BYTES} bytes` });
    const signature = verifySignature({
      method: request.method,
      uri: config.PUBLIC_URL + request.originalUrl,
      rawBody: body,
      headers: {
        ...header('signature', request, 'x-hubspot-signature'),
        ...header('signatureVersion', request, 'x-hubspot-signature-version'),
        ...header('signatureV3', request, 'x-hubspot-signature-v3'),
        ...header('timestamp', request, 'x-hubspot-request-timestamp'),
      },
      secrets: config.HUBSPOT_CLIENT_SECRET,
      nowMs: Date.now(),
    });
    if (!signature.ok) {
      logger.warn('An action call was refused: its signature is not right', {
        reason: signature.reason,
        bytes: body.length,
      });
      return finish(`signature_${signature.reason}`, 401, {
        message: `The signature is ${signature.reason}: check HUBSPOT_CLIENT_SECRET and PUBLIC_URL`,
      });
    }
    const parsed = parseCall(body);
    const bodyHash = createHash('sha256').update(body).digest();
    try {
      if (!parsed.ok) return await reject(deps, parsed, body, bodyHash, finish);
      const { call } = parsed;
      const found = lanes.resolve(call);
      const lane = found instanceof Promise ? await found : found;
      if (lane === undefined) {
        logger.warn('An action call came for a portal that is not installed; HubSpot will call again', {
          portalId: call.lane.portalId,
        });
        return finish(...UNKNOWN_PORTAL);
      }
      const answer = await committer.submit({
        workspaceId: lane.workspaceId,
        portalId: call.lane.portalId,
        callbackId: call.callbackId,
        laneId: lane.laneId,
        bodyHash,
        source: call.source,
        objectId: call.objectId,
      });
      if (!answer.sameBody) {
        logger.warn('A call was repeated with another body; the first one counts', {
          portalId: call.lane.portalId,
          executionId: answer.executionId,
        });
      }
      finish(answer.fresh ? answer.state : 'repeat', 200, answerFor(answer, call.lane.queue));
    } catch (error) {
      const known = error instanceof AppError && error.code === 'unavailable';
      logger[known ? 'warn' : 'error']('An action call could not be committed; HubSpot will call again', {
        error,
      });
      finish(
        'unavailable',
        503,
        { message: 'Not committed; call again' },
        known ? error.details.retryAfterMs : RETRY_AFTER_MS,
      );
    }
  };
}

/** Keeps a signed call that cannot be understood where its ids can be read, and lets the record go on with a status. */
async function reject(
  { pool, portals, logger }: Dependencies,
  { reason, portalId, callbackId }: Extract<ParsedCall, { ok: false }>,
  body: Buffer,
  bodyHash: Buffer,
  finish: (
    result: string,
    status: number,
    body: ActionAnswer | { message: string },
    retryAfterMs?: number,
  ) => void,
): Promise<void> {
  if (portalId === undefined || callbackId === undefined) {
    logger.warn('A signed action call cannot be understood, and its ids cannot be read', { reason });
    return finish('invalid', 400, { message: reason });
  }
  const portal = await portals.find(portalId);
  const call = { portalId, callbackId, bodyHash, body, reason };
  if (!portal || !(await recordRejected(pool, portal.workspaceId, call))) return finish(...UNKNOWN_PORTAL);
  logger.warn('A signed action call cannot be understood; it is kept as rejected', { portalId, reason });
  finish('rejected', 200, rejected(reason));
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
