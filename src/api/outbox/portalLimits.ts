import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { customEventsOf, limitedTypes, type LimitedType } from '../../services/outbox/eventDelivery.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';

interface Dependencies {
  readonly pool: Pool;
  readonly registry: Registry;
  readonly settings: WorkspaceSettingsCache;
}

/** The types of events of a workspace that its portals do not take as they are declared, by the portal. */
export async function workspaceLimits(
  { pool, registry, settings }: Dependencies,
  workspaceId: string,
  portalId: number | null = null,
): Promise<Map<number, readonly LimitedType[]>> {
  const db = forWorkspace(pool, workspaceId);
  const access = await readCustomEventAccess(db, portalId === null ? null : [portalId]);
  const declared = customEventsOf({ registry, mappings: (await settings.of(workspaceId)).mappings() });
  return new Map([...access].map(([id, known]) => [id, limitedTypes(declared, known)]));
}
