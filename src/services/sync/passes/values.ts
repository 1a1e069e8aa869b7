import { idsAfter, storedValues, writeValues } from '../../../db/crm/values.js';
import type { Queryable } from '../../../db/pool.js';
import type { SyncedObject } from '../../../db/sync/reader.js';
import { forWorkspace } from '../../../db/tenant.js';
import { mergedValues, type SeenValues } from '../../../domain/crm/mergedValues.js';
import type { PassContext } from './syncPass.js';

/** One call of HubSpot's. */
const PAGE = 100;

/** What is to become of the values of all records. */
export interface ValuesWanted {
  /** To be read, of these properties alone. */
  readonly names: readonly string[];
  /** To be taken out. */
  readonly dropping: readonly string[];
  readonly source: string;
  /** They were there before anybody kept them. */
  readonly initial: boolean;
}

/** A page of records, and what HubSpot shows of them. */
export interface ValuesRead {
  /** The last of them. Undefined: there are none left. */
  readonly last: string | undefined;
  readonly seen: number;
  readonly write: (client: Queryable) => Promise<number>;
}

/** The next records of the mirror in the order of their ids, with the values that HubSpot has now. Writes nothing. */
export async function nextValues(
  { pool, clock, reading }: PassContext,
  object: SyncedObject,
  after: string,
  wanted: ValuesWanted,
): Promise<ValuesRead> {
  const ids = await idsAfter(forWorkspace(pool, object.workspaceId), object, after, PAGE);
  const readAt = new Date(clock.nowMs());
  const live = wanted.names.length === 0 ? [] : ids.filter(({ archived }) => !archived).map(({ id }) => id);
  const found = await reading.uncut('backfill').readNow(live, wanted.names);
  const values = new Map<string, SeenValues>(
    found.map(({ id, properties }) => [id, { names: wanted.names, values: properties }]),
  );
  return {
    last: ids.at(-1)?.id,
    seen: ids.length,
    async write(client) {
      const stored = await storedValues(
        client,
        object,
        ids.map(({ id }) => id),
        readAt,
      );
      const changed = stored.flatMap(({ id, properties, archived, isLater }) => {
        // Who read it since has newer values; what is in the recycle bin has none that anybody asks for.
        const seen = archived || isLater ? undefined : values.get(id);
        const merged = mergedValues(properties, wanted.dropping, seen);
        return merged ? [{ id, ...merged }] : [];
      });
      const { source, initial } = wanted;
      return writeValues(client, object, { values: changed, readAt, source, initial });
    },
  };
}
