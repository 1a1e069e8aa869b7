import { createPortalResolver } from '../../db/portals/portalResolver.js';
import { createFreshReads, type FreshReadsDependencies } from '../../services/writes/freshReads.js';
import type { FreshRecords } from '../crm/freshRecords.js';
import { notFound } from '../http/input.js';
import { asked } from './writeThrough.js';

/** Of what HubSpot shows and the mirror does not have. */
const NEVER_MIRRORED = 0;

/** Reads that see what was written, in the form in which records are answered. */
export function createFreshRecords(deps: FreshReadsDependencies): FreshRecords {
  const reads = createFreshReads(deps);
  const portals = createPortalResolver(deps.pool);
  /** The gateway goes by the number of a portal, whosever it is. */
  async function refuseForeign({ workspaceId, portalId }: { workspaceId: string; portalId: number }) {
    const entry = await portals.find(portalId);
    if (entry?.workspaceId !== workspaceId) throw notFound(`portal ${portalId}`);
  }
  return {
    async reached(of, versions) {
      if (versions.length === 0) return true;
      await refuseForeign(of);
      return asked(() => reads.reached(of, versions));
    },
    async fromHubSpot(of, id) {
      await refuseForeign(of);
      const { records, readAt } = await asked(() => reads.readNow(of, [id]));
      const [record] = records;
      if (!record) return undefined;
      const values = Object.entries(record.properties).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
      );
      return {
        ...{ id: record.id, properties: Object.fromEntries(values), readAt },
        ...{ createdAt: new Date(record.createdAt), modifiedAt: new Date(record.modifiedAt) },
        version: NEVER_MIRRORED,
      };
    },
  };
}
