import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/*
 * The round trip between a process and the slots of a bucket (migrations/functions/hubspot/exchange_slots.sql). Times
 * are the database's; ages are measured by the caller.
 */

export interface BucketShape {
  /** Names this process in the rows. */
  owner: string;
  bucket: Bucket;
  slots: number;
  intervalMs: number;
  leaseMs: number;
  /**
   * Slow priorities take only a slot that has been free for this long; a priority out of turn waits three times as
   * long.
   */
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
  /** `probe_unused`: the one request that a half-open breaker lets through was not sent, so another may go. */
  what: 'used' | 'unused' | 'probe_unused' | 'in_flight';
  /** Used: how long ago the answer came. */
  ageMs: number;
  priority: string;
}

export interface Exchange {
  /** The workspaces of all portals that are named below; rows of other workspaces cannot be seen. */
  workspaceIds: readonly string[];
  back: readonly SlotReport[];
  /**
   * What HubSpot's headers said is left, and the most that the portal may have. Slots that came free since (`ageMs` ago
   * or later) do not count as used by others.
   */
  seen: readonly { portalId: number; remaining: number; max: number; ageMs: number }[];
  /** How many slots for completion, interactive, outbox, sync, backfill. */
  wanted: readonly { portalId: number; counts: readonly number[] }[];
  /** Whether the bucket of a portal in `wanted` may not exist yet. */
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

export interface BucketState {
  portalId: number;
  /** 0: there is no such portal, or its bucket was not created yet. */
  slots: number;
  /** When the next slot is free; 0 or less: one is free now. */
  nextMs: number | null;
  /**
   * How many slots are leased. They may come free sooner than `nextMs` says, which assumes that each lease runs to its
   * end.
   */
  leased: number;
  /** How many are not free. */
  taken: number;
  blockedMs: number | null;
  blockedReason: string | null;
  /** How often the portal's breaker has opened in a row. */
  opens: number | null;
}

export interface ExchangeResult {
  /** Reports that were booked. A report that is missing came from a lease that another process has taken over. */
  taken: { portalId: number; n: number; fence: number; what: SlotReport['what'] }[];
  leased: LeasedSlot[];
  /** How far the bucket is ahead of an even pace. Missing where another process was just being served. */
  paces: { portalId: number; paceMs: number }[];
  buckets: BucketState[];
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

/**
 * Reports what became of leased slots, and leases those that are wanted, for any number of portals in one statement.
 */
export async function exchangeSlots(
  db: Queryable,
  shape: BucketShape,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const { back, seen, wanted } = exchange;
  const countsOf = (n: number) => wanted.map(({ counts }) => counts[n] ?? 0);
  const { rows } = await db.query<Row>({
    name: 'budget.exchange',
    text: `SELECT * FROM exchange_slots($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,
                                          $24,$25,$26,$27,$28)`,
    values: [
      workspaceList(exchange.workspaceIds),
      shape.owner,
      shape.bucket,
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
      seen.map((entry) => entry.max),
      seen.map((entry) => entry.ageMs),
      wanted.map((entry) => entry.portalId),
      ...[0, 1, 2, 3, 4].map(countsOf),
      exchange.create,
    ],
  });
  return resultOf(rows);
}

function resultOf(rows: readonly Row[]): ExchangeResult {
  const result: ExchangeResult = { taken: [], leased: [], paces: [], buckets: [] };
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
        result.buckets.push({
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
