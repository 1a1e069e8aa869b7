import type { Sink } from '../../domain/crm/consumer.js';
import type { Pool } from '../pool.js';
import { forWorkspace, inWorkspace } from '../tenant.js';
import {
  CHANGE_COLUMNS,
  placeOfChange,
  type ChangeFilter,
  type FeedPlace,
  type StoredChange,
} from './changes.js';

/*
 * What a worker holds while it calls a consumer: the consumer under a lease and a fence. Who was overtaken, or whose
 * consumer was set back meanwhile, moves nothing any more.
 */

/** Longer than a call may last. */
export const LEASE_MS = 30_000;
/** A turn that nobody has taken in hand for so long is given again. */
const TURN_MS = 10_000;
/** Until a consumer that was left is looked at: so the workflow that called it has ended. */
const AFTER_TURN_MS = 300;
/** So many consumers of one workspace are called at a time: the others' slots are not for it. */
const MOST_OF_A_WORKSPACE = 4;

export interface ConsumerId {
  readonly workspaceId: string;
  readonly consumerId: string;
}

export interface DeliveryClaim extends ConsumerId {
  readonly fence: number;
  readonly name: string;
  readonly sink: Sink;
  /** Of a webhook. */
  readonly url: string | null;
  readonly secretSealed: string | null;
  readonly wanted: ChangeFilter;
  readonly place: FeedPlace;
  /** How often in a row a call failed. */
  readonly failures: number;
  /** Changes were removed before it had them, and it was not told so. */
  readonly missed: boolean;
}

/** Webhooks and handlers of any workspace whose turn it is to be called. */
export async function consumersToCall(
  pool: Pool,
  { most, againMs, keepDays }: { most: number; againMs: number; keepDays: number },
): Promise<ConsumerId[]> {
  const { rows } = await pool.query<ConsumerId>(
    'SELECT workspace_id AS "workspaceId", consumer_id AS "consumerId" FROM consumers_look($1, $2, $3, $4, $5)',
    [most, againMs, keepDays, MOST_OF_A_WORKSPACE, TURN_MS],
  );
  return rows;
}

