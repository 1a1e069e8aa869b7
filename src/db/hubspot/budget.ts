import type { Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/* Statements of HubSpot's limits (migrations/functions/hubspot/budget_*.sql). Times are the database's; ages are measured by the caller. */

export type Ring = 'ten_secondly' | 'search' | 'associations' | 'oauth';

export interface RingShape {
  owner: string;
  ring: Ring;
  slots: number;
  intervalMs: number;
  leaseMs: number;
  /** Slow priorities take a slot only when it has been free for this long; whoever is not at turn, three times as long. */
  patienceMs: number;
  /** How long a priority that asked in vain counts as waiting. */
  markMs: number;
  /** How long the one request of a half-open breaker may take. */
  probeMs: number;
  /** Of interactive, outbox, sync and backfill: their shares, and how many slots each may be ahead of an even pace. */
  weights: readonly number[];
  bursts: readonly number[];
}

export interface SlotReport {
  portalId: number;
  n: number;
  fence: number;
  /** `probe_unused`: of the one request that a half-open breaker lets through. Another one may go then. */
  what: 'used' | 'unused' | 'probe_unused' | 'in_flight';
  /** Used: how long ago the answer came. */
  ageMs: number;
  priority: string;
}

export interface Exchange {
  /** Of all portals that are named below; no other portal's rows are seen. */
  workspaceIds: readonly string[];
  back: readonly SlotReport[];
  /** What HubSpot's headers said is left. Slots that came free later than `ageMs` ago are not held against it. */
  seen: readonly { portalId: number; remaining: number; ageMs: number }[];
  /** How many slots for completion, interactive, outbox, sync, backfill. */
  wanted: readonly { portalId: number; counts: readonly number[] }[];
  /** Whether a portal is among `wanted` whose ring may not exist yet. */
  create: boolean;
}

export interface LeasedSlot {
  portalId: number;
  n: number;
  fence: number;
  priority: string;
  /** The one request that a half-open breaker lets through. */
  probe: boolean;
}

export interface RingState {
  portalId: number;
  /** 0: there is no such portal, or its ring was not created yet. */
  slots: number;
  /** When the next slot is free; 0 or less: one is free now. */
  nextMs: number | null;
  /** How many slots are leased: they may come free before what `nextMs` fears. */
  leased: number;
  /** How many are not free. */
  taken: number;
  blockedMs: number | null;
  blockedReason: string | null;
  /** How often the portal's breaker has opened in a row. */
  opens: number | null;
}

export interface ExchangeResult {
  /** Reports that were taken. One that is missing came from a lease that somebody else has taken over. */
  taken: { portalId: number; n: number; fence: number; what: SlotReport['what'] }[];
  leased: LeasedSlot[];
  /** How far the ring is ahead of an even pace. Missing where another process was just being served. */
  paces: { portalId: number; paceMs: number }[];
  rings: RingState[];
}

interface Row {
  what: SlotReport['what'] | 'leased' | 'probe' | 'pace' | 'ring';
  portal_id: number;
  n: number;
  fence: number;
  priority: string;
  next_ms: number | null;
  pace_ms: number;
  leased: number;
  taken: number;
  blocked_ms: number | null;
  blocked_reason: string | null;
  opens: number | null;
}

export async function exchangeSlots(
  db: Queryable,
  shape: RingShape,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const { back, seen, wanted } = exchange;
  const wishes = (n: number) => wanted.map(({ counts }) => counts[n] ?? 0);
  const { rows } = await db.query<Row>({
    name: 'budget.exchange',
    text: `SELECT * FROM budget_exchange($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27)`,
    values: [
      workspaceList(exchange.workspaceIds),
      shape.owner,
      shape.ring,
      shape.slots,
      shape.intervalMs,
      shape.leaseMs,
      shape.patienceMs,
      shape.markMs,
      shape.probeMs,
      shape.weights,
      shape.bursts,
      back.map((report) => report.portalId),
      back.map((report) => report.n),
      back.map((report) => report.fence),
      back.map((report) => report.what),
      back.map((report) => report.ageMs),
      back.map((report) => report.priority),
      seen.map((entry) => entry.portalId),
      seen.map((entry) => entry.remaining),
      seen.map((entry) => entry.ageMs),
      wanted.map((entry) => entry.portalId),
      ...[0, 1, 2, 3, 4].map(wishes),
      exchange.create,
    ],
  });
  return resultOf(rows);
}

function resultOf(rows: readonly Row[]): ExchangeResult {
  const result: ExchangeResult = { taken: [], leased: [], paces: [], rings: [] };
  for (const row of rows) {
    const { what, portal_id: portalId, n, fence } = row;
    switch (what) {
      case 'leased':
      case 'probe':
        result.leased.push({ portalId, n, fence, priority: row.priority, probe: what === 'probe' });
        break;
      case 'pace':
        result.paces.push({ portalId, paceMs: row.pace_ms });
        break;
      case 'ring':
        result.rings.push({
          portalId,
          slots: n,
          nextMs: row.next_ms,
          leased: row.leased,
          taken: row.taken,
          blockedMs: row.blocked_ms,
          blockedReason: row.blocked_reason,
          opens: row.opens,
        });
        break;
      default:
        result.taken.push({ portalId, n, fence, what });
    }
  }
  return result;
}

/** Blocks a ring, or all of the portal, for `ms` from now. Returns for how long it is blocked now, or undefined for a portal that is not stored. */
export async function blockRing(
  db: Queryable,
  at: { workspaceId: string; portalId: number; ring: Ring | 'portal' },
  ms: number,
  reason: string,
): Promise<number | undefined> {
  const { rows } = await db.query<{ ms: number }>({
    name: 'budget.block',
    text: 'SELECT budget_block($1, $2, $3, $4, $5) AS ms',
    values: [at.workspaceId, at.portalId, at.ring, ms, reason],
  });
  return rows[0]?.ms ?? undefined;
}

/** Opens the portal's breaker for `ms`, or closes it (null), unless another process has moved it from `opens` meanwhile. */
export async function moveBreaker(
  db: Queryable,
  at: { workspaceId: string; portalId: number },
  opens: number,
  ms: number | null,
): Promise<{ opens: number; leftMs: number; changed: boolean }> {
  const { rows } = await db.query<{ opens: number; leftMs: number; changed: boolean }>({
    name: 'budget.breaker',
    text: 'SELECT opens, left_ms AS "leftMs", changed FROM budget_breaker($1, $2, $3, $4)',
    values: [at.workspaceId, at.portalId, opens, ms],
  });
  return rows[0] ?? { opens: 0, leftMs: 0, changed: false };
}
