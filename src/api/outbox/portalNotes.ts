import { createWorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import type { PortalNotes } from '../portals/portalNotes.js';
import type { ApiCore } from '../core.js';
import { workspaceLimits } from './portalLimits.js';

/** What the outbox says of a portal where that is connected or looked at: which types of events it does not take. */
export function createOutboxPortalNotes({
  pool,
  definitions: { events: registry },
}: Pick<ApiCore, 'pool' | 'definitions'>): PortalNotes {
  const settings = createWorkspaceSettingsCache(pool);
  return {
    features: ['events', 'sync'],
    async limited({ workspaceId, portalId }) {
      return (await workspaceLimits({ pool, registry, settings }, workspaceId, portalId)).get(portalId) ?? [];
    },
  };
}
