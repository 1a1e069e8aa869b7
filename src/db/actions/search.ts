import { asNumber, type Hit } from '../../domain/search/hits.js';
import type { Queryable } from '../pool.js';

/** Runs by their id, callback or record. Each arm goes by an index of its own. */
export async function searchActionRuns(
  db: Queryable,
  workspaceId: string,
  text: string,
  most: number,
): Promise<Hit[]> {
  const { rows } = await db.query<Hit>({
    name: 'search.action_runs',
    text: `SELECT 'action_run' AS kind, id, portal_id::float8 AS "portalId",
                  'Run of ' || action || coalesce(' for record ' || object_id, '') || ', ' || state AS what
             FROM ((SELECT id, portal_id, action, object_id, state FROM action_runs WHERE workspace_id = $1 AND id = $2::bigint)
                   UNION (SELECT id, portal_id, action, object_id, state FROM action_runs
                           WHERE workspace_id = $1 AND callback_id = $3 ORDER BY id DESC LIMIT $4)
                   UNION (SELECT id, portal_id, action, object_id, state FROM action_runs
                           WHERE workspace_id = $1 AND object_id = $3 ORDER BY id DESC LIMIT $4)) r
            ORDER BY id DESC LIMIT $4`,
    values: [workspaceId, asNumber(text), text, most],
  });
  return rows;
}
