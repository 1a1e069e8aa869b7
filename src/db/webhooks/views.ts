import type { Queryable } from '../pool.js';

/** An event as its workspace sees it. */
export interface WebhookEventView {
  readonly key: string;
  readonly portalId: number;
  readonly subscriptionType: string;
  readonly subscriptionId: string | null;
  readonly eventId: string | null;
  readonly objectType: string | null;
  readonly recordId: string | null;
  readonly property: string | null;
  readonly changeSource: string | null;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  readonly reads: number;
  readonly event: unknown;
  /** Where the next page begins. */
  readonly cursor: string;
}

/** The newest first. */
export async function listWebhookEvents(
  db: Queryable,
  workspaceId: string,
  {
    portalId,
    objectType,
    after,
    limit,
  }: {
    readonly portalId?: number | undefined;
    readonly objectType?: string | undefined;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<WebhookEventView[]> {
  const [micros, key] = after?.split('-') ?? [];
  const { rows } = await db.query<WebhookEventView>(
    `SELECT encode(key, 'hex') AS key, portal_id::float8 AS "portalId", subscription_type AS "subscriptionType",
            subscription_id AS "subscriptionId", event_id AS "eventId", object_type AS "objectType", record_id::text AS "recordId", property,
            change_source AS "changeSource", occurred_at AS "occurredAt", received_at AS "receivedAt", reads::int, event,
            (extract(epoch FROM received_at) * 1000000)::bigint || '-' || encode(key, 'hex') AS cursor
       FROM webhook_events
      WHERE workspace_id = $1 AND ($2::bigint IS NULL OR portal_id = $2) AND ($3::text IS NULL OR object_type = $3)
        AND ($4::bigint IS NULL OR (received_at, key) < (to_timestamp(0) + $4::bigint * interval '1 microsecond', decode($5, 'hex')))
      ORDER BY received_at DESC, key DESC LIMIT $6`,
    [workspaceId, portalId ?? null, objectType ?? null, micros ?? null, key ?? null, limit],
  );
  return rows;
}
