import { dropStored } from '../../db/crm/values.js';
import type { Pool } from '../../db/pool.js';
import { lockReader } from '../../db/sync/states.js';
import type { SyncReader } from '../../db/sync/reader.js';
import { inWorkspace } from '../../db/tenant.js';

/**
 * Takes what is kept no more out of these records of the mirror, before they are written anew: that it is gone is no
 * change of theirs. False: the reader has lost its place.
 */
export function dropValues(
  pool: Pool,
  reader: SyncReader,
  records: readonly { readonly id: string }[],
  dropping: readonly string[],
  readAt: Date,
): Promise<boolean> {
  return inWorkspace(pool, reader.workspaceId, async (client) => {
    if (!(await lockReader(client, reader))) return false;
    await dropStored(
      client,
      reader,
      records.map(({ id }) => id),
      dropping,
      readAt,
    );
    return true;
  });
}
