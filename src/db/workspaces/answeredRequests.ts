import { createHash } from 'node:crypto';
import type { Queryable } from '../pool.js';

/*
 * Requests that came with an Idempotency-Key and were answered, whatever room they were for. The row is committed in
 * the transaction of the work, answer and all: there is no moment at which one is there without the other, and a
 * process that dies before its commit leaves nothing.
 */

/** A request by its workspace and key, and what else makes it this one. */
export interface RequestId {
  readonly workspaceId: string;
  /** Of workspace and key. */
  readonly requestHash: Buffer;
  /** Of the operation and its input. */
  readonly bodyHash: Buffer;
}

export interface AnsweredRequest {
  readonly bodyHash: Buffer;
  readonly status: number;
  /** Headers and body, sealed: it may hold what is shown once. */
  readonly sealedAnswer: string | null;
  /** The same, of an operation whose answers hold no secret. */
  readonly plainAnswer: string | null;
}

export function requestHashOf(workspaceId: string, key: string): Buffer {
  return createHash('sha256').update(`${workspaceId}\0${key}`).digest();
}

export async function findAnswered(
  db: Queryable,
  { workspaceId, requestHash }: Pick<RequestId, 'workspaceId' | 'requestHash'>,
): Promise<AnsweredRequest | undefined> {
  const { rows } = await db.query<AnsweredRequest>({
    name: 'idempotency.find',
    text: `SELECT body_hash AS "bodyHash", status, sealed_answer AS "sealedAnswer", plain_answer AS "plainAnswer"
             FROM idempotency_keys WHERE request_hash = $1 AND workspace_id = $2 AND status >= 200`,
    values: [requestHash, workspaceId],
  });
  return rows[0];
}

/** False: another one was answered under this key since it was looked for. */
export async function storeAnswered(
  client: Queryable,
  { workspaceId, requestHash, bodyHash }: RequestId,
  { status, sealedAnswer, plainAnswer }: Omit<AnsweredRequest, 'bodyHash'>,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'idempotency.store',
    text: `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status, sealed_answer, plain_answer)
           VALUES ($1, $2, $3, $4, $5, $6)
           -- What was noted before it was sent (db/writes/intents.ts) has its answer now.
           ON CONFLICT (request_hash) DO UPDATE
              SET status = excluded.status, sealed_answer = excluded.sealed_answer, plain_answer = excluded.plain_answer, answered_at = now()
            WHERE idempotency_keys.status < 200 AND idempotency_keys.body_hash = excluded.body_hash`,
    values: [requestHash, workspaceId, bodyHash, status, sealedAnswer, plainAnswer],
  });
  return rowCount === 1;
}
