import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Note } from '../../db/audit/auditedTransaction.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace, inWorkspace, TAKEN } from '../../db/tenant.js';
import {
  findAnswered,
  storeAnswered,
  type AnsweredRequest,
  type RequestId,
} from '../../db/workspaces/answeredRequests.js';
import { stringifyExactJson } from '../../domain/exactJson.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { inAuditedTransaction, inAuditedTransactionAlone } from './auditRequest.js';
import type { Caller } from './operation.js';

/** How long a request waits for another one with its key, without a connection. */
const WAIT_MS = 10_000;
const MOST_PAUSE_MS = 500;
const RETRY_AFTER_MS = 2000;

export interface StoredAnswer {
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as it was sent. */
  readonly text: string;
}

/** Thrown where a request has been answered before: that is its answer now. */
export class AnsweredBefore extends Error {
  override readonly name = 'AnsweredBefore';

  constructor(
    readonly id: RequestId,
    readonly answered: AnsweredRequest,
  ) {
    super('This request was answered before');
  }
}

interface Made {
  /** What is answered; undefined: nothing was made, and a repeat is a new request. */
  readonly answer:
    | {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body: unknown;
      }
    | undefined;
}

/**
 * Makes something in one audited transaction, and stores the answer in the same one under the Idempotency-Key of the
 * request, if it has one. Of requests with one key one is under way at a time; what it dies of undoes its work.
 */
export async function answerOnce<Result extends Made>(
  deps: { readonly pool: Pool; readonly logger: Logger },
  caller: Caller,
  work: (client: pg.PoolClient, note: Note) => Promise<Result>,
): Promise<Result> {
  const { once } = caller;
  if (!once) return inAuditedTransaction(deps, caller, work);
  return whenFree(() =>
    inAuditedTransactionAlone(deps, once.requestHash, caller, async (client, note) => {
      const before = await findAnswered(client, once);
      if (before) throw new AnsweredBefore(once, before);
      const result = await work(client, note);
      if (result.answer) {
        const { status, headers = {}, body } = result.answer;
        const sealedAnswer = once.seal(
          JSON.stringify({ headers, text: stringifyExactJson(body) } satisfies StoredAnswer),
        );
        if (!(await storeAnswered(client, once, { status, sealedAnswer, plainAnswer: null })))
          throw new Error('The request was answered meanwhile, under a lock of this one');
      }
      return result;
    }),
  );
}

/**
 * What was done elsewhere than in this database, under the Idempotency-Key of the request: the answer is stored when it
 * is known, so its work must be such that a repeat does no harm. Of two requests at once both have the answer that was
 * stored first.
 */
export async function answerOnceDone<Result extends NonNullable<Made['answer']>>(
  { pool }: { readonly pool: Pool },
  { once, workspaceId }: Caller,
  answer: Result,
): Promise<Result> {
  if (!once) return answer;
  const { status, headers = {}, body } = answer;
  const sealedAnswer = once.seal(
    JSON.stringify({ headers, text: stringifyExactJson(body) } satisfies StoredAnswer),
  );
  const isStored = await inWorkspace(pool, workspaceId, (client) =>
    storeAnswered(client, once, { status, sealedAnswer, plainAnswer: null }),
  );
  if (isStored) return answer;
  const before = await findAnswered(forWorkspace(pool, workspaceId), once);
  if (before) throw new AnsweredBefore(once, before);
  return answer;
}

/** Asks again and again until nobody else is under way, for a while. */
export async function whenFree<T>(attempt: () => Promise<T | typeof TAKEN>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (let pauseMs = 25; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
    const result = await attempt();
    if (result !== TAKEN) return result;
    if (performance.now() + pauseMs > deadline)
      throw new AppError('unavailable', 'A request with this Idempotency-Key is still under way; ask again', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    await delay(pauseMs);
  }
}
