import { asNumber, type Hit } from '../../domain/search/hits.js';
import type { Queryable } from '../pool.js';
import { requestHashOf } from '../workspaces/answeredRequests.js';

/** Registrations by their id, or by the Idempotency-Key that they came with. Each arm goes by an index of its own. */
export async function searchRegistrations(
  db: Queryable,
  workspaceId: string,
  text: string,
  most: number,
): Promise<Hit[]> {
  const { rows } = await db.query<Hit>({
    name: 'search.registrations',
    text: `SELECT 'registration' AS kind, id, portal_id::float8 AS "portalId", 'Registration, ' || state AS what
             FROM (SELECT id, portal_id, state FROM registrations WHERE workspace_id = $1 AND id = $2::bigint
                   UNION SELECT id, portal_id, state FROM registrations WHERE workspace_id = $1 AND request_hash = $3) r
            ORDER BY id DESC LIMIT $4`,
    values: [workspaceId, asNumber(text), requestHashOf(workspaceId, text), most],
  });
  return rows;
}
