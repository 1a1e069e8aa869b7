import type { Queryable } from '../pool.js';

/** Which dead letters: all that are given must hold. */
export interface DeadLetterFilter {
  readonly ids?: readonly string[] | undefined;
  readonly portalId?: number | undefined;
  readonly type?: string | undefined;
  readonly state?: 'dead' | 'invalid' | 'discarded' | undefined;
  readonly errorClass?: string | undefined;
  /** Died at or after. */
  readonly since?: Date | undefined;
  /** Only those with a greater id. */
  readonly afterId?: string | undefined;
}

const MATCHES = `d.workspace_id = $1 AND ($2::bigint[] IS NULL OR d.id = ANY ($2)) AND ($3::bigint IS NULL OR d.portal_id = $3)
   AND ($4::text IS NULL OR d.type = $4) AND ($5::text IS NULL AND d.state <> 'discarded' OR d.state = $5)
   AND ($6::text IS NULL OR d.error_class = $6) AND ($7::timestamptz IS NULL OR d.died_at >= $7)
   AND ($8::bigint IS NULL OR d.id > $8)`;

function values(workspaceId: string, filter: DeadLetterFilter): unknown[] {
  return [
    workspaceId,
    filter.ids ?? null,
    filter.portalId ?? null,
    filter.type ?? null,
    filter.state ?? null,
    filter.errorClass ?? null,
    filter.since ?? null,
    filter.afterId ?? null,
  ];
}

export interface DeadLetterGroup {
  readonly portalId: number | null;
  readonly type: string;
  readonly errorClass: string | null;
  readonly count: number;
}

/** What a redrive or a discard would concern. */
export async function countDeadLetters(
  db: Queryable,
  workspaceId: string,
  filter: DeadLetterFilter,
): Promise<DeadLetterGroup[]> {
  const { rows } = await db.query<DeadLetterGroup>(
    `SELECT d.portal_id::float8 AS "portalId", d.type, d.error_class AS "errorClass", count(*)::int AS count
       FROM outbox_dead d WHERE ${MATCHES} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    values(workspaceId, filter),
  );
  return rows;
}

/** Of these ids, those that name no dead letter which matches. */
export async function missingDeadLetters(
  db: Queryable,
  workspaceId: string,
  filter: DeadLetterFilter & { readonly ids: readonly string[] },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT i.id FROM unnest($2::bigint[]) AS i (id)
      WHERE NOT EXISTS (SELECT FROM outbox_dead d WHERE d.id = i.id AND ${MATCHES}) ORDER BY i.id`,
    values(workspaceId, filter),
  );
  return rows.map(({ id }) => id);
}

/** A dead letter as an operator sees it; `GET /api/events/:id` shows one whole. */
export interface DeadLetterView {
  readonly id: string;
  readonly portalId: number | null;
  readonly type: string;
  /** Which mapping an event of the type `generic` names. */
  readonly mapping: string | null;
  readonly state: 'dead' | 'invalid' | 'discarded';
  readonly errorClass: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly eventKey: string | null;
  readonly orderingKey: string | null;
  readonly capturedAt: Date;
  readonly diedAt: Date;
}

/** One page, newest first. */
export async function listDeadLetters(
  db: Queryable,
  workspaceId: string,
  filter: DeadLetterFilter,
  page: { after?: string | undefined; limit: number },
): Promise<DeadLetterView[]> {
  const { rows } = await db.query<DeadLetterView>(
    `SELECT d.id, d.portal_id::float8 AS "portalId", d.type, d.state, d.error_class AS "errorClass", d.reason, d.attempts,
            d.event_key AS "eventKey", d.ordering_key AS "orderingKey", d.captured_at AS "capturedAt", d.died_at AS "diedAt",
            CASE d.type WHEN 'generic' THEN left(d.payload->>'name', 100) END AS mapping
       FROM outbox_dead d WHERE ${MATCHES} AND ($9::bigint IS NULL OR d.id < $9) ORDER BY d.id DESC LIMIT $10`,
    [...values(workspaceId, filter), page.after ?? null, page.limit],
  );
  return rows;
}

/** A dead letter in hand, to be validated again before it goes back: its type may have been corrected. */
export interface DeadLetter {
  readonly id: string;
  readonly portalId: number | null;
  readonly type: string;
  readonly version: number;
  readonly state: 'dead' | 'invalid' | 'discarded';
  readonly orderingKey: string | null;
  readonly payload: unknown;
  readonly occurredAt: Date | null;
  readonly capturedAt: Date;
  readonly reason: string;
  /** States of its effects, where some have taken place. */
  readonly effects: unknown;
  /** A create of it may be in HubSpot: it stands in the ledger. */
  readonly sent: boolean;
}

