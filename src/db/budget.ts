import type { Queryable } from './pool.js';

/* Statements of HubSpot's limits (migrations/functions/budget_*.sql). Times are the database's; ages are measured by the caller. */

export type Ring = 'ten_secondly' | 'search' | 'associations' | 'oauth';

export interface RingShape {
  owner: string;
  ring: Ring;
  slots: number;
  intervalMs: number;
  leaseMs: number;
  /** Slow priorities take a slot only when it has been free for this long. */
  patienceMs: number;
}

export interface SlotReport {
  portalId: number;
  n: number;
  fence: number;
  what: 'used' | 'unused' | 'in_flight';
  /** Used: how long ago the answer came. */
  ageMs: number;
}

export interface Exchange {
  back: readonly SlotReport[];
  /** What HubSpot's headers said is left. Slots that came free later than `ageMs` ago are not held against it. */
  seen: readonly { portalId: number; remaining: number; ageMs: number }[];
  wanted: readonly { portalId: number; fast: number; slow: number }[];
  /** Whether a portal is among `wanted` whose ring may not exist yet. */
  create: boolean;
}

export interface ExchangeResult {
  /** Reports that were taken. One that is missing came from a lease that somebody else has taken over. */
  taken: { portalId: number; n: number; fence: number; what: SlotReport['what'] }[];
  leased: { portalId: number; n: number; fence: number }[];
  rings: {
    portalId: number;
    /** 0: there is no such portal, or its ring was not created yet. */
    slots: number;
    /** When the next slot is free; 0 or less: one is free now. */
    nextMs: number | null;
    /** How many slots are leased: they may come free before what `nextMs` fears. */
    leased: number;
    blockedMs: number | null;
    blockedReason: string | null;
  }[];
}

interface Row {
  what: SlotReport['what'] | 'leased' | 'ring';
  portal_id: number;
  n: number;
  fence: number;
  next_ms: number | null;
  leased: number;
  blocked_ms: number | null;
  blocked_reason: string | null;
}

export async function exchangeSlots(
  db: Queryable,
  shape: RingShape,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const { back, seen, wanted } = exchange;
  const { rows } = await db.query<Row>({
    name: 'budget.exchange',
    text: 'SELECT * FROM budget_exchange($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18)',
    values: [
      shape.owner,
      shape.ring,
      shape.slots,
      shape.intervalMs,
      shape.leaseMs,
      shape.patienceMs,
      back.map((report) => report.portalId),
      back.map((report) => report.n),
      back.map((report) => report.fence),
      back.map((report) => report.what),
      back.map((report) => report.ageMs),
      seen.map((entry) => entry.portalId),
      seen.map((entry) => entry.remaining),
      seen.map((entry) => entry.ageMs),
      wanted.map((entry) => entry.portalId),
      wanted.map((entry) => entry.fast),
      wanted.map((entry) => entry.slow),
      exchange.create,
    ],
  });
  const result: ExchangeResult = { taken: [], leased: [], rings: [] };
  for (const { what, portal_id: portalId, n, fence, ...ring } of rows) {
    if (what === 'leased') result.leased.push({ portalId, n, fence });
    else if (what === 'ring') {
      result.rings.push({
        portalId,
        slots: n,
        nextMs: ring.next_ms,
        leased: ring.leased,
        blockedMs: ring.blocked_ms,
        blockedReason: ring.blocked_reason,
      });
    } else result.taken.push({ portalId, n, fence, what });
  }
  return result;
}

/** Blocks a ring for `ms` from now. Returns for how long it is blocked now, or undefined for a portal that is not stored. */
export async function blockRing(
  db: Queryable,
  portalId: number,
  ring: Ring,
  ms: number,
  reason: string,
): Promise<number | undefined> {
  const { rows } = await db.query<{ ms: number }>({
    name: 'budget.block',
    text: 'SELECT budget_block($1, $2, $3, $4) AS ms',
    values: [portalId, ring, ms, reason],
  });
  return rows[0]?.ms ?? undefined;
}

export interface BudgetUsage {
  /** Slots leased, in flight, or within one interval of their answer; those taken out for calls of others are among them. */
  used: number;
  free: number;
  blockedUntil: Date | null;
  reason: string | null;
}

export async function budgetUsage(
  db: Queryable,
  portalId: number,
  ring: Ring = 'ten_secondly',
): Promise<BudgetUsage> {
  const { rows } = await db.query<BudgetUsage>({
    name: 'budget.usage',
    text: `SELECT (count(s.n) FILTER (WHERE s.free_at > clock_timestamp()))::int AS used,
                  (count(s.n) FILTER (WHERE s.free_at <= clock_timestamp()))::int AS free,
                  max(r.blocked_until) FILTER (WHERE r.blocked_until > clock_timestamp()) AS "blockedUntil",
                  max(r.blocked_reason) FILTER (WHERE r.blocked_until > clock_timestamp()) AS reason
             FROM (VALUES ($1::bigint, $2::text)) AS d (portal_id, ring)
             LEFT JOIN budget_slots s USING (portal_id, ring)
             LEFT JOIN budget_rings r USING (portal_id, ring)`,
    values: [portalId, ring],
  });
  return rows[0] ?? { used: 0, free: 0, blockedUntil: null, reason: null };
}
