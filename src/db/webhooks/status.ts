import type { Pool, Queryable } from '../pool.js';
import { workspaceList } from '../tenant.js';

/** How webhooks stand for a type that is mirrored. */
export interface WebhookTypeView {
  readonly portalId: number;
  readonly objectType: string;
  /** Records that are to be read, up to 5,001. */
  readonly waiting: number;
  /** More were named than may wait one by one: they are looked for together. */
  readonly together: boolean;
  readonly oldestAt: Date | null;
  /** Records that could not be read, up to 1,000. */
  readonly unread: number;
  readonly received: number;
  readonly late: number;
  readonly lastReceivedAt: Date | null;
  /** Of the portal: events that came while it was not connected here, up to 1,000. */
  readonly strays: number;
  /** Changes by what brought them first. */
  readonly seenFirst: Readonly<Record<string, number>>;
  /** Records of which a source told that another one had brought shortly before. */
  readonly seenAgain: Readonly<Record<string, number>>;
  /** Changes that polls have brought though HubSpot tells of the type, and of which it has not told since. */
  readonly missed: number;
}

/** By portal and type. */
export async function listWebhookTypes(
  db: Queryable,
  workspaceId: string,
  { portalId, objectType, after, limit }: Filter & { readonly after?: string | undefined; limit: number },
): Promise<WebhookTypeView[]> {
  const at = after?.indexOf(' ') ?? -1;
  const { rows } = await db.query<WebhookTypeView>(
    `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", waiting, together, oldest_at AS "oldestAt", unread,
            received::float8 AS received, late::float8 AS late, last_received_at AS "lastReceivedAt", strays,
            seen_first AS "seenFirst", seen_again AS "seenAgain",
            missed::float8 AS missed
       FROM webhook_types($1, $2, $3, $4, $5, $6)`,
    [
      ...[workspaceId, portalId ?? null, objectType ?? null],
      ...[after?.slice(0, at) ?? 0, after?.slice(at + 1) ?? '', limit],
    ],
  );
  return rows;
}

interface Filter {
  readonly portalId?: number | undefined;
  readonly objectType?: string | undefined;
}

/** A record that could not be read in its tries. */
export interface UnreadView {
  readonly portalId: number;
  readonly objectType: string;
  readonly recordId: string;
  readonly tries: number;
  readonly errorClass: string;
  readonly message: string;
  readonly askedAt: Date;
  readonly endedAt: Date;
}

/** By portal, type and id. */
export async function listUnread(
  db: Queryable,
  workspaceId: string,
  { portalId, objectType, after, limit }: Filter & { readonly after?: string | undefined; limit: number },
): Promise<UnreadView[]> {
  const [portal, type, id] = after?.split(' ') ?? [];
  const { rows } = await db.query<UnreadView>(
    `SELECT portal_id::float8 AS "portalId", object_type AS "objectType", record_id::text AS "recordId", tries,
            error_class AS "errorClass", last_error AS message, asked_at AS "askedAt", ended_at AS "endedAt"
       FROM webhook_reads
      WHERE workspace_id = $1 AND ended_at IS NOT NULL AND ($2::bigint IS NULL OR portal_id = $2) AND ($3::text IS NULL OR object_type = $3)
        AND (portal_id, object_type, record_id) > ($4::bigint, $5::text, $6::bigint)
      ORDER BY portal_id, object_type, record_id LIMIT $7`,
    [workspaceId, portalId ?? null, objectType ?? null, portal ?? 0, type ?? '', id ?? 0, limit],
  );
  return rows;
}

export interface Replayed {
  readonly events: number;
  readonly records: number;
  /** As many wait as may: nothing was asked for, and the caller comes again. */
  readonly isFull: boolean;
  /** Where it goes on. Null: it is through. */
  readonly next: string | null;
}

const MOST_REPLAYED = 1000;
const MOST_ALONE = 5000;

/** Has the records read once more that events of a time have named, so many events at a time. */
export async function replayEvents(
  db: Queryable,
  workspaceId: string,
  {
    portalId,
    objectType,
    from,
    to,
    after,
    isDry,
  }: Filter & {
    readonly from: Date;
    readonly to: Date;
    readonly after?: string | undefined;
    readonly isDry: boolean;
  },
): Promise<Replayed> {
  const [micros, key] = after?.split('-') ?? [];
  const { rows } = await db.query<Replayed>(
    `SELECT events, records, is_full AS "isFull",
            (extract(epoch FROM next_at) * 1000000)::bigint || '-' || encode(next_key, 'hex') AS next
       FROM webhook_replay($1, $2, $3, $4, $5, to_timestamp(0) + $6::bigint * interval '1 microsecond', decode($7, 'hex'), $8, $9, $10)`,
    [
      ...[workspaceId, portalId ?? null, objectType ?? null, from, to],
      ...[micros ?? null, key ?? null, MOST_REPLAYED, MOST_ALONE, isDry],
    ],
  );
  if (!rows[0]) throw new Error('webhook_replay answers one row');
  return rows[0];
}

/** Events that webhooks have brought of a type. */
export interface TypeCount {
  readonly workspaceId: string;
  readonly portalId: number;
  readonly objectType: string;
  readonly received: number;
  readonly late: number;
}

export async function countEvents(pool: Pool, counts: readonly TypeCount[]): Promise<void> {
  await pool.query({
    name: 'webhook_count',
    text: 'SELECT webhook_count($1, $2, $3, $4, $5, $6)',
    values: [
      workspaceList(counts.map(({ workspaceId }) => workspaceId)),
      counts.map(({ workspaceId }) => workspaceId),
      counts.map(({ portalId }) => portalId),
      counts.map(({ objectType }) => objectType),
      counts.map(({ received }) => received),
      counts.map(({ late }) => late),
    ],
  });
}
