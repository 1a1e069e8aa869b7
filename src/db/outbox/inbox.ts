import { parseExactJson } from '../../domain/exactJson.js';
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
  /** Why it is invalid: in the words of the library, or of whoever read it. */
  readonly note: string | null;
  readonly capturedAt: Date;
}

/**
 * Takes or reads the oldest events: at most `max`, and no more than what fits into the memory of a small worker. Those
 * that hold what cannot be kept come without it, and with a note.
 */
export type TakeEvents = (db: Queryable, max: number) => Promise<InboxEvent[]>;

/**
 * Takes the oldest events out of the inbox: for one transaction with their enqueueing, where both stand in the same
 * database. What a transaction of another dispatcher holds is left alone.
 */
export const takeFromInbox: TakeEvents = async (db, max) => {
  const { rows } = await db.query<InboxRow>({
    name: 'outbox_inbox.take',
    text: `WITH oldest AS MATERIALIZED (SELECT * FROM outbox_inbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED), ${WEIGHED},
             gone AS (DELETE FROM outbox_inbox WHERE id IN (SELECT id FROM weighed WHERE before < ${MAX_TAKEN_BYTES}))
           SELECT * FROM weighed WHERE before < ${MAX_TAKEN_BYTES} ORDER BY id`,
    values: [max],
  });
  return rows.map(eventOf);
};

/**
 * Reads the oldest events of an inbox in another database; they are removed (`removeFromInbox`) when the outbox has
 * them.
 */
export const readInbox: TakeEvents = async (db, max) => {
  const { rows } = await db.query<InboxRow>({
    name: 'outbox_inbox.read',
    text: `WITH oldest AS MATERIALIZED (SELECT * FROM outbox_inbox ORDER BY id LIMIT $1), ${WEIGHED}
           SELECT * FROM weighed WHERE before < ${MAX_TAKEN_BYTES} ORDER BY id`,
    values: [max],
  });
  return rows.map(eventOf);
};

/** Takes the oldest event by its id alone, where it cannot be read. */
export const takeUnread: TakeEvents = async (db) => {
  const { rows } = await db.query<{ id: string }>(
    `DELETE FROM outbox_inbox WHERE id = (SELECT id FROM outbox_inbox ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id`,
  );
  return rows.map(unreadEvent);
};

/** The same, of an inbox in another database. */
export const readUnread: TakeEvents = async (db) => {
  const { rows } = await db.query<{ id: string }>('SELECT id FROM outbox_inbox ORDER BY id LIMIT 1');
  return rows.map(unreadEvent);
};

export async function removeFromInbox(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query({
    name: 'outbox_inbox.remove',
    text: 'DELETE FROM outbox_inbox WHERE id = ANY ($1::bigint[])',
    values: [ids],
  });
}

/** For how many seconds the oldest event has stood there; 0: none does. */
export async function oldestInInbox(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>({
    name: 'outbox_inbox.oldest',
    text: `SELECT greatest(extract(epoch FROM clock_timestamp() - captured_at), 0)::float8 AS seconds
             FROM outbox_inbox WHERE isfinite(captured_at) ORDER BY id LIMIT 1`,
  });
  return rows[0]?.seconds ?? 0;
}

/** Whether anything stands there. By the index, since the table may be full of rows that are gone. */
export async function inboxHasEvents(db: Queryable): Promise<boolean> {
  const { rows } = await db.query({
    name: 'outbox_inbox.has',
    text: 'SELECT FROM outbox_inbox ORDER BY id LIMIT 1',
  });
  return rows.length > 0;
}

interface InboxRow {
  readonly id: string;
  readonly type: string;
  readonly version: number | null;
  /** As text; null where it is too large, too. */
  readonly payload: string | null;
  readonly isTooLarge: boolean;
  readonly eventKey: string | null;
  readonly orderingKey: string | null;
  readonly portalId: number | null;
  readonly occurredAtMs: number | null;
  readonly note: string | null;
  readonly capturedAtMs: number;
}

/*
 * An inbox of before, or one whose bounds somebody took away, may hold anything. So texts are read up to what is kept
 * of them, times as numbers (a Date has neither infinity nor the year 294276, and a driver reads it by the session's
 * DateStyle), and a payload only where it is not too large: first by what is stored, which reads nothing of it.
 */
const MAX_TEXT = 200;
const MAX_NOTE = 1000;
/** Wider than what `outbox_inbox_accepts` lets in: what an inbox of before took is delivered. */
const MAX_READ_BYTES = 256 * 1024;
const MAX_READ_DEPTH = 500;

