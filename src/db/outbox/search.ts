import { asNumber, asUuid, type Hit } from '../../domain/search/hits.js';
import type { Queryable } from '../pool.js';

/**
 * Events by their id, their key, a record that they made, or HubSpot's name for a request that failed; redrives by
 * their id. Each arm goes by an index of its own.
 */
export async function searchOutbox(
  db: Queryable,
  workspaceId: string,
  text: string,
  most: number,
): Promise<Hit[]> {
  const events = await db.query<Hit>({
    name: 'search.events',
    text: `WITH named AS MATERIALIZED (
             SELECT $2::bigint AS id WHERE $2::bigint IS NOT NULL
             UNION SELECT k.event_id FROM outbox_keys k WHERE k.workspace_id = $1 AND k.event_key = $3
             UNION (SELECT g.event_id FROM outbox_ledger g
              WHERE g.portal_id = ANY (ARRAY(SELECT o.portal_id FROM portals o WHERE o.workspace_id = $1))
                AND g.object_id = $3 AND g.workspace_id = $1 ORDER BY g.event_id DESC LIMIT $4)
             UNION (SELECT a.event_id FROM outbox_attempts a WHERE a.workspace_id = $1 AND a.correlation_id = $3 LIMIT $4)
           ), found AS (
             SELECT e.id, e.portal_id, e.type, CASE e.state WHEN 1 THEN 'retrying' WHEN 2 THEN 'held' ELSE 'pending' END AS state, 2 AS place
               FROM outbox_pending e WHERE e.workspace_id = $1 AND e.id = ANY (ARRAY(SELECT id FROM named))
             UNION ALL SELECT d.id, d.portal_id, d.type, d.state, 1
               FROM outbox_dead d WHERE d.workspace_id = $1 AND d.id = ANY (ARRAY(SELECT id FROM named))
             UNION ALL SELECT h.id, h.portal_id, h.type, 'processed', 0
               FROM outbox_history h WHERE h.workspace_id = $1 AND h.id = ANY (ARRAY(SELECT id FROM named)))
           SELECT 'event' AS kind, id, portal_id::float8 AS "portalId", 'Event ' || left(type, 100) || ', ' || state AS what
             FROM (SELECT DISTINCT ON (id) * FROM found ORDER BY id DESC, place DESC) f ORDER BY id DESC LIMIT $4`,
    values: [workspaceId, asNumber(text), text, most],
  });
  const uuid = asUuid(text);
  if (uuid === null) return events.rows;
  const redrives = await db.query<Hit>({
    name: 'search.redrives',
    text: `SELECT 'redrive' AS kind, id, NULL AS "portalId", 'Redrive, ' || state || ', ' || moved || ' of ' || total || ' moved' AS what
             FROM outbox_redrives WHERE id = $2 AND workspace_id = $1`,
    values: [workspaceId, uuid],
  });
  return [...events.rows, ...redrives.rows];
}
