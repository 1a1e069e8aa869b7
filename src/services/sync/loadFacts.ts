import type { Pool } from '../../db/pool.js';
import { findPortalView } from '../../db/portals/portalViews.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { LoadFactsRead } from '../../temporal/sync/contract.js';
import { readDefinitions } from './hubspotDefinitions.js';
import { createHubSpotRecords, MOST_LISTED_CHARACTERS } from './hubspotRecords.js';
import { refusalOf } from './syncFailures.js';
import { SyncRefused } from './syncRefused.js';

/** Somebody waits for the answer. */
const DEADLINE_MS = 5000;

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}

/**
 * What HubSpot says of a type that is not mirrored: how many records it counts, and how many properties there are. Two
 * calls, and one more for each kind of sensitive properties. Nothing is stored.
 */
export async function readLoadFacts(
  { pool, gateway }: Dependencies,
  { workspaceId, portalId, objectType }: SyncedObject,
): Promise<LoadFactsRead> {
  // The gateway knows portals, whosever they are.
  const portal = await findPortalView(forWorkspace(pool, workspaceId), portalId);
  const asked = { gateway, portalId, objectType, priority: 'interactive', deadlineMs: DEADLINE_MS } as const;
  try {
    if (portal?.state !== 'active')
      throw new SyncRefused('The portal needs a new authorisation', { errorClass: 'unauthorized' });
    const { scopes } = portal;
    const [records, definitions] = await Promise.all([
      createHubSpotRecords({ ...asked, ...NO_VALUES }).total(),
      readDefinitions(gateway, { ...asked, scopes }),
    ]);
    const { length } = encodeURIComponent(definitions.map(({ name }) => name).join(','));
    return {
      records,
      properties: definitions.length,
      calculated: definitions.filter(({ calculated }) => calculated).length,
      isWide: length > MOST_LISTED_CHARACTERS,
    };
  } catch (error) {
    const { message, how } = refusalOf(error);
    if (how.cause !== undefined) throw error;
    return { refused: { errorClass: how.errorClass, message, retryAfterMs: how.retryAfterMs ?? null } };
  }
}

/** No list is asked for. */
const NO_VALUES = {
  addresses: { mostListed: MOST_LISTED_CHARACTERS, refused: () => Promise.resolve() },
  aside: { note: () => Promise.resolve(false) },
};
