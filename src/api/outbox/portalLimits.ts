import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import { listMappings } from '../../db/outbox/mappings.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { parseMapping } from '../../sdk/outbox/registry/generic.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { limitedTypes, type LimitedType } from '../../services/outbox/eventDelivery.js';

/** The types of events of a workspace that its portals do not take as they are declared, by the portal. */
export async function workspaceLimits(
  { pool, registry }: { readonly pool: Pool; readonly registry: Registry },
  workspaceId: string,
  portalId: number | null = null,
): Promise<Map<number, readonly LimitedType[]>> {
  const db = forWorkspace(pool, workspaceId);
  const access = await readCustomEventAccess(db, portalId === null ? null : [portalId]);
  const mappings = (await listMappings(db, workspaceId)).flatMap(({ mapping }) => {
    const parsed = parseMapping(mapping);
    return parsed.ok ? [parsed.mapping] : [];
  });
  return new Map([...access].map(([id, known]) => [id, limitedTypes({ registry, mappings }, known)]));
}
