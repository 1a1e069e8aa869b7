import { z } from 'zod';
import type { Queryable } from '../../../db/pool.js';
import { endPending } from '../../../db/sync/properties.js';
import { refreshedProperties } from '../keptProperties.js';
import { readReference } from '../referenceData.js';
import type { SyncPass } from './syncPass.js';
import { nextValues } from './values.js';

const HOUR_MS = 3_600_000;

const cursorSchema = z.object({
  /** Of what is kept: once that is changed, it begins anew. */
  version: z.number().int(),
  /** The last record. */
  after: z.string().regex(/^\d{1,19}$/),
});
type Cursor = z.output<typeof cursorSchema>;

/**
 * Once an hour the definitions of a type are read, and the names of owners, pipelines and stages. What is kept since is
 * read of the records that the mirror has already, and of these properties alone; what is kept no more is taken out. A
 * record that another read has shown since has its values already.
 */
export const propertiesPass: SyncPass<Cursor> = {
  name: 'properties',
  everyMs: HOUR_MS,
  cursor: cursorSchema,

  async step(context, cursor) {
    const { pool, gateway, reader, reading } = context;
    if (!cursor) {
      const how = { priority: 'backfill', reader } as const;
      const { version, filling, dropping } = await refreshedProperties({ pool, gateway }, reader, how);
      const reference = await readReference({ pool, gateway }, reader);
      const write = (client: Queryable) => reference.write(client).then(() => 0);
      if (filling.length === 0 && dropping.length === 0)
        return { cursor: null, isThrough: true, seen: 0, write };
      return { cursor: { version, after: '0' }, isThrough: false, seen: 0, write };
    }
    const { version, filling, dropping } = await reading.kept();
    if (version !== cursor.version) return { cursor: { version, after: '0' }, isThrough: false, seen: 0 };
    const { last, seen, write } = await nextValues(context, reader, cursor.after, {
      ...{ names: filling, dropping, source: 'properties', initial: true },
    });
    if (last !== undefined) return { cursor: { version, after: last }, isThrough: false, seen, write };
    const end = async (client: Queryable) => {
      await endPending(client, reader, version);
      return 0;
    };
    return { cursor: null, isThrough: true, seen: 0, write: end };
  },
};
