import type pg from 'pg';
import { MOST_CONSUMERS, type ConsumerState, type Sink } from '../../domain/crm/consumer.js';
import { ADVISORY_LOCKS } from '../advisoryLocks.js';
import type { Queryable } from '../pool.js';
import type { ChangeFilter, FeedPlace } from './changes.js';

/** What people set of a consumer. */
export interface ConsumerSettings extends ChangeFilter {
  readonly sink: Sink;
  readonly url: string | null;
  readonly lagLimitMinutes: number | null;
}

/** A consumer, and how its feed stands. */
export interface Consumer extends ConsumerSettings {
  readonly id: string;
  readonly name: string;
  readonly place: FeedPlace;
  readonly state: ConsumerState;
  readonly hasSecret: boolean;
  readonly unreadSince: Date | null;
  readonly behindSince: Date | null;
  readonly missedAt: Date | null;
  readonly takenAt: Date | null;
  readonly createdAt: Date;
  readonly pause: { readonly at: Date; readonly reason: string | null } | null;
  readonly failure: {
    readonly message: string;
    readonly inARow: number;
    readonly since: Date;
    readonly nextTryAt: Date;
  } | null;
  /** Up to a hundred; more is not counted. */
  readonly deadLetters: number;
}

interface Row extends Omit<Consumer, 'place' | 'pause' | 'failure'> {
  readonly generation: number;
  readonly transactionId: string;
  readonly changeId: string;
  readonly pausedAt: Date | null;
  readonly pauseReason: string | null;
  readonly failuresInARow: number;
  readonly failedSince: Date | null;
  readonly lastError: string | null;
  readonly tryAt: Date;
}

const COUNTED = 100;

const VIEW = `
  SELECT c.id, c.name, c.sink, c.url, c.portal_ids::float8[] AS "portalIds", c.object_types AS "objectTypes", c.actions, c.initial,
         c.lag_limit_minutes AS "lagLimitMinutes", c.generation, c.transaction_id::text AS "transactionId", c.change_id::text AS "changeId",
         CASE WHEN c.paused_at IS NOT NULL THEN 'paused' WHEN c.behind_since IS NOT NULL THEN 'behind'
              WHEN c.failures_in_a_row > 0 THEN 'failing' ELSE 'reading' END AS state,
         c.secret IS NOT NULL AS "hasSecret", c.unread_since AS "unreadSince", c.behind_since AS "behindSince",
         c.missed_at AS "missedAt", c.taken_at AS "takenAt", c.created_at AS "createdAt", c.paused_at AS "pausedAt",
         c.pause_reason AS "pauseReason", c.failures_in_a_row AS "failuresInARow", c.failed_since AS "failedSince",
         c.last_error AS "lastError", c.try_at AS "tryAt",
         (SELECT count(*)::int FROM (SELECT FROM crm_dead_changes d WHERE d.consumer_id = c.id LIMIT ${COUNTED}) d) AS "deadLetters"
    FROM crm_consumers c WHERE c.workspace_id = $1`;

function consumerOf(row: Row): Consumer {
  const { generation, transactionId, changeId, pausedAt, pauseReason, ...rest } = row;
  const { failuresInARow, failedSince, lastError, tryAt, ...view } = rest;
  return {
    ...view,
    place: { generation, transaction: transactionId, change: changeId },
    pause: pausedAt && { at: pausedAt, reason: pauseReason },
    failure: failedSince && {
      message: lastError ?? '',
      inARow: failuresInARow,
      since: failedSince,
      nextTryAt: tryAt,
    },
  };
}

/** By name, from behind `after`. */
export async function listConsumers(
  db: Queryable,
  workspaceId: string,
  page: { after?: string | undefined; limit: number },
): Promise<Consumer[]> {
  const { rows } = await db.query<Row>(
    `${VIEW} AND ($2::text IS NULL OR c.name > $2) ORDER BY c.name LIMIT $3`,
    [workspaceId, page.after ?? null, page.limit],
  );
  return rows.map(consumerOf);
}

export async function findConsumer(
  db: Queryable,
  workspaceId: string,
  name: string,
): Promise<Consumer | undefined> {
  const { rows } = await db.query<Row>(`${VIEW} AND c.name = $2`, [workspaceId, name]);
  return rows[0] && consumerOf(rows[0]);
}

/** Its row is this transaction's until it ends: nobody else changes it meanwhile. */
export async function lockConsumer(db: Queryable, workspaceId: string, name: string): Promise<void> {
  await db.query(`SELECT FROM crm_consumers WHERE workspace_id = $1 AND name = $2 FOR NO KEY UPDATE`, [
    workspaceId,
    name,
  ]);
}

/**
 * Makes a consumer that begins behind a place of the feed. False: the workspace has as many as it may, or one of this
 * name.
 */
