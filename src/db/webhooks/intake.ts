import type { WebhookEvent } from '../../domain/webhooks/webhookEvent.js';
import type { Pool, Queryable } from '../pool.js';
import type { SyncedObject } from '../sync/reader.js';
import { workspaceList } from '../tenant.js';
import type { ReadRoom } from './readRoom.js';

/** By what HubSpot has told of a change. */
export type HintSource = 'webhook' | 'journal';

/** An event with the workspace that has its portal. */
export interface OwnedEvent {
  readonly workspaceId: string;
  readonly event: WebhookEvent;
}

export interface Taken {
  /** Events that were not there. */
  readonly fresh: number;
  /** Places of those that HubSpot would have given up long ago: nothing is read for them. */
  readonly late: ReadonlySet<number>;
  /** Places of events of portals that their workspaces have no more: they were not stored. */
  readonly unowned: ReadonlySet<number>;
  /** Types of which records are to be read. */
  readonly toRead: readonly SyncedObject[];
}

/**
 * So many records of a type wait to be read one by one, a call of HubSpot's for a hundred. What is named beyond them is
 * looked for together: what waits has a bound, and each is read once all the same.
 */
const MOST_ALONE = 5000;

/**
 * Stores events, and which records are to be read for them (migrations/functions/webhooks/webhook_take.sql). Resolves
 * after the commit; on an error none was stored.
 */
export async function takeEvents(
  db: Queryable,
  events: readonly OwnedEvent[],
  {
    mostAlone = MOST_ALONE,
    source = 'webhook',
    room,
  }: { readonly mostAlone?: number; readonly source?: HintSource; readonly room?: ReadRoom } = {},
): Promise<Taken> {
  const of = <T>(value: (event: WebhookEvent) => T) => events.map(({ event }) => value(event));
  const records = events.flatMap(({ event }, index) =>
    event.records.map((record) => ({ ...record, portalId: event.portalId, n: index + 1 })),
  );
  const crowded = room?.enter(records);
  const { rows } = await db.query<{
    fresh: number;
    late: readonly number[] | null;
    unowned: readonly number[] | null;
    workspaceId: string;
    portalId: number;
    objectType: string;
    waiting: number | null;
  }>({
    name: 'webhook_take',
    text: `SELECT fresh, late, unowned, workspace_id AS "workspaceId", portal_id::float8 AS "portalId", object_type AS "objectType",
                  waiting
             FROM webhook_take($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
    values: [
      workspaceList(events.map(({ workspaceId }) => workspaceId)),
      of(({ portalId }) => portalId),
      of(timeOf),
      of(({ key }) => key),
      of(({ subscriptionType }) => subscriptionType),
      of(({ subscriptionId }) => subscriptionId),
      of(({ eventId }) => eventId),
      of(({ records: [first] }) => first?.objectType ?? null),
      of(({ records: [first] }) => first?.recordId ?? null),
      of(({ property }) => property),
      of(({ changeSource }) => changeSource),
      of(({ associations }) => associations),
      of(({ links }) => links),
      of(({ deletes }) => deletes),
      of(({ erases }) => erases),
      of(({ unknown }) => unknown),
      records.map(({ n }) => n),
      records.map(({ objectType }) => objectType),
      records.map(({ recordId }) => recordId),
      records.map((record) => crowded?.(record) ?? null),
      mostAlone,
      source,
    ],
  });
  const [first, ...toRead] = rows;
  for (const { waiting, ...type } of toRead) if (waiting !== null) room?.counted(type, waiting, mostAlone);
  return {
    fresh: first?.fresh ?? 0,
    late: places(first?.late),
    unowned: places(first?.unowned),
    toRead: toRead.map(({ workspaceId, portalId, objectType }) => ({ workspaceId, portalId, objectType })),
  };
}

/** Keeps events of portals that are nobody's. Returns the places of those whose portal is somebody's by now. */
export async function keepStrays(
  db: Queryable,
  events: readonly WebhookEvent[],
): Promise<ReadonlySet<number>> {
  const { rows } = await db.query<{ owned: readonly number[] }>({
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
  return places(rows[0]?.owned);
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

/** As they are counted here: from 0. */
const places = (ns: readonly number[] | null | undefined): ReadonlySet<number> =>
  new Set(ns?.map((n) => n - 1));

const timeOf = ({ occurredAtMs }: WebhookEvent): Date | null =>
  occurredAtMs === null ? null : new Date(occurredAtMs);
