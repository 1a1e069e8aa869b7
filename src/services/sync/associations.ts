import type pg from 'pg';
import type { DatabaseClock } from '../../db/clock.js';
import { writeEdges, type EdgesRead } from '../../db/crm/edges.js';
import type { Pool } from '../../db/pool.js';
import { associatedTypes, associationsBehind, refuseAssociations } from '../../db/sync/associations.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { PairRefused, TooManyEdges } from './hubspotAssociations.js';
import type { HubSpotRecords } from './hubspotRecords.js';
import { SyncRefused } from './syncRefused.js';

/*
 * The associations of records, with those of each other type that is mirrored or was chosen: read for records that
 * changed, and written in the transaction of their page; for all records by the pass (passes/associationsPass.ts).
 */

interface Reading {
  readonly reader: SyncedObject;
  readonly pool: Pool;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  readonly hubspot: Pick<HubSpotRecords, 'associationsWith'>;
}

/**
 * What HubSpot shows of these records, type by type. A type that it refuses is left out from now on, and the reason
 * noted. Rejects with SyncRefused and with TooManyEdges.
 */
export async function readAssociations(
  { reader, pool, clock, hubspot }: Reading,
  types: readonly string[],
  ids: readonly string[],
  most?: number,
): Promise<EdgesRead[]> {
  const reads: EdgesRead[] = [];
  for (const toType of ids.length === 0 ? [] : types) {
    const readAt = new Date(clock.nowMs());
    try {
      reads.push({ toType, readAt, ...(await hubspot.associationsWith(toType, ids, most)) });
    } catch (error) {
      if (!(error instanceof PairRefused)) throw error;
      await refuseAssociations(pool, reader, toType, error.message);
    }
    crashPoint('sync.associations.type-read');
  }
  return reads;
}

/** Of records that changed. `isBehind`: some could not be read now, and are left to the pass. */
export interface AssociationsOfPage {
  readonly reads: readonly EdgesRead[];
  readonly isBehind: boolean;
}

/** Of records that changed: no trouble with their associations keeps the records waiting. */
export async function associationsOfPage(
  reading: Reading,
  ids: readonly string[],
): Promise<AssociationsOfPage> {
  try {
    const { wanted } = await associatedTypes(reading.pool, reading.reader);
    return { reads: await readAssociations(reading, wanted, ids), isBehind: false };
  } catch (error) {
    if (!(error instanceof SyncRefused || error instanceof TooManyEdges)) throw error;
    return { reads: [], isBehind: true };
  }
}

/** In the transaction of the page, behind its records. Returns how many associations were made or removed. */
export async function writeAssociations(
  client: pg.PoolClient,
  object: SyncedObject,
  { reads, isBehind }: AssociationsOfPage,
  initial = false,
): Promise<number> {
  let changed = 0;
  for (const read of reads) {
    const { associated, dissociated } = await writeEdges(client, object, read, { initial });
    changed += associated + dissociated;
  }
  if (isBehind) await associationsBehind(client, object);
  return changed;
}
