import { mirrored, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import { dropStored } from '../crm/values.js';
import type { Queryable } from '../pool.js';
import { tellMerges } from './merges.js';
import { columnsOf } from './pageColumns.js';
import type { SyncedObject } from './reader.js';

/**
 * Writes records that a pass has read, as those of a load or a search are written, in the transaction of its step
 * (writePassStep). Returns how many of them were changed by it.
 */
export async function writePassRecords(
  client: Queryable,
  object: SyncedObject,
  page: { readonly seen: readonly SeenRecord[]; readonly readAt: Date; readonly source: string },
): Promise<number> {
  const { workspaceId, portalId, objectType } = object;
  const { rows: kept } = await client.query<{ dropping: string[] }>({
    name: 'write_pass_dropping',
    text: `SELECT dropping FROM sync_properties
            WHERE workspace_id = $1 AND portal_id = $2 AND object_type = $3 AND dropping <> '{}'`,
    values: [workspaceId, portalId, objectType],
  });
  const ids = page.seen.map(({ id }) => id);
  if (kept[0]) await dropStored(client, object, ids, kept[0].dropping, page.readAt);
  const records = page.seen.map(mirrored);
  const isMerge = records.some(({ mergedIds }) => mergedIds.length > 0);
  const merged = isMerge ? await tellMerges(client, object, { ...page, records }) : 0;
  const { rows } = await client.query<{ changed: number }>({
    name: 'write_pass_records',
    text: `WITH written AS (SELECT * FROM crm_write_records($1, $2, $3, $4, $5, false, $6, $7, $8, $9, $10)),
                counted AS (UPDATE sync_states s SET live = s.live + w.created + w.restored FROM written w
                             WHERE s.workspace_id = $1 AND s.portal_id = $2 AND s.object_type = $3)
           SELECT created + updated + restored AS changed FROM written`,
    values: [...[workspaceId, portalId, objectType, page.readAt, page.source], ...columnsOf(records)],
  });
  return merged + (rows[0]?.changed ?? 0);
}
