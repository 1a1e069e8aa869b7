import type { WebhookEvent } from '../../domain/webhooks/webhookEvent.js';
import type { Pool, Queryable } from '../pool.js';
import type { SyncedObject } from '../sync/reader.js';
import { workspaceList } from '../tenant.js';

/** An event with the workspace that has its portal. */
export interface OwnedEvent {
  readonly workspaceId: string;
  readonly event: WebhookEvent;
}

export interface Taken {
  /** Events that were not there. */
  readonly fresh: number;
  /** Events of portals that their workspaces have no more: they were not stored. */
  readonly unowned: number;
  /** Types of which records are to be read. */
  readonly toRead: readonly SyncedObject[];
}

/**
 * Stores events, and which records are to be read for them (migrations/functions/webhooks/webhook_take.sql). Resolves
 * after the commit; on an error none was stored.
 */
export async function takeEvents(db: Queryable, events: readonly OwnedEvent[]): Promise<Taken> {
  const of = <T>(value: (event: WebhookEvent) => T) => events.map(({ event }) => value(event));
  const records = events.flatMap(({ event }, index) =>
    event.records.map((record) => ({ ...record, n: index + 1 })),
  );
  const { rows } = await db.query<{
    fresh: number;
    unowned: number;
    workspaceId: string;
    portalId: number;
    objectType: string;
  }>({
    name: 'webhook_take',
    text: `SELECT fresh, unowned, workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType"
             FROM webhook_take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [
      workspaceList(events.map(({ workspaceId }) => workspaceId)),
      of(({ portalId }) => portalId),
      of(timeOf),
      of(({ key }) => key),
      of(({ subscriptionType }) => subscriptionType),
      of(({ subscriptionId }) => subscriptionId),
      of(({ eventId }) => eventId),
      of(({ property }) => property),
      of(({ changeSource }) => changeSource),
      of(({ associations }) => associations),
      of(({ erases }) => erases),
      of(({ unknown }) => unknown),
      records.map(({ n }) => n),
      records.map(({ objectType }) => objectType),
      records.map(({ recordId }) => recordId),
    ],
  });
  const [first, ...toRead] = rows;
  return { fresh: first?.fresh ?? 0, unowned: first?.unowned ?? 0, toRead };
}

/** Keeps events of portals that are nobody's. Returns how many are of a portal that somebody has by now. */
export async function keepStrays(pool: Pool, events: readonly WebhookEvent[]): Promise<number> {
  const { rows } = await pool.query<{ owned: number }>({
    name: 'webhook_keep_strays',
    text: 'SELECT webhook_keep_strays($1, $2, $3, $4, $5, $6) AS owned',
    values: [
      events.map(({ portalId }) => portalId),
      events.map(timeOf),
      events.map(({ key }) => key),
      events.map(({ subscriptionType }) => subscriptionType),
      events.map(({ records: [first] }) => first?.objectType ?? null),
      events.map(({ records: [first] }) => first?.recordId ?? null),
    ],
  });
  return rows[0]?.owned ?? 0;
}

/** Tells who reads records for events that there are some. A hint: who does not hear it finds them by itself. */
export async function tellOfReads(pool: Pool, objects: readonly SyncedObject[]): Promise<void> {
  await pool.query({
    name: 'webhook_tell',
    text: 'SELECT pg_notify($1, told) FROM unnest($2::text[]) AS t (told)',
    values: [READS_CHANNEL, objects.map((object) => JSON.stringify(object))],
  });
}

export const READS_CHANNEL = 'sluice_webhook_reads';

const timeOf = ({ occurredAtMs }: WebhookEvent): Date | null =>
  occurredAtMs === null ? null : new Date(occurredAtMs);
