import type { Queryable } from '../pool.js';

/** The keys of ENCRYPTION_KEYS beside the first by which data keys of a workspace are wrapped, with how many. */
export async function retiredKeysInUse(
  db: Queryable,
  workspaceId: string,
  firstKeyId: string,
): Promise<{ kekId: string; dataKeys: number }[]> {
  const { rows } = await db.query<{ kekId: string; dataKeys: number }>({
    name: 'attention.retired_keys',
    text: `SELECT kek_id AS "kekId", count(*)::int AS "dataKeys"
             FROM (SELECT k.kek_id FROM data_keys k WHERE k.workspace_id = $1 ORDER BY k.created_at DESC LIMIT 1000) newest
            WHERE kek_id <> $2 GROUP BY kek_id ORDER BY kek_id`,
    values: [workspaceId, firstKeyId],
  });
  return rows;
}
