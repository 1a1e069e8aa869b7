import type { Pool } from '../../db/pool.js';
import { readSettings } from '../../db/portals/settingsForActions.js';
import { forWorkspace } from '../../db/tenant.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { createLoadingCache } from '../../platform/cache.js';
import type { SettingValues } from '../../sdk/actions/settings.js';
import { portalSettingsContext } from '../../secrets/encryptionContext.js';
import type { Sealing } from '../../secrets/sealing.js';

/** What portals have set for actions, for who runs handlers. */
export interface PortalSettings {
  /** All values of a portal. A change of them is seen within ten seconds. */
  of(portal: PortalId): Promise<SettingValues>;
}

interface Dependencies {
  readonly pool: Pool;
  readonly sealing: Pick<Sealing, 'open'>;
}

const MAX_KEPT = 1000;
const KEPT_MS = 10_000;

export function createPortalSettings(
  deps: Dependencies,
  now: () => number = () => performance.now(),
): PortalSettings {
  const kept = createLoadingCache(
    { max: MAX_KEPT, ttlMs: KEPT_MS, now },
    async (name: `${string}/${number}`): Promise<SettingValues> => {
      const [workspaceId = '', portalId] = name.split('/');
      return (await openSettings(deps, { workspaceId, portalId: Number(portalId) })).values;
    },
  );
  return { of: ({ workspaceId, portalId }) => kept.get(`${workspaceId}/${portalId}`) };
}

/** What a portal has set, as it is stored. */
export interface OpenedSettings {
  readonly values: SettingValues;
  /** 0: it has set nothing. */
  readonly version: number;
  readonly updatedAt: Date | null;
}

export async function openSettings(
  { pool, sealing }: Dependencies,
  { workspaceId, portalId }: PortalId,
): Promise<OpenedSettings> {
  const stored = await readSettings(forWorkspace(pool, workspaceId), portalId);
  if (!stored) return { values: {}, version: 0, updatedAt: null };
  const { sealedValues, version, updatedAt } = stored;
  const text = await sealing.open(sealedValues, portalSettingsContext(workspaceId, portalId));
  return { values: JSON.parse(text.reveal()) as SettingValues, version, updatedAt };
}
