import type { Pool } from '../pool.js';
import { forWorkspace } from '../tenant.js';
import type { RecordsOf } from './records.js';

/** What a record has to do with another one, as seen from it. */
export interface AssociationType {
  readonly category: string;
  readonly typeId: number;
  /** As it is stored (domain/crm/storedText.ts). */
  readonly label: string | null;
}

export interface Association extends AssociationType {
  readonly from: string;
  readonly toType: string;
  readonly to: string;
}

/**
 * The associations of these records with records of these types, those of each pair by the other's id, so many at most:
 * each pair is found by its key, however many others have.
 */
export async function associationsOf(
  pool: Pool,
  { workspaceId, portalId, objectType }: RecordsOf,
  { ids, toTypes, most }: { ids: readonly string[]; toTypes: readonly string[]; most: number },
): Promise<Association[]> {
  const { rows } = await forWorkspace(pool, workspaceId).query<Association>(
    `SELECT f.id::text AS "from", t.type AS "toType", e.to_id::text AS "to", e.category, e.type_id AS "typeId", e.label
       FROM unnest($4::bigint[]) AS f (id) CROSS JOIN unnest($5::text[]) AS t (type)
      CROSS JOIN LATERAL (
        SELECT o.to_id, o.category, o.type_id, o.label FROM crm_edges o
         WHERE o.workspace_id = $1 AND o.portal_id = $2 AND o.from_type = $3 AND o.from_id = f.id AND o.to_type = t.type
           AND o.removed_at IS NULL
         ORDER BY o.to_id, o.category, o.type_id LIMIT $6) e
      ORDER BY f.id, t.type, e.to_id, e.category, e.type_id`,
    [workspaceId, portalId, objectType, ids, toTypes, most],
  );
  return rows;
}
