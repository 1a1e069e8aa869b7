import { asNumber, type Hit } from '../../domain/search/hits.js';
import { queueNameOf } from '../../domain/throttle/queueName.js';
import type { Queryable } from '../pool.js';

/**
 * Lanes by their id, key, queue or workflow at HubSpot, and executions by their id, callback, record or Temporal
 * workflow. Each arm goes by an index of its own.
 */
export async function searchThrottle(
  db: Queryable,
  workspaceId: string,
  text: string,
  most: number,
): Promise<Hit[]> {
  const queue = queueNameOf(text);
  const keys = [text, ...(queue === null ? [] : [`queue:${queue.folded}`])];
  const lanes = await db.query<Hit>({
    name: 'search.lanes',
    text: `SELECT 'lane' AS kind, l.id, l.portal_id::float8 AS "portalId",
                  'Lane ' || l.key || CASE WHEN l.paused_at IS NULL THEN '' ELSE ', paused' END AS what
             FROM ((SELECT * FROM lanes WHERE id = $2::bigint AND workspace_id = $1)
                   UNION (SELECT * FROM lanes WHERE workspace_id = $1 AND key = ANY ($3) LIMIT $5)
                   UNION (SELECT * FROM lanes WHERE workspace_id = $1 AND workflow_id = $4 LIMIT $5)) l
            ORDER BY l.id DESC LIMIT $5`,
    values: [workspaceId, asNumber(text), keys, text, most],
  });
  const executions = await db.query<Hit>({
    name: 'search.executions',
    text: `WITH named AS (
             SELECT k.execution_id AS id FROM execution_keys k
              WHERE k.portal_id = ANY (ARRAY(SELECT o.portal_id FROM portals o WHERE o.workspace_id = $1)) AND k.callback_id = $3
             UNION SELECT $2::bigint WHERE $2::bigint IS NOT NULL
           ), found AS (
             SELECT e.id, e.portal_id, e.object_id, e.grant_id, NULL::text AS state FROM executions e
              WHERE e.workspace_id = $1 AND e.id = ANY (ARRAY(SELECT id FROM named))
             UNION ALL SELECT h.id, h.portal_id, h.object_id, NULL, h.state FROM execution_history h
              WHERE h.workspace_id = $1 AND h.id = ANY (ARRAY(SELECT id FROM named))
             UNION ALL (SELECT e.id, e.portal_id, e.object_id, e.grant_id, NULL FROM executions e
              WHERE e.workspace_id = $1 AND e.object_id = $3 ORDER BY e.id DESC LIMIT $4)
             UNION ALL (SELECT h.id, h.portal_id, h.object_id, NULL, h.state FROM execution_history h
              WHERE h.workspace_id = $1 AND h.object_id = $3 ORDER BY h.id DESC LIMIT $4)
             UNION ALL (SELECT e.id, e.portal_id, e.object_id, e.grant_id, NULL FROM packs p JOIN executions e ON e.pack_id = p.id
              WHERE p.workflow_id = $3 AND p.workspace_id = $1 LIMIT $4))
           SELECT 'execution' AS kind, id, portal_id::float8 AS "portalId",
                  'Execution' || coalesce(' of record ' || object_id, '') || ', '
                    || coalesce(state, CASE WHEN grant_id IS NULL THEN 'waiting' ELSE 'sending' END) AS what
             FROM (SELECT DISTINCT ON (id) * FROM found ORDER BY id DESC, state NULLS LAST) f ORDER BY id DESC LIMIT $4`,
    values: [workspaceId, asNumber(text), text, most],
  });
  return [...lanes.rows, ...executions.rows];
}
