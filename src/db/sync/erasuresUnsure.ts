import type { Queryable } from '../pool.js';
import type { SyncedObject } from './reader.js';

/*
 * Contacts that HubSpot has neither live nor in its recycle bin, found by audits after a part of the webhooks journal
 * was lost (journal_distrust.sql): somebody may have had them erased, and a delete keeps their values. Which they are
 * stands in `sync_states.erasures_unsure` until each is erased, or a person has looked.
 */

/** More are not named. */
const MOST_NAMED = 10_000;

/** In the transaction of an audit, under the lock of portal and type. What was erased meanwhile is not named again. */
export async function nameUnsureErasures(
  client: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
  vanished: readonly string[],
): Promise<void> {
  await client.query(
    `UPDATE sync_states s
        SET erasures_unsure = ARRAY(
              SELECT u.id::text FROM (
                SELECT k.id::bigint AS id FROM unnest(s.erasures_unsure) AS k (id)
                 UNION
                SELECT v.id FROM unnest($4::bigint[]) AS v (id)
                 WHERE EXISTS (SELECT FROM crm_records r
                                WHERE r.workspace_id = $1 AND r.portal_id = $2 AND r.object_type = $3 AND r.id = v.id)) u
               ORDER BY u.id LIMIT $5)
      WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3 AND s.erasures_unsure_until > clock_timestamp()`,
    [workspaceId, portalId, objectType, vanished, MOST_NAMED],
  );
}

/** A person has looked: none of them is named any more. False: none was. */
export async function settleErasures(
  db: Queryable,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE sync_states SET erasures_unsure = '{}'
      WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND erasures_unsure <> '{}'`,
    [workspaceId, portalId, objectType],
  );
  return rowCount === 1;
}
