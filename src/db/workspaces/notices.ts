import type { NoticeState } from '../../domain/workspaces/notice.js';
import type { Pool, Queryable } from '../pool.js';
import { forWorkspace } from '../tenant.js';

/** What a workspace is notified of. `detail` holds ids, states and codes: no personal data, no secrets. */
export interface NewNotice {
  readonly workspaceId: string;
  /** `portal.connected`, `portal.reauth_required` …: docs/api.md lists them. */
  readonly kind: string;
  readonly portalId?: number | undefined;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes a notice in the caller's transaction; a sweep has it delivered once that is committed. Returns its id. */
export async function notify(client: Queryable, notice: NewNotice): Promise<string> {
  const { rows } = await client.query<{ id: string }>({
    name: 'notices.add',
    text: `INSERT INTO notices (workspace_id, kind, portal_id, detail, state)
           SELECT w.id, $2, $3, $4, CASE WHEN w.notify_url IS NULL THEN 'kept' ELSE 'pending' END
             FROM workspaces w WHERE w.id = $1
           RETURNING id`,
    values: [notice.workspaceId, notice.kind, notice.portalId ?? null, JSON.stringify(notice.detail)],
  });
  const [row] = rows;
  if (!row) throw new Error('The notice was not written: there is no such workspace in this transaction');
  return row.id;
}

export interface Notice {
  readonly id: string;
  readonly kind: string;
  readonly portalId: number | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly state: NoticeState;
  readonly createdAt: Date;
  readonly deliveredAt: Date | null;
  readonly attempts: number;
  readonly lastError: string | null;
}

/** A notice, and what is needed to deliver it. */
export interface NoticeToSend extends Notice {
  readonly notifyUrl: string | null;
  readonly notifySecretSealed: string | null;
  /** By the database's clock. */
  readonly nowSeconds: number;
}

const COLUMNS = `n.id, n.kind, n.portal_id::float8 AS "portalId", n.detail, n.state, n.created_at AS "createdAt",
  n.delivered_at AS "deliveredAt", n.attempts, n.last_error AS "lastError"`;

export async function findNotice(
  pool: Pool,
  workspaceId: string,
  id: string,
): Promise<NoticeToSend | undefined> {
  const { rows } = await forWorkspace(pool, workspaceId).query<NoticeToSend>({
    name: 'notices.find',
    text: `SELECT ${COLUMNS}, w.notify_url AS "notifyUrl", w.notify_secret AS "notifySecretSealed",
                  extract(epoch FROM clock_timestamp())::int AS "nowSeconds"
             FROM notices n JOIN workspaces w ON w.id = n.workspace_id WHERE n.id = $1 AND n.workspace_id = $2`,
    values: [id, workspaceId],
  });
  return rows[0];
}

/** Newest first, from before `after`. */
export async function listNotices(
  pool: Pool,
  workspaceId: string,
  page: { state?: NoticeState | undefined; after?: string | undefined; limit: number },
): Promise<Notice[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Notice>({
    name: 'notices.list',
    text: `SELECT ${COLUMNS} FROM notices n
            WHERE n.workspace_id = $1 AND ($2::text IS NULL OR n.state = $2) AND ($3::bigint IS NULL OR n.id < $3)
            ORDER BY n.id DESC LIMIT $4`,
    values: [workspaceId, page.state ?? null, page.after ?? null, page.limit],
  });
  return rows;
}

/** Stores the result of one try. `pending` with an error: it is tried again. */
export async function noteAttempt(
  pool: Pool,
  workspaceId: string,
  id: string,
  result: { state: NoticeState; error: string | null },
): Promise<void> {
  await forWorkspace(pool, workspaceId).query({
    name: 'notices.attempt',
    text: `UPDATE notices SET state = $3, last_error = $4, attempts = attempts + 1,
                  delivered_at = CASE WHEN $3 = 'delivered' THEN clock_timestamp() END
            WHERE id = $1 AND workspace_id = $2 AND state = 'pending'`,
    values: [id, workspaceId, result.state, result.error],
  });
}

export async function failNotice(pool: Pool, workspaceId: string, id: string): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE notices SET state = 'failed' WHERE id = $1 AND workspace_id = $2 AND state = 'pending'`,
    [id, workspaceId],
  );
}

/** Has a notice delivered again, in whatever state it is. Undefined: the workspace has no such notice. */
export async function resendNotice(
  client: Queryable,
  workspaceId: string,
  id: string,
): Promise<Notice | undefined> {
  const { rows } = await client.query<Notice>({
    name: 'notices.resend',
    text: `UPDATE notices n SET state = 'pending', started_at = NULL, delivered_at = NULL, last_error = NULL
            WHERE n.id = $1 AND n.workspace_id = $2 RETURNING ${COLUMNS}`,
    values: [id, workspaceId],
  });
  return rows[0];
}

/** Notices of any workspace whose delivery is to be begun. No other caller gets them for half a minute. */
export async function noticesToDeliver(
  db: Queryable,
  max: number,
): Promise<{ workspaceId: string; noticeId: string; kind: string }[]> {
  const { rows } = await db.query<{ workspaceId: string; noticeId: string; kind: string }>(
    'SELECT workspace_id AS "workspaceId", notice_id AS "noticeId", kind FROM notices_to_deliver($1)',
    [max],
  );
  return rows;
}

/** The delivery is begun: no caller gets it for days, unless it is to be sent again by then. */
export async function noticeStarted(pool: Pool, workspaceId: string, id: string): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    'UPDATE notices SET started_at = clock_timestamp() WHERE id = $1 AND started_at IS NOT NULL',
    [id],
  );
}
