import type { Queryable } from '../pool.js';

export const EVENT_STATES = [
  'pending',
  'sending',
  'retrying',
  'held',
  'processed',
  'dead',
  'invalid',
  'discarded',
] as const;
export type EventState = (typeof EVENT_STATES)[number];

/** An event wherever it stands, as an operator sees it. */
export interface EventView {
  readonly id: string;
  readonly portalId: number | null;
  readonly type: string;
  readonly version: number;
  readonly state: EventState;
  readonly orderingKey: string | null;
  readonly eventKey: string | null;
  readonly occurredAt: Date | null;
  readonly capturedAt: Date;
  readonly processedAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly attempts: number;
  readonly errorClass: string | null;
  readonly lastError: string | null;
  /** `live`, `dry` or `shadow`, once it was processed. */
  readonly mode: string | null;
  /** Which mapping an event of the type `generic` names. */
  readonly mapping: string | null;
  /** One of its custom events is, or is to be, delivered by its fallback. */
  readonly byFallback: boolean;
}

const PENDING = `
  SELECT e.id, e.portal_id, e.type, e.version, e.ordering_key, e.event_key, e.occurred_at, e.captured_at, NULL::timestamptz AS processed_at,
         e.due_at, e.attempts, e.error_class, e.last_error, NULL::text AS mode, e.payload, e.effects,
         CASE e.state WHEN 1 THEN 'retrying' WHEN 2 THEN 'held' ELSE
           CASE WHEN EXISTS (SELECT FROM outbox_claims c WHERE c.portal_id = e.portal_id AND e.id = ANY (c.event_ids)) THEN 'sending' ELSE 'pending' END
         END AS state
    FROM outbox_pending e`;
const PROCESSED = `
  SELECT e.id, e.portal_id, e.type, e.version, e.ordering_key, e.event_key, e.occurred_at, e.captured_at, e.processed_at,
         NULL::timestamptz AS due_at, e.attempts, e.error_class, e.last_error, e.mode, e.payload, e.effects, 'processed' AS state
    FROM outbox_history e`;
const DEAD = `
  SELECT e.id, e.portal_id, e.type, e.version, e.ordering_key, e.event_key, e.occurred_at, e.captured_at, NULL::timestamptz AS processed_at,
         NULL::timestamptz AS due_at, e.attempts, e.error_class, e.last_error, NULL::text AS mode, e.payload, e.effects, e.state
    FROM outbox_dead e`;
const VIEW = `x.id, x.portal_id::float8 AS "portalId", x.type, x.version, x.state, x.ordering_key AS "orderingKey", x.event_key AS "eventKey",
  x.occurred_at AS "occurredAt", x.captured_at AS "capturedAt", x.processed_at AS "processedAt", x.due_at AS "nextAttemptAt", x.attempts,
  x.error_class AS "errorClass", x.last_error AS "lastError", x.mode,
  CASE x.type WHEN 'generic' THEN left(x.payload->>'name', 100) END AS mapping,

  coalesce(jsonb_path_exists(x.effects, '$.*.fallback'), false) AS "byFallback"`;

