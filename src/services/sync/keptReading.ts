import type { Pool } from '../../db/pool.js';
import { noteRefusedLength, type KeptProperties } from '../../db/sync/properties.js';
import { setAside } from '../../db/sync/setAside.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import type { PassReader } from '../../db/sync/passes.js';
import type { SyncReader } from '../../db/sync/reader.js';
import type { TombstoneKeys } from '../../db/tombstoneKey.js';
import { MERGED_IDS_PROPERTY, mergedInto, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { Priority } from '../../domain/hubspot/priorities.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { createHubSpotRecords, MOST_LISTED_CHARACTERS, type HubSpotRecords } from './hubspotRecords.js';
import { keptProperties, refreshedProperties } from './keptProperties.js';
import { isFound } from './readRecords.js';

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined;
}

/** How one turn reads the records of a type: by which properties, and what of an answer is kept. */
export interface KeptReading {
  readonly kept: () => Promise<KeptProperties>;
  /** Of the properties that are asked for. */
  readonly names: () => Promise<readonly string[]>;
  /** Records as they are kept: with the properties that are, and no others. */
  readonly records: (priority: Priority) => HubSpotRecords;
  /** As HubSpot shows them, with whatever was asked for. */
  readonly uncut: (priority: Priority) => HubSpotRecords;
}

export function createKeptReading(
  { pool, gateway, tombstones }: Dependencies,
  object: SyncedObject,
  how: {
    readonly priority: Priority;
    readonly reader: SyncReader | PassReader;
    /** For so long does a call wait for its turn. */
    readonly deadlineMs?: number;
  },
): KeptReading {
  let known: Promise<KeptProperties> | undefined;
  let hasLookedAgain = false;
  const addresses = {
    mostListed: MOST_LISTED_CHARACTERS,
    async refused(length: number): Promise<void> {
      addresses.mostListed = Math.min(addresses.mostListed, length - 1);
      await noteRefusedLength(pool, object, length);
    },
  };

  const kept = () =>
    (known ??= keptProperties({ pool, gateway }, object, how).then((found) => {
      addresses.mostListed = Math.min(addresses.mostListed, (found.refusedLength ?? Infinity) - 1);
      return found;
    }));

  /** A property that no record of an answer has any more is asked about, once. */
  async function cut<R extends SeenRecord>(
    seen: readonly R[],
    asked: readonly string[],
  ): Promise<readonly R[]> {
    if (seen.length === 0) return seen;
    const isAbsent = (name: string) =>
      name !== MERGED_IDS_PROPERTY && seen.every((record) => !(name in record.properties));
    if (!hasLookedAgain && asked.some(isAbsent)) {
      hasLookedAgain = true;
      known = refreshedProperties({ pool, gateway }, object, how);
    }
    const names = new Set((await kept()).names);
    return seen.map((record) => ({
      ...record,
      askedAs: mergedInto(record),
      properties: Object.fromEntries(Object.entries(record.properties).filter(([name]) => names.has(name))),
    }));
  }

  const uncut = (priority: Priority) =>
    createHubSpotRecords({
      ...{ ...object, gateway, priority, addresses },
      aside: { note: (id, reason) => setAside({ pool, tombstones }, object, { id, reason }) },
      ...(how.deadlineMs !== undefined && { deadlineMs: how.deadlineMs }),
    });
  return {
    kept,
    // Which records were merged into one is asked in any case.
    names: async () => [...new Set([...(await kept()).names, MERGED_IDS_PROPERTY])],
    uncut,
    records(priority) {
      const hubspot = uncut(priority);
      return {
        ...hubspot,
        async listPage(asked, after, limit) {
          const page = await hubspot.listPage(asked, after, limit);
          return { ...page, records: await cut(page.records, asked) };
        },
        readNow: async (ids, asked) => cut(await hubspot.readNow(ids, asked), asked),
        readBin: async (ids, asked) => cut(await hubspot.readBin(ids, asked), asked),
        async readOne(id, asked) {
          const record = await hubspot.readOne(id, asked);
          return isFound(record) ? (await cut([record], asked))[0] : record;
        },
      };
    },
  };
}
