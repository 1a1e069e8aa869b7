import type { Pool } from '../pool.js';
import type { SyncedObject } from './reader.js';

/** So often in a row can nothing of what is due be read, until it is asked for again by the next round. */
const MOST_FRUITLESS = 100;

/**
 * What a function of sweeps takes as due and can be read (`runs`). What cannot is put off by the same statement, and
 * hides none of what is due after it.
 */
export async function takeDue<More>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<(SyncedObject & More)[]> {
  for (let n = 0; n < MOST_FRUITLESS; n += 1) {
    const { rows } = await pool.query<Row & More>(text, [...values]);
    const readable = rows.filter(({ runs }) => runs);
    if (readable.length > 0 || rows.length === 0)
      return readable.map(({ workspace_id, portal_id, object_type, runs: _, ...more }) => ({
        workspaceId: workspace_id,
        portalId: Number(portal_id),
        objectType: object_type,
        ...(more as More),
      }));
  }
  return [];
}

interface Row {
  readonly workspace_id: string;
  readonly portal_id: string;
  readonly object_type: string;
  readonly runs: boolean;
}
