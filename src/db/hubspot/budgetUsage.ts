import type { Bucket } from '../../domain/hubspot/buckets.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Queryable } from '../pool.js';

/* What is shown of HubSpot's limits. */

export interface BucketUsage {
  bucket: Bucket;
  /** Slots that are leased, or within one interval of their answer, or taken out for calls of others. */
  used: number;
  /** Slots that a process holds: their requests are under way, or about to be. */
  leased: number;
  /** Slots that were taken out because HubSpot's headers said that others use the same limit. */
  others: number;
  /** When the headers last said so. */
  othersSeenAt: Date | null;
  /** Slots used by requests of each priority. */
  byPriority: Record<Priority, number>;
  /** When the next slot comes free; null: one is free now. */
  nextFreeAt: Date | null;
  blockedUntil: Date | null;
  blockedReason: string | null;
  /** How often HubSpot has refused requests that count under this limit. */
  refused: number;
}

export interface PortalBlock {
  until: Date | null;
  reason: string | null;
  /** How often the circuit breaker has opened in a row; 0: closed. */
  breakerOpens: number;
}

/** The buckets of a portal, as its workspace sees them; only the first `slots` of each count. */
export async function bucketUsage(
  db: Queryable,
  portalId: number,
  slots: Readonly<Record<Bucket, number>>,
): Promise<BucketUsage[]> {
  const { rows } = await db.query<BucketUsage>({
    name: 'budget.rings',
    text: `SELECT l.ring AS bucket, (count(*) FILTER (WHERE s.taken))::int AS used,
                  (count(*) FILTER (WHERE s.taken AND s.holder <> 'others'))::int AS leased,
                  (count(*) FILTER (WHERE s.taken AND s.holder = 'others'))::int AS others,
                  max(r.others_seen_at) AS "othersSeenAt",
                  jsonb_build_object(
                    'completion', count(*) FILTER (WHERE s.taken AND s.priority = 'completion'),
                    'interactive', count(*) FILTER (WHERE s.taken AND s.priority = 'interactive'),
                    'outbox', count(*) FILTER (WHERE s.taken AND s.priority = 'outbox'),
                    'sync', count(*) FILTER (WHERE s.taken AND s.priority = 'sync'),
                    'backfill', count(*) FILTER (WHERE s.taken AND s.priority = 'backfill')) AS "byPriority",
                  CASE WHEN count(*) FILTER (WHERE s.taken) = l.slots THEN min(s.free_at) END AS "nextFreeAt",
                  max(r.blocked_until) FILTER (WHERE r.blocked_until > clock_timestamp()) AS "blockedUntil",
                  max(r.blocked_reason) FILTER (WHERE r.blocked_until > clock_timestamp()) AS "blockedReason",
                  coalesce(max(r.refused), 0)::int AS refused
             FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS l (ring, slots, k)
             LEFT JOIN LATERAL (
               SELECT s.holder, s.priority, s.free_at, s.free_at > clock_timestamp() AS taken
                 FROM budget_slots s WHERE s.portal_id = $1 AND s.ring = l.ring AND s.n <= l.slots) s ON true
             LEFT JOIN budget_rings r ON r.portal_id = $1 AND r.ring = l.ring
            GROUP BY l.k, l.ring, l.slots ORDER BY l.k`,
    values: [portalId, Object.keys(slots), Object.values(slots)],
  });
  return rows;
}

/** What holds for all buckets of a portal: a block that HubSpot asked for, and the circuit breaker. */
export async function portalBlock(db: Queryable, portalId: number): Promise<PortalBlock> {
  const { rows } = await db.query<PortalBlock>({
    name: 'budget.portal_block',
    text: `SELECT CASE WHEN blocked_until > clock_timestamp() THEN blocked_until END AS until,
                  CASE WHEN blocked_until > clock_timestamp() THEN blocked_reason END AS reason,
                  breaker_opens AS "breakerOpens"
             FROM budget_rings WHERE portal_id = $1 AND ring = 'portal'`,
    values: [portalId],
  });
  return rows[0] ?? { until: null, reason: null, breakerOpens: 0 };
}

/** How many portals of any workspace have a breaker that is not closed. */
export async function openBreakers(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ open: number }>('SELECT open_breakers() AS open');
  return rows[0]?.open ?? 0;
}