export interface EventFilter {
  readonly portalId?: number | undefined;
  readonly type?: string | undefined;
  readonly state?: EventState | undefined;
  readonly errorClass?: string | undefined;
  readonly eventKey?: string | undefined;
  readonly since?: Date | undefined;
  /** Only older ones than this id. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const SOURCES: Record<EventState, readonly string[]> = {
  pending: [PENDING],
  sending: [PENDING],
  retrying: [PENDING],
  held: [PENDING],
  processed: [PROCESSED],
  dead: [DEAD],
  invalid: [DEAD],
  discarded: [DEAD],
};

/** One page, newest first, whatever became of them. One statement: what is settled meanwhile is not missed. */
export async function listEvents(
  db: Queryable,
  workspaceId: string,
  filter: EventFilter,
): Promise<EventView[]> {
  const values: unknown[] = [workspaceId, filter.limit];
  const conditions = ['e.workspace_id = $1'];
  const where = (condition: (n: string) => string, value: unknown): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  where((n) => `e.portal_id = ${n}`, filter.portalId);
  where((n) => `e.type = ${n}`, filter.type);
  where((n) => `e.error_class = ${n}`, filter.errorClass);
  where((n) => `e.event_key = ${n}`, filter.eventKey);
  where((n) => `e.id < ${n}::bigint`, filter.after);
  if (filter.eventKey !== undefined)
    where((n) => `e.id = ${n}`, await idOfKey(db, workspaceId, filter.eventKey));
  where((n) => `e.captured_at >= ${n}`, filter.since);
  // What was processed before cannot have been captured since: days of the history are left out.
  const processed = [...conditions];
  if (filter.since !== undefined) processed.push(`e.processed_at >= $${values.length}`);
  const state = filter.state === undefined ? 'true' : `x.state = $${values.push(filter.state)}`;
  const sources = filter.state === undefined ? [PENDING, PROCESSED, DEAD] : SOURCES[filter.state];
  // A state that stands in no column (sending, pending) is filtered before the page is cut.
  const pages = sources.map(
    (source) =>
      `(SELECT * FROM (${source} WHERE ${(source === PROCESSED ? processed : conditions).join(' AND ')}) x WHERE ${state} ORDER BY x.id DESC LIMIT $2)`,
  );
  const { rows } = await db.query<EventView>(
    `SELECT ${VIEW} FROM (${pages.join(' UNION ALL ')}) x ORDER BY x.id DESC LIMIT $2`,
    values,
  );
  return rows;
}

/** Undefined: the key was forgotten, or there never was one. */
async function idOfKey(db: Queryable, workspaceId: string, eventKey: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    'SELECT event_id AS id FROM outbox_keys WHERE workspace_id = $1 AND event_key = $2',
    [workspaceId, eventKey],
  );
  return rows[0]?.id;
}

/** A try that failed. */
export interface FailedAttempt {
  readonly n: number;
  readonly at: Date;
  readonly errorClass: string;
  readonly message: string;
  readonly correlationId: string | null;
}

/** That a redrive or a replay took it up. */
export interface RedrivenAt {
  readonly redriveId: string;
  readonly at: Date;
  readonly kind: 'dead_letters' | 'dry_run';
  /** False: it was still invalid, and stayed where it was. */
  readonly moved: boolean;
  readonly requestedBy: string;
}

/** What was sent that HubSpot cannot deduplicate, and what is known of it. */
export interface LedgerEntry {
  readonly n: number;
  readonly kind: string;
  readonly state: 'intended' | 'done' | 'ambiguous';
  readonly objectType: string;
  readonly objectId: string | null;
  readonly ambiguous: number;
  readonly sentAt: Date;
  readonly resolvedAt: Date | null;
}

export interface EventDetail extends EventView {
  readonly payload: unknown;
  readonly effects: unknown;
  readonly failedAttempts: readonly FailedAttempt[];
  readonly redriven: readonly RedrivenAt[];
  readonly ledger: readonly LedgerEntry[];
}

export async function findEvent(
  db: Queryable,
  workspaceId: string,
  id: string,
): Promise<EventDetail | undefined> {
  const page = (source: string) => `(${source} WHERE e.id = $2 AND e.workspace_id = $1)`;
  const { rows } = await db.query<EventDetail>(
    `SELECT ${VIEW}, x.payload, x.effects FROM (${[PENDING, PROCESSED, DEAD].map(page).join(' UNION ALL ')}) x
      ORDER BY x.processed_at DESC NULLS FIRST LIMIT 1`,
    [workspaceId, id],
  );
  const [event] = rows;
  if (!event) return undefined;
  const attempts = await db.query<FailedAttempt>(
    `SELECT n, at, error_class AS "errorClass", message, correlation_id AS "correlationId"
       FROM outbox_attempts WHERE event_id = $1 AND workspace_id = $2 ORDER BY at`,
    [id, workspaceId],
  );
  const redriven = await db.query<RedrivenAt>(
    `SELECT redrive_id AS "redriveId", at, kind, moved, requested_by AS "requestedBy"
       FROM outbox_redriven WHERE event_id = $1 AND workspace_id = $2 ORDER BY at`,
    [id, workspaceId],
  );
  const ledger = await db.query<LedgerEntry>(
    `SELECT n, kind, state, object_type AS "objectType", object_id AS "objectId", ambiguous, sent_at AS "sentAt", resolved_at AS "resolvedAt"
       FROM outbox_ledger WHERE event_id = $1 AND workspace_id = $2 ORDER BY n`,
    [id, workspaceId],
  );
  return { ...event, failedAttempts: attempts.rows, redriven: redriven.rows, ledger: ledger.rows };
}
