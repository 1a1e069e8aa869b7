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

/** The claim under which events are in hand; under another fence somebody else has them. */
export interface ClaimFence {
  readonly claimId: string;
  readonly fence: number;
}

/**
 * Notes creates before they are sent. False, and nothing is noted, when the claim is somebody else's by now, or one of
 * them is done: then nothing of it may be sent.
 */
export async function intendCreates(
  db: Queryable,
  { claimId, fence }: ClaimFence,
  { workspaceId, portalId }: { readonly workspaceId: string; readonly portalId: number },
  creates: readonly IntendedCreate[],
): Promise<boolean> {
  const { rows } = await db.query<{ mayBeSent: boolean }>({
    name: 'outbox_ledger.intend',
    text: `WITH given AS (
             SELECT * FROM unnest($3::bigint[], $4::smallint[], $5::text[], $6::text[]) AS u (event_id, n, kind, object_type)
           ), held AS (
             SELECT id FROM outbox_claims WHERE id = $7 AND fence = $8 FOR SHARE
           ), sound AS (
             SELECT g.* FROM given g
              WHERE EXISTS (SELECT FROM held)
                AND NOT EXISTS (SELECT FROM outbox_ledger l JOIN given USING (event_id, n) WHERE l.state = 'done')
           ), noted AS (
             INSERT INTO outbox_ledger (event_id, n, workspace_id, portal_id, kind, state, object_type, sent_at)
             SELECT s.event_id, s.n, $1, $2, s.kind, 'intended', s.object_type, clock_timestamp() FROM sound s
             -- Sent once more: how long ago that was decides when a search that does not show it proves anything.
             ON CONFLICT (event_id, n) DO UPDATE SET sent_at = excluded.sent_at WHERE outbox_ledger.state <> 'done'
             RETURNING 1
           )
           SELECT (SELECT count(*) FROM noted) = (SELECT count(*) FROM given) AS "mayBeSent"`,
    values: [
      workspaceId,
      portalId,
      creates.map(({ eventId }) => eventId),
      creates.map(({ n }) => n),
      creates.map(({ kind }) => kind),
      creates.map(({ objectType }) => objectType),
      claimId,
      fence,
    ],
  });
  return rows[0]?.mayBeSent ?? false;
}

export type CreateOutcome =
  /** HubSpot has it, under this id. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'done'; readonly objectId: string }
  /** No answer came: it may be there. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'ambiguous' }
  /** It was certainly not made: the next try need not look. */
  | { readonly eventId: string; readonly n: number; readonly outcome: 'absent' };

/**
 * Books what became of creates. What is certain is booked by whoever learns it; that one was not made is believed only
 * of the holder of the claim. A second record of one create stays on record as ambiguous, beside
 * the id of the first.
 */
export async function resolveCreates(
  db: Queryable,
  { claimId, fence }: ClaimFence,
  outcomes: readonly CreateOutcome[],
): Promise<void> {
  await db.query({
    name: 'outbox_ledger.resolve',
    text: `WITH held AS (
             SELECT id FROM outbox_claims WHERE id = $5 AND fence = $6 FOR SHARE
           ), given AS (
             SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[]) AS u (event_id, n, outcome, object_id)
              WHERE outcome <> 'absent' OR EXISTS (SELECT FROM held)
           ), absent AS (
             DELETE FROM outbox_ledger l USING given g
              WHERE g.outcome = 'absent' AND l.event_id = g.event_id AND l.n = g.n AND l.ambiguous = 0 AND l.state <> 'done'
           )
           UPDATE outbox_ledger l
              SET state = CASE WHEN l.state = 'done' THEN 'done' WHEN g.outcome = 'absent' THEN 'ambiguous' ELSE g.outcome END,
                  object_id = coalesce(l.object_id, g.object_id),
                  ambiguous = least(32000, l.ambiguous + (g.outcome = 'ambiguous' OR coalesce(g.object_id <> l.object_id, false))::int),
                  resolved_at = CASE WHEN l.state = 'done' THEN l.resolved_at WHEN g.outcome = 'done' THEN clock_timestamp() END
             FROM given g
            WHERE l.event_id = g.event_id AND l.n = g.n AND (g.outcome <> 'absent' OR l.ambiguous > 0)`,
    values: [
      outcomes.map(({ eventId }) => eventId),
      outcomes.map(({ n }) => n),
      outcomes.map(({ outcome }) => outcome),
      outcomes.map((one) => (one.outcome === 'done' ? one.objectId : null)),
      claimId,
      fence,
    ],
  });
}
