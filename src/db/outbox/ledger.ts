import type { Queryable } from '../pool.js';

/** A create that HubSpot cannot deduplicate, as it is about to be sent. */
export interface IntendedCreate {
  readonly eventId: string;
  /** Which of the event's effects. */
  readonly n: number;
  readonly kind: string;
  readonly objectType: string;
}

export interface LedgerState extends IntendedCreate {
  readonly state: 'intended' | 'done' | 'ambiguous';
  readonly objectId: string | null;
  readonly sentMsAgo: number;
  /** The database's clock, as milliseconds since 1970. */
  readonly nowMs: number;
}

/** What the ledger knows of these events, before they are tried again. */
export async function readLedger(db: Queryable, eventIds: readonly string[]): Promise<LedgerState[]> {
  const { rows } = await db.query<LedgerState>({
    name: 'outbox_ledger.read',
    text: `SELECT event_id AS "eventId", n, kind, object_type AS "objectType", state, object_id AS "objectId",
                  (extract(epoch FROM clock_timestamp() - sent_at) * 1000)::float8 AS "sentMsAgo",
                  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
             FROM outbox_ledger WHERE event_id = ANY ($1::bigint[])`,
    values: [eventIds],
  });
  return rows;
}

/** Of these records, those that the ledger has for effects: they are not what another effect is looking for. */
export async function takenObjects(
  db: Queryable,
  portalId: number,
  objectIds: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: 'outbox_ledger.taken',
    text: 'SELECT object_id AS id FROM outbox_ledger WHERE portal_id = $1 AND object_id = ANY ($2::text[])',
    values: [portalId, objectIds],
  });
  return new Set(rows.map((row) => row.id));
}

/**
 * Notes creates before they are sent. Returns those that were noted before: `intended` ones may have been sent and
 * are to be looked up, `done` ones are there.
 */
export async function intendCreates(
  db: Queryable,
  workspaceId: string,
  portalId: number,
  creates: readonly IntendedCreate[],
): Promise<LedgerState[]> {
  const { rows } = await db.query<LedgerState>({
    name: 'outbox_ledger.intend',
    text: `WITH given AS (
             SELECT * FROM unnest($3::bigint[], $4::smallint[], $5::text[], $6::text[]) AS u (event_id, n, kind, object_type)
           ), known AS (
             SELECT l.* FROM outbox_ledger l JOIN given g USING (event_id, n)
           ), noted AS (
             INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, sent_at)
             SELECT g.event_id, g.n, $1, $2, g.kind, 'intended', g.object_type, clock_timestamp() FROM given g
             -- Sent once more: how long ago that was decides when a search that does not show it proves anything.
             ON CONFLICT (event_id, n) DO UPDATE SET sent_at = excluded.sent_at WHERE outbox_ledger.state <> 'done'
           )
           SELECT event_id AS "eventId", n, kind, object_type AS "objectType", state, object_id AS "objectId",
                  (extract(epoch FROM clock_timestamp() - sent_at) * 1000)::float8 AS "sentMsAgo",
                  (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
             FROM known`,
    values: [
      workspaceId,
      portalId,
      creates.map(({ eventId }) => eventId),
      creates.map(({ n }) => n),
      creates.map(({ kind }) => kind),
      creates.map(({ objectType }) => objectType),
    ],
  });
  return rows;
}

export type CreateOutcome =
  /** HubSpot has it, under this id. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'done'; readonly objectId: string }
  /** No answer came: it may be there. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'ambiguous' }
  /** It was certainly not made: the next try need not look. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'absent' };

export async function resolveCreates(db: Queryable, outcomes: readonly CreateOutcome[]): Promise<void> {
  await db.query({
    name: 'outbox_ledger.resolve',
    text: `WITH given AS (
             SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[]) AS u (event_id, n, outcome, object_id)
           ), absent AS (
             DELETE FROM outbox_ledger l USING given g
              WHERE g.outcome = 'absent' AND l.event_id = g.event_id AND l.n = g.n AND l.ambiguous = 0
           )
           UPDATE outbox_ledger l
              SET state = CASE g.outcome WHEN 'absent' THEN 'ambiguous' ELSE g.outcome END, object_id = coalesce(g.object_id, l.object_id),
                  ambiguous = l.ambiguous + (g.outcome = 'ambiguous')::int,
                  resolved_at = CASE WHEN g.outcome = 'done' THEN clock_timestamp() END
             FROM given g
            WHERE l.event_id = g.event_id AND l.n = g.n AND (g.outcome <> 'absent' OR l.ambiguous > 0)`,
    values: [
      outcomes.map(({ eventId }) => eventId),
      outcomes.map(({ n }) => n),
      outcomes.map(({ outcome }) => outcome),
      outcomes.map((one) => (one.outcome === 'done' ? one.objectId : null)),
    ],
  });
}
