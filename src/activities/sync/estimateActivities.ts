import type { Pool } from '../../db/pool.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { readLoadFacts } from '../../services/sync/loadFacts.js';
import type { LoadFactsRead } from '../../temporal/sync/contract.js';

export type EstimateActivities = ReturnType<typeof createEstimateActivities>;

export function createEstimateActivities(deps: {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
}) {
  return {
    /** Asks HubSpot what a first load would come to. Safe to repeat: it changes nothing. */
    readFacts: (object: SyncedObject): Promise<LoadFactsRead> => readLoadFacts(deps, object),
  };
}
