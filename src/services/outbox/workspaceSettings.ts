import { readEventSettings, type StoredMapping } from '../../db/outbox/mappings.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { createCache } from '../../platform/cache.js';
import type { FoundByAnotherKey } from '../../domain/workspaces/foundRecords.js';
import type { Mapping } from '../../domain/outbox/mapping/mappingSchema.js';
import { parseMapping } from '../../sdk/outbox/registry/generic.js';

/** What a workspace has set for its events. */
export interface WorkspaceSettings {
  /** This version of a mapping, or its newest; undefined where there is none, or where it was deleted. */
  mapping(
    name: string,
    version?: number,
  ): { readonly version: number; readonly mapping: Mapping } | undefined;
  /** The newest of each mapping that is not deleted. */
  mappings(): readonly Mapping[];
  /**
   * Whether events of this type do everything but the sending. A generic event's type is `generic:<name of its
   * mapping>`.
   */
  isShadow(type: string): boolean;
  readonly foundByAnotherKey: FoundByAnotherKey;
}

/** The settings of workspaces, remembered for some seconds. */
export interface WorkspaceSettingsCache {
  /**
   * At most some seconds old, and read at `sinceMs` (monotonic) or later; what this process changed is seen at once.
   * Before an event is called invalid, settings are asked for that are newer than the event.
   */
  of(workspaceId: string, sinceMs?: number): Promise<WorkspaceSettings>;
  /** This process has changed them: they are read anew. */
  forget(workspaceId: string): void;
}

const CACHE_TTL_MS = 3000;
const MAX_WORKSPACES = 1000;

export const NO_SETTINGS: WorkspaceSettings = {
  mapping: () => undefined,
  mappings: () => [],
  isShadow: () => false,
  foundByAnotherKey: 'adopt',
};

export function createWorkspaceSettingsCache(pool: Pool): WorkspaceSettingsCache {
  const remembered = createCache<string, { settings: Promise<WorkspaceSettings>; readMs: number }>({
    max: MAX_WORKSPACES,
    ttlMs: CACHE_TTL_MS,
  });

  async function read(workspaceId: string): Promise<WorkspaceSettings> {
    const stored = await readEventSettings(forWorkspace(pool, workspaceId), workspaceId);
    return { ...settingsOf(stored.mappings, new Set(stored.shadows)), foundByAnotherKey: stored.found };
  }

  return {
    of(workspaceId, sinceMs = -Infinity) {
      const known = remembered.get(workspaceId);
      if (known && known.readMs >= sinceMs) return known.settings;
      const entry = { readMs: performance.now(), settings: read(workspaceId) };
      remembered.set(workspaceId, entry);
      // Those who asked get the failure; the next one asks again.
      entry.settings.catch(() => {
        if (remembered.get(workspaceId) === entry) remembered.delete(workspaceId);
      });
      return entry.settings;
    },
    forget: (workspaceId) => remembered.delete(workspaceId),
  };
}

function settingsOf(
  mappings: readonly Pick<StoredMapping, 'name' | 'version' | 'mapping'>[],
  shadows: ReadonlySet<string>,
): Pick<WorkspaceSettings, 'mapping' | 'mappings' | 'isShadow'> {
  const newest = new Map<string, number>();
  const all = new Map<string, Mapping>();
  for (const { name, version, mapping } of mappings) {
    newest.set(name, Math.max(version, newest.get(name) ?? 0));
    const parsed = parseMapping(mapping);
    if (parsed.ok) all.set(`${name}/${version}`, parsed.mapping);
  }
  return {
    mapping(name, wanted) {
      const version = wanted ?? newest.get(name);
      if (version === undefined) return undefined;
      const mapping = all.get(`${name}/${version}`);
      return mapping && { version, mapping };
    },
    mappings: () => [...newest].flatMap(([name, version]) => all.get(`${name}/${version}`) ?? []),
    isShadow: (type) => shadows.has(type),
  };
}
