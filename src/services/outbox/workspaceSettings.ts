import { readEventSettings, type StoredMapping } from '../../db/outbox/mappings.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import type { Mapping } from '../../domain/outbox/mapping.js';
import { parseMapping } from '../../sdk/outbox/registry/generic.js';

/** What a workspace has set for its events. */
export interface WorkspaceSettings {
  /** This version of a mapping, or its newest; undefined where there is none, or where it was deleted. */
  mapping(
    name: string,
    version?: number,
  ): { readonly version: number; readonly mapping: Mapping } | undefined;
  /** Whether events of this type do everything but the sending. A generic event's type is `generic:<name of its mapping>`. */
  isShadow(type: string): boolean;
}

export interface OutboxSettings {
  /**
   * At most some seconds old, and read at `sinceMs` (monotonic) or later; what this process changed is seen at once. Whoever finds an event
   * wanting asks for settings that are newer than the event, before it says so.
   */
  of(workspaceId: string, sinceMs?: number): Promise<WorkspaceSettings>;
  forget(workspaceId: string): void;
}

const CACHE_TTL_MS = 3000;
const MAX_REMEMBERED = 1000;

export const NO_SETTINGS: WorkspaceSettings = { mapping: () => undefined, isShadow: () => false };

export function createOutboxSettings(pool: Pool): OutboxSettings {
  const remembered = new Map<string, { settings: Promise<WorkspaceSettings>; readMs: number }>();

  async function read(workspaceId: string): Promise<WorkspaceSettings> {
    const { mappings, shadows } = await readEventSettings(forWorkspace(pool, workspaceId), workspaceId);
    return settingsOf(mappings, new Set(shadows));
  }

  return {
    of(workspaceId, sinceMs = -Infinity) {
      const known = remembered.get(workspaceId);
      const now = performance.now();
      if (known && known.readMs + CACHE_TTL_MS > now && known.readMs >= sinceMs) return known.settings;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      const settings = read(workspaceId);
      remembered.set(workspaceId, { settings, readMs: now });
      settings.catch(() => remembered.delete(workspaceId)); // whoever asked is told; the next one asks again
      return settings;
    },
    forget: (workspaceId) => void remembered.delete(workspaceId),
  };
}

function settingsOf(
  mappings: readonly Pick<StoredMapping, 'name' | 'version' | 'mapping'>[],
  shadows: ReadonlySet<string>,
): WorkspaceSettings {
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
    isShadow: (type) => shadows.has(type),
  };
}
