import { asNumber, asUuid, type Hit } from '../../domain/search/hits.js';
import type { Queryable } from '../pool.js';

/** A notice by its id. */
export async function searchNotices(db: Queryable, workspaceId: string, text: string): Promise<Hit[]> {
  const number = asNumber(text);
  if (number === null) return [];
  const { rows } = await db.query<Hit>({
    name: 'search.notices',
    text: `SELECT 'notice' AS kind, id::text, portal_id::float8 AS "portalId", 'Notice ' || kind || ', ' || state AS what
             FROM notices WHERE id = $2 AND workspace_id = $1`,
    values: [workspaceId, number],
  });
  return rows;
}

/** An API key by its id. */
export async function searchApiKeys(db: Queryable, workspaceId: string, text: string): Promise<Hit[]> {
  const uuid = asUuid(text);
  if (uuid === null) return [];
  const { rows } = await db.query<Hit>({
    name: 'search.api_keys',
    text: `SELECT 'api_key' AS kind, id::text, NULL AS "portalId",
                  'API key ' || name || CASE WHEN revoked_at IS NULL THEN '' ELSE ', revoked' END AS what
             FROM api_keys WHERE id = $2 AND workspace_id = $1`,
    values: [workspaceId, uuid],
  });
  return rows;
}
