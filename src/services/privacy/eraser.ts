import type pg from 'pg';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import { eraseRecord, type RecordToErase } from './eraseRecord.js';

/** Erases records in transactions of whoever learns that they are to be erased; their key is made before. */
export function createEraser(tombstones: Pick<TombstoneKeys, 'make'>) {
  return {
    async prepare(workspaceId: string) {
      const key = await tombstones.make(workspaceId);
      return (client: pg.PoolClient, record: RecordToErase, requestedBy: string) =>
        eraseRecord(client, key, record, requestedBy);
    },
  };
}
