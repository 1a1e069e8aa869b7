import { knownRecords } from '../../db/sync/states.js';
import { modifiedProperty, type HubSpotRecords } from './hubspotRecords.js';
import type { SyncContext } from './syncContext.js';
import { SyncRefused } from './syncRefused.js';

/** HubSpot's index shows by then what was modified. */
const SETTLED_MS = 3_600_000;

/**
 * Whether searches find a record by the time of its modification: a property of another name is no error of HubSpot's
 * and finds nothing, and so nothing would ever change. Shown on a record that the mirror has; false: it has none yet
 * that is old enough. Rejects where none of several is found, though each is there with that time.
 */
export async function provesModified(
  { pool, reader }: Pick<SyncContext, 'pool' | 'reader'>,
  hubspot: HubSpotRecords,
): Promise<boolean> {
  const missed: string[] = [];
  for (const { id, modified } of await knownRecords(pool, reader, SETTLED_MS)) {
    if (await isFound(hubspot, id, modified)) return true;
    const [now] = await hubspot.readNow([id], []);
    // It may have gone, or been modified a moment ago: that proves nothing.
    if (now && Date.parse(now.modifiedAt) === modified) missed.push(id);
  }
  if (missed.length === 0) return false;
  throw new SyncRefused(
    `HubSpot's search does not show the record ${missed[0]} of ${reader.objectType} by the time of its own modification (${modifiedProperty(reader.objectType)}): what changes could not be found. It is tried again`,
    { errorClass: 'unclear' },
  );
}

async function isFound(hubspot: HubSpotRecords, id: string, modified: number): Promise<boolean> {
  const { hits } = await hubspot.searchPage({ from: modified, to: modified, ids: { from: id, to: id } });
  return hits.some((hit) => hit.id === id);
}
