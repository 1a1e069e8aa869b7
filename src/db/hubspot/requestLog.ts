import type { Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/** A request to HubSpot, as the log keeps it: no ids of records, no query, no bodies. */
export interface LoggedRequest {
  workspaceId: string;
  portalId: number;
  ageMs: number;
  method: string;
  path: string;
  status: number | undefined;
  outcome: string;
  ms: number;
  priority: string;
  bucket: string;
  budgetUsed: number | undefined;
  correlationId: string | undefined;
}

/** Writes requests to the log in one statement. */
export async function insertRequests(db: Queryable, requests: readonly LoggedRequest[]): Promise<void> {
  const column = <T>(value: (request: LoggedRequest) => T) => requests.map(value);
  await db.query({
    name: 'request_log.insert',
    text: 'SELECT log_requests($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)',
    values: [
      workspaceList(column((one) => one.workspaceId)),
      column((one) => one.workspaceId),
      column((one) => one.portalId),
      column((one) => one.ageMs),
      column((one) => one.method),
      column((one) => one.path),
      column((one) => one.status ?? null),
      column((one) => one.outcome),
      column((one) => Math.round(one.ms)),
      column((one) => one.priority),
      column((one) => one.bucket),
      column((one) => one.budgetUsed ?? null),
      column((one) => one.correlationId ?? null),
    ],
  });
}

export interface RequestFilter {
  portalId: number;
  outcome?: string | undefined;
  /** 4 for 4xx, and so on. */
  statusClass?: number | undefined;
  since?: Date | undefined;
  /** The id of the last request of the page before. */
  after?: string | undefined;
  limit: number;
}

export interface RequestRow {
  id: string;
  at: Date;
  method: string;
  path: string;
  status: number | null;
  outcome: string;
  ms: number;
  priority: string;
  ring: string;
  budgetUsed: number | null;
  correlationId: string | null;
}

/** A page of a portal's requests, the newest first. */
export async function listRequests(db: Queryable, filter: RequestFilter): Promise<RequestRow[]> {
  const { rows } = await db.query<RequestRow>({
    name: 'request_log.list',
    text: `SELECT id, at, method, path, status, outcome, ms, priority, ring, budget_used AS "budgetUsed",
                  correlation_id AS "correlationId"
             FROM request_log
            WHERE portal_id = $1 AND ($2::text IS NULL OR outcome = $2) AND ($3::int IS NULL OR status / 100 = $3)
              AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::bigint IS NULL OR id < $5)
            ORDER BY id DESC LIMIT $6`,
    values: [
      filter.portalId,
      filter.outcome ?? null,
      filter.statusClass ?? null,
      filter.since ?? null,
      filter.after ?? null,
      filter.limit,
    ],
  });
  return rows;
}
