import type { Queryable } from '../pool.js';
import type { RequestId } from '../workspaces/answeredRequests.js';

/*
 * Creates that HubSpot cannot tell from a repeat, noted under the Idempotency-Key of their request before they are
 * sent: a row without an answer. It goes with the answer; where none came it stays, and whoever asks again looks first.
 */

/** What the note of such a request says. */
export type Intent =
  | { readonly state: 'claimed' }
  /** Its answer is there by now. */
  | { readonly state: 'answered' }
  /** The key came with something else. */
  | { readonly state: 'foreign' }
  /** It was sent, or was about to be. The database's clock. */
  | { readonly state: 'open'; readonly sentAt: string; readonly sentMsAgo: number; readonly nowMs: number };

/** No status of HTTP's that answers anything. */
const OPEN = 102;

export async function claimCreate(db: Queryable, once: RequestId): Promise<Intent> {
  const { workspaceId, requestHash, bodyHash } = once;
  const { rowCount } = await db.query({
    name: 'idempotency.claim',
    text: `INSERT INTO idempotency_keys (request_hash, workspace_id, body_hash, status, answered_at)
           VALUES ($1, $2, $3, $4, clock_timestamp()) ON CONFLICT DO NOTHING`,
    values: [requestHash, workspaceId, bodyHash, OPEN],
  });
  if (rowCount === 1) return { state: 'claimed' };
  const { rows } = await db.query<{
    bodyHash: Buffer;
    isOpen: boolean;
    sentAt: string;
    sentMsAgo: number;
    nowMs: number;
  }>({
    name: 'idempotency.intent',
    text: `SELECT body_hash AS "bodyHash", status = $3 AS "isOpen", answered_at::text AS "sentAt",
                  (extract(epoch FROM clock_timestamp() - answered_at) * 1000)::float8 AS "sentMsAgo",
                  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
             FROM idempotency_keys WHERE request_hash = $1 AND workspace_id = $2`,
    values: [requestHash, workspaceId, OPEN],
  });
  const [row] = rows;
  // It was taken back since: whoever asks again claims it.
  if (!row) return { state: 'answered' };
  if (!row.bodyHash.equals(bodyHash)) return { state: 'foreign' };
  const { isOpen, sentAt, sentMsAgo, nowMs } = row;
  return isOpen ? { state: 'open', sentAt, sentMsAgo, nowMs } : { state: 'answered' };
}

/** It is sent once more, by whoever gets true: it was looked for, and is not there. */
export async function claimAgain(db: Queryable, once: RequestId, sentAt: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'idempotency.claim_again',
    text: `UPDATE idempotency_keys SET answered_at = clock_timestamp()
            WHERE request_hash = $1 AND workspace_id = $2 AND status = $3 AND answered_at = $4::timestamptz`,
    values: [once.requestHash, once.workspaceId, OPEN, sentAt],
  });
  return rowCount === 1;
}

/** It was certainly not made: the key may come again with anything. */
export async function releaseCreate(db: Queryable, once: RequestId): Promise<void> {
  await db.query({
    name: 'idempotency.release',
    text: 'DELETE FROM idempotency_keys WHERE request_hash = $1 AND workspace_id = $2 AND status = $3',
    values: [once.requestHash, once.workspaceId, OPEN],
  });
}