/** Takes a consumer in hand. Undefined: somebody has it, or it is not to be called now. */
export async function claimConsumer(
  pool: Pool,
  { workspaceId, consumerId }: ConsumerId,
): Promise<DeliveryClaim | undefined> {
  type Row = Omit<DeliveryClaim, 'wanted' | 'place'> & ChangeFilter & FeedPlace;
  const { rows } = await forWorkspace(pool, workspaceId).query<Row>(
    `UPDATE crm_consumers c SET fence = c.fence + 1, lease_until = clock_timestamp() + $3 * interval '1 millisecond', turn_until = NULL
      WHERE c.workspace_id = $1 AND c.id = $2 AND (c.sink = 'handler' OR c.sink = 'webhook' AND c.url IS NOT NULL) AND c.paused_at IS NULL
        AND c.try_at <= clock_timestamp() AND (c.lease_until IS NULL OR c.lease_until <= clock_timestamp())
        AND (SELECT count(*) FROM crm_consumers o WHERE o.workspace_id = $1 AND o.lease_until > clock_timestamp()) < $4
     RETURNING c.workspace_id AS "workspaceId", c.id AS "consumerId", c.fence, c.name, c.sink, c.url, c.secret AS "secretSealed",
               c.portal_ids::float8[] AS "portalIds", c.object_types AS "objectTypes", c.actions, c.initial, c.generation,
               c.transaction_id::text AS transaction, c.change_id::text AS change, c.failures_in_a_row AS failures,
               c.missed_at IS NOT NULL AS missed`,
    [workspaceId, consumerId, LEASE_MS, MOST_OF_A_WORKSPACE],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { portalIds, objectTypes, actions, initial, generation, transaction, change, ...claim } = row;
  const wanted = { portalIds, objectTypes, actions, initial };
  return { ...claim, wanted, place: { generation, transaction, change } };
}

type Held = Pick<DeliveryClaim, 'workspaceId' | 'consumerId' | 'fence'>;

/** The database's seconds now. Undefined: the consumer is another's, or is not to be called. */
export async function renewDelivery(pool: Pool, held: Held): Promise<number | undefined> {
  const { rows } = await forWorkspace(pool, held.workspaceId).query<{ now: number }>(
    `UPDATE crm_consumers SET lease_until = clock_timestamp() + $4 * interval '1 millisecond'
      WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND paused_at IS NULL
     RETURNING extract(epoch FROM clock_timestamp())::int AS now`,
    [held.workspaceId, held.consumerId, held.fence, LEASE_MS],
  );
  return rows[0]?.now;
}

/** A change that is to be sent no more, with what its receiver answered; null: it waits behind an earlier one. */
export interface DeadChange {
  readonly change: StoredChange;
  readonly status: number | null;
}

/**
 * The consumer has what came up to a place, or it is a dead letter: both in one transaction. False: it was another's by
 * then, and nothing was changed.
 */
export async function moveOn(
  pool: Pool,
  held: Held,
  to: { readonly place: FeedPlace; readonly taken: boolean; readonly dead: readonly DeadChange[] },
): Promise<boolean> {
  const { workspaceId, consumerId, fence } = held;
  const { place, taken, dead } = to;
  return inWorkspace(pool, workspaceId, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE crm_consumers SET generation = $4, transaction_id = $5::xid8, change_id = $6, unread_since = NULL,
              failures_in_a_row = CASE WHEN $7 THEN 0 ELSE failures_in_a_row END,
              failed_since = CASE WHEN $7 THEN NULL ELSE failed_since END, last_error = CASE WHEN $7 THEN NULL ELSE last_error END,
              missed_at = CASE WHEN $7 THEN NULL ELSE missed_at END,
              taken_at = CASE WHEN $7 THEN clock_timestamp() ELSE taken_at END
        WHERE workspace_id = $1 AND id = $2 AND fence = $3`,
      [workspaceId, consumerId, fence, place.generation, place.transaction, place.change, taken],
    );
    if (rowCount !== 1) return false;
    if (dead.length > 0) await addDead(client, held, dead);
    return true;
  });
}

async function addDead(
  client: Pick<Pool, 'query'>,
  { workspaceId, consumerId }: Held,
  dead: readonly DeadChange[],
): Promise<void> {
  await client.query(
    `INSERT INTO crm_dead_changes (workspace_id, consumer_id, generation, transaction_id, change_id, portal_id, object_type,
                                   record_id, recorded_at, status)
     SELECT $1, $2, u.* FROM unnest($3::smallint[], $4::text[]::xid8[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[],
                                    $9::timestamptz[], $10::int[]) AS u
     ON CONFLICT (consumer_id, generation, transaction_id, change_id)
     DO UPDATE SET status = excluded.status, redrive = false, died_at = clock_timestamp()`,
    [
      ...[workspaceId, consumerId],
      dead.map(({ change }) => change.generation),
      dead.map(({ change }) => change.transactionId),
      dead.map(({ change }) => change.id),
      dead.map(({ change }) => change.portalId),
      dead.map(({ change }) => change.objectType),
      dead.map(({ change }) => change.recordId),
      dead.map(({ change }) => change.recordedAt),
      dead.map(({ status }) => status),
    ],
  );
}

/** What else of the same records was to be sent again waits behind what was refused again. */
async function holdBack(
  client: Pick<Pool, 'query'>,
  { workspaceId, consumerId }: Held,
  dead: readonly DeadChange[],
): Promise<void> {
  await client.query(
    `UPDATE crm_dead_changes SET redrive = false WHERE ctid = ANY (ARRAY(
       SELECT r.ctid FROM unnest($3::bigint[], $4::text[], $5::bigint[]) AS u (portal, type, record)
        CROSS JOIN LATERAL (SELECT d.ctid FROM crm_dead_changes d
                             WHERE d.workspace_id = $1 AND d.consumer_id = $2 AND d.portal_id = u.portal AND d.object_type = u.type
                               AND d.record_id = u.record AND d.redrive OFFSET 0) r))`,
    [
      ...[workspaceId, consumerId],
      dead.map(({ change }) => change.portalId),
      dead.map(({ change }) => change.objectType),
      dead.map(({ change }) => change.recordId),
    ],
  );
}

/** Of these changes those of a record that has a dead letter: they wait behind it. */
export async function behindDeadLetters(
  pool: Pool,
  { workspaceId, consumerId }: ConsumerId,
  changes: readonly StoredChange[],
): Promise<Set<StoredChange>> {
  const { rows } = await forWorkspace(pool, workspaceId).query<{ n: number }>(
    `SELECT u.n::int AS n FROM unnest($3::bigint[], $4::text[], $5::bigint[]) WITH ORDINALITY AS u (portal, type, record, n)
      WHERE (SELECT true FROM crm_dead_changes d
              WHERE d.workspace_id = $1 AND d.consumer_id = $2 AND d.portal_id = u.portal AND d.object_type = u.type
                AND d.record_id = u.record LIMIT 1)`,
    [
      ...[workspaceId, consumerId],
      changes.map(({ portalId }) => portalId),
      changes.map(({ objectType }) => objectType),
      changes.map(({ recordId }) => recordId),
    ],
  );
  return new Set(rows.flatMap(({ n }) => changes[n - 1] ?? []));
}

/** How a worker leaves a consumer. `failure`: what the call failed of, and when it is to be tried again. */
export async function leaveConsumer(
  pool: Pool,
  { workspaceId, consumerId, fence }: Held,
  failure?: { readonly message: string; readonly againInMs: number },
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE crm_consumers SET lease_until = NULL, look_at = clock_timestamp() + ${AFTER_TURN_MS} * interval '1 millisecond',
            try_at = clock_timestamp() + $4 * interval '1 millisecond',
            failures_in_a_row = CASE WHEN $5::text IS NULL THEN failures_in_a_row ELSE failures_in_a_row + 1 END,
            failed_since = CASE WHEN $5::text IS NULL THEN failed_since ELSE coalesce(failed_since, clock_timestamp()) END,
            last_error = coalesce($5, last_error)
      WHERE workspace_id = $1 AND id = $2 AND fence = $3`,
    [workspaceId, consumerId, fence, failure?.againInMs ?? 0, failure?.message ?? null],
  );
}

/** Dead letters that are to be sent again: their changes, and the places of those whose change is not kept any more. */
export interface Redriven {
  readonly changes: StoredChange[];
  readonly lost: FeedPlace[];
}

/** In the order of the feed, as far as they fit into a call. */
export async function readRedriven(
  pool: Pool,
  { workspaceId, consumerId }: ConsumerId,
  { limit, mostBytes }: { limit: number; mostBytes: number },
): Promise<Redriven> {
  const { rows } = await forWorkspace(pool, workspaceId).query<
    StoredChange & { readonly dead: FeedPlace; readonly lost: boolean }
  >(
    `SELECT ${CHANGE_COLUMNS}, f.dead, f.id IS NULL AS lost
       FROM (SELECT c.*, count(c.id) OVER feed AS nth, sum(octet_length(c.changed::text)) OVER feed AS bytes, d.n,
                    jsonb_build_object('generation', d.generation, 'transaction', d.transaction_id::text, 'change', d.change_id::text) AS dead
               FROM (SELECT *, row_number() OVER (ORDER BY generation, transaction_id, change_id) AS n FROM crm_dead_changes
                      WHERE workspace_id = $1 AND consumer_id = $2 AND redrive ORDER BY generation, transaction_id, change_id LIMIT $3) d
               LEFT JOIN LATERAL (SELECT * FROM crm_changes f
                      WHERE f.workspace_id = $1 AND f.generation = d.generation AND f.transaction_id = d.transaction_id
                        AND f.id = d.change_id AND f.recorded_at BETWEEN d.recorded_at - interval '1 second' AND d.recorded_at + interval '1 second' OFFSET 0) c ON true
             WINDOW feed AS (ORDER BY d.n)) f
      WHERE f.id IS NULL OR f.nth = 1 OR f.bytes <= $4 ORDER BY f.n`,
    [workspaceId, consumerId, limit, mostBytes],
  );
  return {
    changes: rows.filter(({ lost }) => !lost),
    lost: rows.flatMap(({ lost, dead }) => (lost ? [dead] : [])),
  };
}

/** What was sent again is a dead letter no more; what was refused again is one as before. False: it was another's. */
export async function settleRedriven(
  pool: Pool,
  held: Held,
  { taken, dead }: { readonly taken: readonly StoredChange[]; readonly dead: readonly DeadChange[] },
): Promise<boolean> {
  const { workspaceId, consumerId, fence } = held;
  return inWorkspace(pool, workspaceId, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE crm_consumers SET taken_at = CASE WHEN $4 THEN clock_timestamp() ELSE taken_at END,
              failures_in_a_row = CASE WHEN $4 THEN 0 ELSE failures_in_a_row END,
              failed_since = CASE WHEN $4 THEN NULL ELSE failed_since END, last_error = CASE WHEN $4 THEN NULL ELSE last_error END
        WHERE workspace_id = $1 AND id = $2 AND fence = $3`,
      [workspaceId, consumerId, fence, taken.length > 0],
    );
    if (rowCount !== 1) return false;
    await client.query(`DELETE FROM crm_dead_changes WHERE ctid = ANY (ARRAY(${DEAD_AT_PLACES}))`, [
      ...[workspaceId, consumerId],
      ...columnsOf(taken.map(placeOfChange)),
    ]);
    if (dead.length > 0) {
      await addDead(client, held, dead);
      await holdBack(client, held, dead);
    }
    return true;
  });
}

/** Dead letters whose change is not kept any more cannot be sent again: they stay until they are forgotten. */
export async function giveUpRedriven(
  pool: Pool,
  { workspaceId, consumerId }: ConsumerId,
  lost: readonly FeedPlace[],
): Promise<void> {
  await forWorkspace(pool, workspaceId).query(
    `UPDATE crm_dead_changes SET redrive = false WHERE ctid = ANY (ARRAY(${DEAD_AT_PLACES}))`,
    [workspaceId, consumerId, ...columnsOf(lost)],
  );
}

/** The rows of dead letters at the places $3, $4 and $5 of consumer $2. */
const DEAD_AT_PLACES = `
  SELECT (SELECT d.ctid FROM crm_dead_changes d
           WHERE d.workspace_id = $1 AND d.consumer_id = $2 AND d.generation = u.generation
             AND d.transaction_id = u.transaction_id AND d.change_id = u.change_id)
    FROM unnest($3::smallint[], $4::text[]::xid8[], $5::bigint[]) AS u (generation, transaction_id, change_id)`;
const columnsOf = (places: readonly FeedPlace[]) => [
  places.map(({ generation }) => generation),
  places.map(({ transaction }) => transaction),
  places.map(({ change }) => change),
];