export async function createConsumer(
  client: pg.PoolClient,
  workspaceId: string,
  consumer: ConsumerSettings & {
    readonly id: string;
    readonly name: string;
    readonly secret: string | null;
    readonly place: FeedPlace;
  },
): Promise<boolean> {
  const { place } = consumer;
  await client.query(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCKS.consumers('$1')})`, [workspaceId]);
  const { rowCount } = await client.query(
    `INSERT INTO crm_consumers (id, workspace_id, name, secret, generation, transaction_id, change_id, sink, url,
                                portal_ids, object_types, actions, initial, lag_limit_minutes)
     SELECT $2, $1, $3, $4, $5, $6::xid8, $7, $8, $9, $10, $11, $12, $13, $14
      WHERE (SELECT count(*) FROM crm_consumers WHERE workspace_id = $1) < ${MOST_CONSUMERS}
     ON CONFLICT (workspace_id, name) DO NOTHING`,
    [
      ...[workspaceId, consumer.id, consumer.name, consumer.secret],
      ...[place.generation, place.transaction, place.change],
      ...settingsOf(consumer),
    ],
  );
  return rowCount === 1;
}

/** What is being sent by the former settings counts no more: it is sent again by these. */
export async function changeConsumer(
  db: Queryable,
  workspaceId: string,
  id: string,
  change: ConsumerSettings & { readonly secret: string | null | undefined },
): Promise<void> {
  await db.query(
    `UPDATE crm_consumers SET sink = $3, url = $4, portal_ids = $5, object_types = $6, actions = $7, initial = $8, lag_limit_minutes = $9,
            secret = CASE WHEN $10 THEN $11 ELSE secret END,
            fence = fence + 1, lease_until = NULL, failures_in_a_row = 0, failed_since = NULL, last_error = NULL,
            behind_since = NULL, try_at = clock_timestamp(), look_at = clock_timestamp()
      WHERE workspace_id = $1 AND id = $2`,
    [...[workspaceId, id, ...settingsOf(change)], ...[change.secret !== undefined, change.secret ?? null]],
  );
}

const settingsOf = ({ sink, url, lagLimitMinutes, ...wanted }: ConsumerSettings) => [
  ...[sink, url, wanted.portalIds, wanted.objectTypes, wanted.actions, wanted.initial, lagLimitMinutes],
];

/** Its caller has locked it: nobody notes a dead letter of it meanwhile. */
export async function deleteConsumer(db: Queryable, workspaceId: string, id: string): Promise<void> {
  await db.query(
    `WITH gone AS (DELETE FROM crm_consumers WHERE workspace_id = $1 AND id = $2)
     DELETE FROM crm_dead_changes WHERE workspace_id = $1 AND consumer_id = $2`,
    [workspaceId, id],
  );
}

/** Nothing more is sent to it, or it goes on at once. */
export async function pauseConsumer(
  db: Queryable,
  workspaceId: string,
  id: string,
  how: { readonly paused: boolean; readonly reason: string | null },
): Promise<void> {
  await db.query(
    `UPDATE crm_consumers SET paused_at = CASE WHEN $3 THEN coalesce(paused_at, clock_timestamp()) END,
            pause_reason = CASE WHEN $3 THEN $4 END, try_at = clock_timestamp(), look_at = clock_timestamp()
      WHERE workspace_id = $1 AND id = $2`,
    [workspaceId, id, how.paused, how.reason],
  );
}

/** Sets it to a place, back or on. What is being sent from where it was counts no more. */
export async function setBack(db: Queryable, workspaceId: string, id: string, to: FeedPlace): Promise<void> {
  await db.query(
    `UPDATE crm_consumers SET generation = $3, transaction_id = $4::xid8, change_id = $5, ${MOVED},
            missed_at = NULL, fence = fence + 1, lease_until = NULL, failures_in_a_row = 0, failed_since = NULL, last_error = NULL
      WHERE workspace_id = $1 AND id = $2`,
    [workspaceId, id, to.generation, to.transaction, to.change],
  );
}

/** It says that it has everything up to a place. One that lies before that where it is changes nothing. */
export async function acknowledge(
  db: Queryable,
  workspaceId: string,
  name: string,
  to: FeedPlace,
): Promise<void> {
  await db.query(
    `UPDATE crm_consumers SET generation = $3, transaction_id = $4::xid8, change_id = $5, ${MOVED},
            missed_at = NULL, taken_at = clock_timestamp()
      WHERE workspace_id = $1 AND name = $2
        AND (generation, transaction_id, change_id) <= ($3::smallint, $4::xid8, $5::bigint)`,
    [workspaceId, name, to.generation, to.transaction, to.change],
  );
}

/** What the last look has found is of another place. */
const MOVED =
  'unread_since = NULL, behind_since = NULL, look_at = clock_timestamp(), try_at = clock_timestamp()';

/** The last change that can be read by now, or the beginning of what is there. */
export async function lastPlace(db: Queryable, workspaceId: string, now: number): Promise<FeedPlace> {
  const { rows } = await db.query<FeedPlace>(
    `SELECT generation, transaction_id::text AS transaction, id::text AS change FROM crm_changes
      WHERE workspace_id = $1 AND (generation, transaction_id) < ($2::smallint, pg_snapshot_xmin(pg_current_snapshot()))
      ORDER BY generation DESC, transaction_id DESC, id DESC LIMIT 1`,
    [workspaceId, now],
  );
  return rows[0] ?? { generation: now, transaction: '0', change: '0' };
}

/** The place before the first change that was recorded at this time or later. Undefined: there is none. */
export async function placeBefore(
  db: Queryable,
  workspaceId: string,
  time: Date,
): Promise<FeedPlace | undefined> {
  const { rows } = await db.query<FeedPlace>(
    `SELECT generation, transaction_id::text AS transaction, (id - 1)::text AS change FROM crm_changes
      WHERE workspace_id = $1 AND recorded_at >= $2 ORDER BY generation, transaction_id, id LIMIT 1`,
    [workspaceId, time],
  );
  return rows[0];
}
