import type { Pool } from '../../db/pool.js';
import { portalStats } from '../../db/portals/portalStats.js';
import { listWorkspaces } from '../../db/workspaces/workspaces.js';
import { Unable, type HealthCheck } from '../../platform/health.js';
import { portalTroubles } from './portalTroubles.js';

/** So many are named; there may be more. */
const NAMED = 5;

interface Dependencies {
  /** The owner's login, which sees all workspaces; undefined where only the application's is given. */
  readonly owner: Pool | undefined;
  readonly pool: Pool;
  readonly errorShare: number;
}

/** Tokens, scopes, the day's errors and what HubSpot asks to wait for, of all portals. */
export function portalsCheck({ owner, pool, errorShare }: Dependencies): HealthCheck {
  return async () => {
    const named = owner === undefined ? await inNumbers(pool) : await byName(owner, errorShare);
    if (named.length === 0) return;
    const more = named.length > NAMED ? '; and more' : '';
    throw new Unable(`${named.slice(0, NAMED).join('; ')}${more}`);
  };
}

/** Workspace by workspace, for as long as there is something to name. */
async function byName(owner: Pool, errorShare: number): Promise<string[]> {
  const found: string[] = [];
  for (const { id, portals } of await listWorkspaces(owner)) {
    if (portals === 0) continue;
    const troubles = await portalTroubles(owner, id, errorShare);
    found.push(...troubles.flat().map(({ happened }) => happened));
    if (found.length > NAMED) break;
  }
  return found;
}

/** What the application's login may know of other workspaces: how many portals are in which state. */
async function inNumbers(pool: Pool): Promise<string[]> {
  const stats = await portalStats(pool);
  return stats.flatMap(({ state, portals, failing }) => {
    if (state === 'reauth_required' && portals > 0) return [`${portals} portals need a new authorisation`];
    return state === 'active' && failing > 0
      ? [`The last refresh of the token of ${failing} portals failed`]
      : [];
  });
}
