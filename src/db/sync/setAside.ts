import type pg from 'pg';
import type { Pool, Queryable } from '../pool.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../tombstoneKey.js';
import type { SyncedObject } from './reader.js';

/*
 * Records that HubSpot refuses to show, each by its id in `sync_states.set_aside`: they hold up none of the others, and
 * are asked for again by a pass (services/sync/passes/asidePass.ts), so often and not for ever. Who is shown one
 * meanwhile by a list or a batch writes it as any other.
 */

/** More are no matter of single records: the type is not read on then. */
const MOST_SET_ASIDE = 100;
/** Asked for again after one hour, two, four …: so often, within five and a half days. */
export const MOST_TRIES = 7;

/** Notes a record as set aside. False: there are too many. Of one that was erased nothing is kept. */
export function setAside(
  { pool, tombstones }: { readonly pool: Pool; readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined },
  object: SyncedObject,
  { id, reason }: { readonly id: string; readonly reason: string },
): Promise<boolean> {
  const key = keyOf(object);
  return withTombstoneKey(tombstones, object, (tombstoneKey) =>
    inWorkspaceWith(pool, object.workspaceId, tombstoneKey, async (client) => {
      // Under the lock of all that write, an erasure among them.
      await client.query(
        `SELECT FROM sync_states WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 FOR NO KEY UPDATE`,
        [...key],
      );
      const { rows } = await client.query<{ noted: boolean }>(
        `WITH noted AS (
           UPDATE sync_states
              SET set_aside = set_aside || jsonb_build_object($4::text,
                    jsonb_build_object('tries', 0, 'nextAt', clock_timestamp() + interval '1 hour') || coalesce(set_aside -> $4::text, '{}')
                    || jsonb_build_object('reason', $5::text, 'at', clock_timestamp()))
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND ($4::text)::bigint <> ALL (crm_erased($1, $2, $3, ARRAY[($4::text)::bigint]))
              AND (set_aside ? $4::text OR (SELECT count(*) FROM jsonb_object_keys(set_aside)) < $6)
           RETURNING true)
         SELECT EXISTS (SELECT FROM noted) OR ($4::text)::bigint = ANY (crm_erased($1, $2, $3, ARRAY[($4::text)::bigint])) AS noted`,
        [...key, id, reason, MOST_SET_ASIDE],
      );
      return rows[0]?.noted ?? false;
    }),
  );
}

/** Those that are due now, the longest due first. What the mirror has read since is among them no more. */
export async function setAsideDue(db: Queryable, object: SyncedObject, most: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `WITH aside AS MATERIALIZED (
       SELECT a.key AS id, (a.value ->> 'at')::timestamptz AS at, (a.value ->> 'nextAt')::timestamptz AS next_at
         FROM sync_states s CROSS JOIN jsonb_each(s.set_aside) a
        WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3
     ), read AS MATERIALIZED (
       SELECT a.id FROM aside a
        WHERE (SELECT r.read_at > a.at FROM crm_records r
                WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = a.id::bigint)
     ), over AS (
       UPDATE sync_states SET set_aside = set_aside - ARRAY(SELECT r.id FROM read r)
        WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND EXISTS (SELECT FROM read))
     SELECT a.id FROM aside a WHERE a.next_at <= now() AND a.id NOT IN (SELECT r.id FROM read r) ORDER BY a.next_at LIMIT $4`,
    [...keyOf(object), most],
  );
  return rows.map(({ id }) => id);
}

/** In a transaction of the pass: those that were read, or are not there, are over; the others have had one more try. */
export async function triedAgain(
  client: pg.PoolClient,
  object: SyncedObject,
  { over, refused }: { readonly over: readonly string[]; readonly refused: readonly string[] },
): Promise<void> {
  await client.query(
    `UPDATE sync_states s
        SET set_aside = (
          SELECT coalesce(jsonb_object_agg(a.key, a.value || CASE WHEN a.key <> ALL ($5::text[]) THEN '{}'::jsonb ELSE jsonb_build_object(
                   'tries', (a.value ->> 'tries')::int + 1,
                   'nextAt', CASE WHEN (a.value ->> 'tries')::int + 1 < $6
                                  THEN clock_timestamp() + interval '1 hour' * 2 ^ ((a.value ->> 'tries')::int + 1) END) END), '{}')
            FROM jsonb_each(s.set_aside) a WHERE a.key <> ALL ($4::text[]))
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3`,
    [...keyOf(object), over, refused, MOST_TRIES],
  );
}

function keyOf({ workspaceId, portalId, objectType }: SyncedObject) {
  return [workspaceId, portalId, objectType] as const;
}
