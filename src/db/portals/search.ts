import { asNumber, type Hit } from '../../domain/search/hits.js';
import type { Queryable } from '../pool.js';

/** Portals by their number, and failed requests to HubSpot by HubSpot's name for them. */
export async function searchPortals(
  db: Queryable,
  workspaceId: string,
  text: string,
  most: number,
): Promise<Hit[]> {
  const { rows } = await db.query<Hit>({
    name: 'search.portals',
    text: `SELECT 'portal' AS kind, p.portal_id::text AS id, p.portal_id::float8 AS "portalId",
                  'Portal' || coalesce(' ' || p.name, '') || ', ' || p.state AS what
             FROM portals p WHERE p.portal_id = $2::bigint AND p.workspace_id = $1
           UNION ALL
           (SELECT 'hubspot_request', r.id::text, r.portal_id::float8,
                   r.method || ' ' || r.path || ': ' || r.outcome || coalesce(' (' || r.status || ')', '')
              FROM request_log r WHERE r.workspace_id = $1 AND r.correlation_id = $3 ORDER BY r.id DESC LIMIT $4)`,
    values: [workspaceId, asNumber(text), text, most],
  });
  return rows;
}
