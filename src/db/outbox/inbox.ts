import type { Queryable } from '../pool.js';

/** An event as an application captured it. */
export interface InboxEvent {
  readonly id: string;
  readonly type: string;
  readonly version: number | null;
  readonly payload: unknown;
  readonly eventKey: string | null;
  readonly orderingKey: string | null;
  readonly portalId: number | null;
  readonly occurredAt: Date | null;
  /** Why the library took it for invalid. */
  readonly note: string | null;
  readonly capturedAt: Date;
}

const COLUMNS = `id, type, version, payload, event_key AS "eventKey", ordering_key AS "orderingKey", portal_id::float8 AS "portalId",
                 occurred_at AS "occurredAt", note, captured_at AS "capturedAt"`;

/**
 * Takes the oldest events out of the inbox: for one transaction with their enqueueing, where both stand in the same
 * database. What a transaction of another dispatcher holds is left alone.
 */
export async function takeFromInbox(db: Queryable, max: number): Promise<InboxEvent[]> {
  const { rows } = await db.query<InboxEvent>({
    name: 'outbox_inbox.take',
    text: `WITH taken AS (
             DELETE FROM outbox_inbox WHERE id IN (SELECT id FROM outbox_inbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING *)
           SELECT ${COLUMNS} FROM taken ORDER BY id`,
    values: [max],
  });
  return rows;
}

/**
 * Reads the oldest events of an inbox in another database; they are removed (`removeFromInbox`) when the outbox has
 * them.
 */
export async function readInbox(db: Queryable, max: number): Promise<InboxEvent[]> {
  const { rows } = await db.query<InboxEvent>({
    name: 'outbox_inbox.read',
    text: `SELECT ${COLUMNS} FROM outbox_inbox ORDER BY id LIMIT $1`,
    values: [max],
  });
  return rows;
}

export async function removeFromInbox(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query({
    name: 'outbox_inbox.remove',
    text: 'DELETE FROM outbox_inbox WHERE id = ANY ($1::bigint[])',
    values: [ids],
  });
}

const ASLEEP = 7_526_478_926; // as in migrations/outbox/inbox.sql

/**
 * Before the dispatcher waits for a notification: from here on captures send one. False while a capture is under way
 * that found nobody asleep: then look again instead. On the connection that listens.
 */
export async function fallAsleep(connection: Queryable): Promise<boolean> {
  const { rows } = await connection.query<{ asleep: boolean }>('SELECT pg_try_advisory_lock($1) AS asleep', [
    ASLEEP,
  ]);
  return rows[0]?.asleep ?? false;
}

export async function wakeUp(connection: Queryable): Promise<void> {
  await connection.query('SELECT pg_advisory_unlock($1)', [ASLEEP]);
}
