import type { Queryable } from '../pool.js';

/** An event that is in our hands until its claim is settled or its lease ends. */
export interface ClaimedEvent {
  readonly eventId: string;
  readonly type: string;
  readonly version: number;
  readonly orderingKey: string | null;
  readonly payload: unknown;
  readonly occurredAt: Date | null;
  readonly capturedAt: Date;
  readonly attempts: number;
  /** States of its effects, where some of several are settled already. */
  readonly effects: unknown;
}

export interface OutboxClaim {
  readonly claimId: string;
  readonly fence: number;
  /** Taken over from somebody who did not settle in time: its events may have been sent. */
  readonly again: boolean;
  /** Deliveries of the portal have failed since the last success. */
  readonly failing: boolean;
  /** In the order of their ids. */
  readonly events: readonly ClaimedEvent[];
}

export interface ClaimRequest {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly owner: string;
  readonly max: number;
  readonly leaseMs: number;
}

type ClaimRow = ClaimedEvent & {
  /** Null: nothing was claimed, the row is there for what was settled. */
  claimId: string | null;
  fence: number;
  again: boolean;
  failing: boolean;
};

const CLAIM_ROW = `claim_id AS "claimId", fence, event_id AS "eventId", type, version, ordering_key AS "orderingKey", payload,
                   occurred_at AS "occurredAt", captured_at AS "capturedAt", attempts, effects, again, failing`;

/**
 * Takes the next events of a portal in hand (migrations/functions/outbox/outbox_claim.sql). Undefined: nothing is
 * ready, or the portal's outbox is paused.
 */
export async function claimEvents(db: Queryable, request: ClaimRequest): Promise<OutboxClaim | undefined> {
  const { rows } = await db.query<ClaimRow>({
    name: 'outbox_claim',
    text: `SELECT ${CLAIM_ROW} FROM outbox_claim($1, $2, $3, $4, $5)`,
    values: valuesOf(request),
  });
  return claimOf(rows);
}

function valuesOf({ workspaceId, portalId, owner, max, leaseMs }: ClaimRequest): unknown[] {
  return [workspaceId, portalId, owner, max, leaseMs];
}

function claimOf(rows: readonly ClaimRow[]): OutboxClaim | undefined {
  const [first] = rows;
  if (!first || first.claimId === null) return undefined;
  const { claimId, fence, again, failing } = first;
  return { claimId, fence, again, failing, events: rows.map(eventOf) };
}

// Field by field: this runs for each event, and a copy with a rest is several times as slow.
function eventOf(row: ClaimRow): ClaimedEvent {
  return {
    eventId: row.eventId,
    type: row.type,
    version: row.version,
    orderingKey: row.orderingKey,
    payload: row.payload,
    occurredAt: row.occurredAt,
    capturedAt: row.capturedAt,
    attempts: row.attempts,
    effects: row.effects,
  };
}

/**
 * What became of an event that did not take effect (migrations/functions/outbox/outbox_settle.sql says what each
 * means).
 */
export interface Unsettled {
  readonly id: string;
  readonly to: 'retry' | 'paused' | 'dead' | 'back';
  readonly inMs?: number;
  /** Of outcome, from a closed set (domain/outbox). */
  readonly class?: string;
  /** For people: no secrets, no values of properties. */
  readonly error?: string;
  readonly correlationId?: string;
  readonly effects?: unknown;
  /** It has waited for long: the workspace is told. */
  readonly tell?: boolean;
}

export interface OutboxSettlement {
  readonly workspaceId: string;
  readonly claimId: string;
  readonly fence: number;
  readonly mode: 'live' | 'dry';
  /** Of those that are done, these ran in the shadow. */
  readonly shadows?: readonly string[];
  readonly done: readonly string[];
  /** States of the effects of those that are done, by event id; those with one effect need none. */
  readonly doneEffects?: Readonly<Record<string, unknown>>;
  readonly others: readonly Unsettled[];
}

/** Books what became of a claim's events. False when somebody has taken it over: then nothing was booked. */
export async function settleEvents(db: Queryable, settlement: OutboxSettlement): Promise<boolean> {
  const { rows } = await db.query<{ settled: boolean }>({
    name: 'outbox_settle',
    text: `SELECT ${SETTLE} AS settled`,
    values: settledValues(settlement),
  });
  return rows[0]?.settled ?? false;
}

/** The same, and the next claim of the portal with it: one round trip and one commit for both. */
export async function settleAndClaim(
  db: Queryable,
  settlement: OutboxSettlement,
  next: Omit<ClaimRequest, 'workspaceId'>,
): Promise<{ settled: boolean; next: OutboxClaim | undefined }> {
  const { rows } = await db.query<{ settled: boolean } & ClaimRow>({
    name: 'outbox_settle_and_claim',
    // The claim is called with a value of the settlement, so that it comes after it, and sees what it did.
    text: `SELECT settled, ${CLAIM_ROW} FROM ${SETTLE} AS settled
             LEFT JOIN LATERAL outbox_claim(CASE WHEN settled IS NOT NULL THEN $1 END, $9, $10, $11, $12) ON true`,
    values: [...settledValues(settlement), next.portalId, next.owner, next.max, next.leaseMs],
  });
  return { settled: rows[0]?.settled ?? false, next: claimOf(rows) };
}

const SETTLE = 'outbox_settle($1, $2, $3, $4, $5::bigint[], $6::jsonb, $7::jsonb, $8::bigint[])';

function settledValues(settlement: OutboxSettlement): unknown[] {
  return [
    settlement.workspaceId,
    settlement.claimId,
    settlement.fence,
    settlement.mode,
    settlement.done,
    JSON.stringify(settlement.doneEffects ?? {}),
    JSON.stringify(settlement.others),
    settlement.shadows ?? [],
  ];
}

/** Holds a claim for longer. False when it was taken over. */
export async function renewClaim(
  db: Queryable,
  claim: { claimId: string; fence: number; leaseMs: number },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'outbox_renew',
    text: `UPDATE outbox_claims SET lease_until = clock_timestamp() + $3::bigint * interval '1 millisecond' WHERE id = $1 AND fence = $2`,
    values: [claim.claimId, claim.fence, claim.leaseMs],
  });
  return rowCount === 1;
}