/** Payloads that are taken at a time, as text; one letter is always taken. */
const MAX_LOCKED_BYTES = 2 * 1024 * 1024;

/**
 * The oldest that match, locked until the transaction ends: `max` of them, or fewer where their payloads are large;
 * then `more` match.
 */
export async function lockDeadLetters(
  client: Queryable,
  workspaceId: string,
  filter: DeadLetterFilter,
  max: number,
): Promise<{ letters: DeadLetter[]; more: boolean }> {
  const { rows } = await client.query<DeadLetter & { found: number }>(
    `WITH oldest AS MATERIALIZED (
       SELECT d.* FROM outbox_dead d WHERE ${MATCHES} ORDER BY d.id LIMIT $9 FOR UPDATE SKIP LOCKED
     ), weighed AS (
       SELECT o.*, count(*) OVER () AS found,
              sum(octet_length(o.payload::text)) OVER (ORDER BY o.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
         FROM oldest o
     )
     SELECT d.id, d.portal_id::float8 AS "portalId", d.type, d.version, d.state, d.ordering_key AS "orderingKey", d.payload,
            d.occurred_at AS "occurredAt", d.captured_at AS "capturedAt", d.reason, d.effects,
            EXISTS (SELECT FROM outbox_ledger l WHERE l.event_id = d.id) AS sent, d.found::int
       FROM weighed d WHERE coalesce(d.before, 0) < ${MAX_LOCKED_BYTES} ORDER BY d.id`,
    [...values(workspaceId, filter), max],
  );
  const found = rows[0]?.found ?? 0;
  return { letters: rows, more: found === max || found > rows.length };
}

/** Sends dead letters on their way again, with their attempts counted anew. Their places are those of their ids. */
export async function reviveDeadLetters(
  client: Queryable,
  letters: readonly { id: string; portalId: number; version: number; orderingKey: string | null }[],
): Promise<number> {
  const { rowCount } = await client.query(
    `WITH gone AS (
       DELETE FROM outbox_dead d USING unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[]) AS u (id, portal_id, ordering_key, version)
        WHERE d.id = u.id RETURNING d.*, u.portal_id AS to_portal, u.ordering_key AS new_key, u.version AS new_version
     ), portal AS (
       INSERT INTO outbox_portals AS p (portal_id, workspace_id, low_id)
       SELECT to_portal, min(workspace_id::text)::uuid, min(id) FROM gone GROUP BY to_portal ORDER BY to_portal
       ON CONFLICT (portal_id) DO UPDATE SET low_id = least(p.low_id, excluded.low_id)
     )
     INSERT INTO outbox_pending (id, workspace_id, portal_id, type, version, ordering_key, event_key, payload, occurred_at, captured_at, effects, bytes)
     SELECT id, workspace_id, to_portal, type, new_version, new_key, event_key, payload, occurred_at, captured_at, effects, octet_length(payload::text)
       FROM gone`,
    [
      letters.map(({ id }) => id),
      letters.map(({ portalId }) => portalId),
      letters.map(({ orderingKey }) => orderingKey),
      letters.map(({ version }) => version),
    ],
  );
  return rowCount ?? 0;
}

/** Notes what is still wrong with letters that were validated again. */
export async function renoteDeadLetters(
  client: Queryable,
  letters: readonly { id: string; reason: string }[],
): Promise<void> {
  await client.query(
    `UPDATE outbox_dead d SET reason = u.reason, last_error = u.reason, died_at = clock_timestamp()
       FROM unnest($1::bigint[], $2::text[]) AS u (id, reason) WHERE d.id = u.id`,
    [letters.map(({ id }) => id), letters.map(({ reason }) => reason)],
  );
}

/**
 * Gives dead letters up, with the reason, behind which that of their death stays; they stay to be seen. A bounded
 * number at a time.
 */
export async function discardDeadLetters(
  db: Queryable,
  workspaceId: string,
  filter: DeadLetterFilter,
  reason: string,
  max: number,
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE outbox_dead SET state = 'discarded', reason = $9 || '; it had died: ' || reason WHERE id IN (
       SELECT d.id FROM outbox_dead d WHERE ${MATCHES} ORDER BY d.id LIMIT $10 FOR UPDATE SKIP LOCKED)`,
    [...values(workspaceId, filter), reason, max],
  );
  return rowCount ?? 0;
}
