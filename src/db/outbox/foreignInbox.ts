import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Pool, Queryable } from '../pool.js';
import { inTransaction } from '../transaction.js';
import { removeFromInbox, type InboxEvent, type TakeEvents } from './inbox.js';
import { crashPoint } from '../../platform/crashPoint.js';

/*
 * An inbox in a database of the application's. Two databases commit apart, so what was taken over is noted in ours
 * together with the events themselves (outbox_collected) until it is removed there: whatever dies in between, the
 * next reading finds the note and enqueues nothing twice.
 */

export interface ForeignInbox {
  readonly ours: Pool;
  readonly theirs: Pool;
  /** Names the inbox: its host and database. */
  readonly name: string;
}

/**
 * Moves the oldest events over, as `read` gives them; `enqueue` puts them into the outbox, in the transaction in which
 * they are noted. Returns how many were moved.
 */
export async function moveFromForeignInbox(
  { ours, theirs, name }: ForeignInbox,
  read: TakeEvents,
  max: number,
  enqueue: (client: Queryable, events: readonly InboxEvent[]) => Promise<void>,
): Promise<number> {
  const moved = await inTransaction(theirs, async (source) => {
    if (!(await becomeOnlyDispatcher(source))) return [];
    const events = await read(source, max);
    const ids = events.map(({ id }) => id);
    if (ids.length === 0) return [];
    await inTransaction(ours, async (client) => {
      const eventIds = await note(client, name, ids);
      await enqueue(
        client,
        events.flatMap((event) => {
          const id = eventIds.get(event.id);
          return id === undefined ? [] : [{ ...event, id }];
        }),
      );
    });
    crashPoint('outbox.foreign.noted');
    await removeFromInbox(source, ids);
    return ids;
  });
  crashPoint('outbox.foreign.removed');
  if (moved.length > 0) await forget(ours, name, moved);
  return moved.length;
}

/**
 * What a process that died left noted although it is removed there. To be called before the first move: ids that come
 * again would be taken for known.
 */
export async function forgetRemoved({ ours, theirs, name }: ForeignInbox): Promise<void> {
  await inTransaction(theirs, async (source) => {
    if (!(await becomeOnlyDispatcher(source))) return; // the process that dispatches has done it
    const { rows: noted } = await ours.query<{ id: string }>(
      'SELECT inbox_id AS id FROM outbox_collected WHERE inbox = $1',
      [name],
    );
    const ids = noted.map(({ id }) => id);
    const { rows: there } = await source.query<{ id: string }>(
      'SELECT id FROM outbox_inbox WHERE id = ANY ($1::bigint[])',
      [ids],
    );
    const waiting = new Set(there.map(({ id }) => id));
    await forget(
      ours,
      name,
      ids.filter((id) => !waiting.has(id)),
    );
  });
}

async function becomeOnlyDispatcher(source: Queryable): Promise<boolean> {
  const { rows } = await source.query<{ only: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCKS.foreignInbox}) AS only`,
  );
  return rows[0]?.only ?? false;
}

/** Gives ids of ours to those that are not known yet. */
async function note(client: Queryable, inbox: string, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ inboxId: string; eventId: string }>({
    name: 'outbox_collected.note',
    text: `INSERT INTO outbox_collected (inbox, inbox_id, event_id)
           SELECT $1, u.id, nextval('outbox_event_ids') FROM unnest($2::bigint[]) WITH ORDINALITY AS u (id, n) ORDER BY u.n
           ON CONFLICT DO NOTHING RETURNING inbox_id AS "inboxId", event_id AS "eventId"`,
    values: [inbox, ids],
  });
  return new Map(rows.map(({ inboxId, eventId }) => [inboxId, eventId]));
}

async function forget(db: Queryable, inbox: string, ids: readonly string[]): Promise<void> {
  await db.query({
    name: 'outbox_collected.forget',
    text: 'DELETE FROM outbox_collected WHERE inbox = $1 AND inbox_id = ANY ($2::bigint[])',
    values: [inbox, ids],
  });
}
