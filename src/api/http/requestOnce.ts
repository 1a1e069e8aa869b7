import { createHash, randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { findAnswered, requestHashOf, type RequestId } from '../../db/workspaces/answeredRequests.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { AppError } from '../../platform/errors.js';
import { sealedAnswerContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';
import { AnsweredBefore, type StoredAnswer } from './answerOnce.js';
import { invalidInput, parseInput, textSchema } from './input.js';
import type { OperationDescription, RequestOnce } from './operation.js';

/** What an operation that is `idempotent` takes beside its input. */
export const IDEMPOTENCY_HEADERS = {
  'idempotency-key': textSchema(200)
    .optional()
    .meta({ description: 'Of your choice: with the same one the request is done once, for 72 hours' }),
};
const headersSchema = z.object(IDEMPOTENCY_HEADERS);
export const REPLAYED = { 'Idempotent-Replayed': 'true' };

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Pick<Sealing, 'sealer' | 'open'>;
}

export function idempotencyKeyOf(request: Pick<Request, 'headers'>): string | undefined {
  return parseInput(headersSchema, request.headers)['idempotency-key'];
}

/** The request as one that may come again; undefined where it has no Idempotency-Key. */
export async function requestOnce(
  { sealing }: Pick<Dependencies, 'sealing'>,
  { id, idempotent }: Pick<OperationDescription, 'id' | 'idempotent'>,
  request: Request,
  workspaceId: string,
): Promise<RequestOnce | undefined> {
  const key = idempotencyKeyOf(request) ?? (idempotent === 'named' ? randomUUID() : undefined);
  if (key === undefined) return undefined;
  const requestHash = requestHashOf(workspaceId, key);
  const bodyHash = createHash('sha256');
  for (const part of [id, request.params, request.query, request.body as unknown])
    bodyHash.update(written(part ?? null)).update('\0');
  const seal = await sealing.sealer(workspaceId);
  const context = sealedAnswerContext(workspaceId, requestHash);
  return {
    ...{ workspaceId, key, requestHash, bodyHash: bodyHash.digest() },
    seal: (text) => seal(text, context),
  };
}

function written(part: unknown): string {
  try {
    return stringifyExactJson(part);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalidInput([{ path: '', message: 'is nested too deep' }]);
  }
}

/** How it was answered before, if it was. */
export async function answeredBefore(
  { pool }: Pick<Dependencies, 'pool'>,
  once: RequestId,
): Promise<AnsweredBefore | undefined> {
  const answered = await findAnswered(forWorkspace(pool, once.workspaceId), once);
  return answered && new AnsweredBefore(once, answered);
}

/** Sends the answer once more, byte for byte. A key that came with something else is refused. */
export async function sendAgain(
  { sealing }: Pick<Dependencies, 'sealing'>,
  response: Response,
  { id: { workspaceId, requestHash, bodyHash }, answered }: AnsweredBefore,
): Promise<void> {
  if (!answered.bodyHash.equals(bodyHash))
    throw new AppError(
      'idempotency_conflict',
      'This Idempotency-Key came with another request before: nothing was done. Send a new key with a new request',
    );
  const { status, sealedAnswer, plainAnswer } = answered;
  const text =
    plainAnswer ??
    (await sealing.open(sealedAnswer ?? '', sealedAnswerContext(workspaceId, requestHash))).reveal();
  const answer = JSON.parse(text) as StoredAnswer;
  response.status(status).set(answer.headers).set(REPLAYED).type('application/json').send(answer.text);
}