const COLUMNS = `id, left(type, ${MAX_TEXT + 1}) AS type, version, left(event_key, ${MAX_TEXT + 1}) AS "eventKey",
                 left(ordering_key, ${MAX_TEXT + 1}) AS "orderingKey", portal_id::float8 AS "portalId", left(note, ${MAX_NOTE}) AS note,
                 (extract(epoch FROM occurred_at) * 1000)::float8 AS "occurredAtMs",
                 (extract(epoch FROM captured_at) * 1000)::float8 AS "capturedAtMs",
                 CASE WHEN octet_length(p.json) <= ${MAX_READ_BYTES} THEN p.json END AS payload,
                 i.payload IS NOT NULL AND coalesce(octet_length(p.json) > ${MAX_READ_BYTES}, true) AS "isTooLarge"`;
const PAYLOAD = `CROSS JOIN LATERAL (
  SELECT CASE WHEN pg_column_size(i.payload) <= ${MAX_READ_BYTES} THEN i.payload::text END AS json OFFSET 0) p`;

/** Payloads of one batch, as text: in memory they are several times as large. One event is always taken. */
export const MAX_TAKEN_BYTES = 2 * 1024 * 1024;
/*
 * `weighed`: the events of `oldest`, each with how many bytes come before it. What is stored is counted first, since
 * that reads no payload; then their texts, which may be much longer.
 */
const WEIGHED = `stored AS (
    SELECT o.*, sum(pg_column_size(o.payload)) OVER (ORDER BY o.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM oldest o
  ), found AS MATERIALIZED (
    SELECT ${COLUMNS} FROM stored i ${PAYLOAD} WHERE coalesce(i.before, 0) < ${MAX_TAKEN_BYTES}
  ), weighed AS MATERIALIZED (
    SELECT f.*, coalesce(sum(octet_length(f.payload)) OVER (ORDER BY f.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
      FROM found f
  )`;

const EARLIEST_MS = 0;
const LATEST_MS = Date.UTC(9999, 11, 31);

function eventOf(row: InboxRow): InboxEvent {
  const problems = row.note === null ? [] : [row.note];
  const text = (name: string, value: string | null): string | null => {
    const trimmed = value?.trim();
    if (trimmed === undefined) return null;
    if (trimmed !== '' && trimmed.length <= MAX_TEXT) return trimmed;
    problems.push(`${name} must be text of 1 to ${MAX_TEXT} characters`);
    return null;
  };
  const time = (name: string, ms: number | null): Date | null => {
    if (ms === null || (ms >= EARLIEST_MS && ms <= LATEST_MS)) return ms === null ? null : new Date(ms);
    problems.push(`${name} is not a time from 1970 to 9999`);
    return null;
  };
  let { portalId } = row;
  if (portalId !== null && !(portalId >= 1 && portalId <= Number.MAX_SAFE_INTEGER)) {
    problems.push('portal_id is not the number of a portal');
    portalId = null;
  }
  if (row.isTooLarge) problems.push(`the payload is larger than ${MAX_READ_BYTES / 1024} KiB`);
  const isTooDeep = row.payload !== null && depthOf(row.payload) > MAX_READ_DEPTH;
  if (isTooDeep) problems.push(`the payload is deeper than ${MAX_READ_DEPTH} levels`);
  const isLong = row.type.length > MAX_TEXT;
  if (isLong) problems.push(`type must have at most ${MAX_TEXT} characters`);
  return {
    id: row.id,
    type: isLong ? row.type.slice(0, MAX_TEXT) : row.type,
    version: row.version,
    payload: row.payload === null || isTooDeep ? null : parseExactJson(row.payload),
    eventKey: text('key', row.eventKey),
    orderingKey: text('ordering_key', row.orderingKey),
    portalId,
    occurredAt: time('occurred_at', row.occurredAtMs),
    capturedAt: time('captured_at', row.capturedAtMs) ?? new Date(),
    note: problems.length > 0 ? problems.join('; ').slice(0, MAX_NOTE) : null,
  };
}

/** How many arrays and objects of a JSON text stand in one another at most; 0 where it is too short to be deep. */
function depthOf(json: string): number {
  if (json.length <= 2 * MAX_READ_DEPTH) return 0;
  let depth = 0;
  let deepest = 0;
  let isQuoted = false;
  for (let n = 0; n < json.length; n += 1) {
    const character = json[n];
    if (isQuoted) {
      if (character === '\\') n += 1;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, (depth += 1));
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}

function unreadEvent({ id }: { id: string }): InboxEvent {
  const note = 'it could not be read from the inbox: correct it at its source, and capture it anew';
  const nothing = { version: null, payload: null, eventKey: null, orderingKey: null, portalId: null };
  return { id, type: '(unread)', ...nothing, occurredAt: null, note, capturedAt: new Date() };
}
