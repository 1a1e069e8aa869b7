import type { Pool } from '../../db/pool.js';
import type { PortalId } from '../../domain/portals/portal.js';
import { drainLane } from '../../db/throttle/laneAdmin.js';
import { endLaneLocally, lanesInUse, portalHolds } from '../../db/throttle/portalEnd.js';
import type { Replanner } from '../../services/throttle/replanner.js';

interface Dependencies {
  readonly pool: Pool;
  readonly replanner: Replanner;
}

/** The portal became active again: plans the executions that wait in its lanes anew and wakes their workflows. Safe to repeat. */
export async function resumePortal(
  { pool, replanner }: Dependencies,
  portal: PortalId,
  beat: () => void = () => undefined,
): Promise<{ lanes: number }> {
  const lanes = await lanesInUse(pool, portal);
  for (const lane of lanes) {
    await replanner.replan(lane);
    await replanner.wakeEnding(lane);
    beat();
  }
  return { lanes: lanes.length };
}

/**
 * The portal is being disconnected: marks everything that waits for it to end as cancelled, with the reason, and wakes whoever tells
 * HubSpot. Call it again until nothing is left; what HubSpot cannot be told is ended by `endPortalLocally`. Does nothing to a portal that
 * is not being disconnected (any more).
 */
export async function endPortal(
  { pool, replanner }: Dependencies,
  portal: PortalId & { readonly reason: string },
  beat: () => void = () => undefined,
): Promise<{ marked: number; left: number }> {
  if (!(await portalHolds(pool, portal)).ending) return { marked: 0, left: 0 };
  let marked = 0;
  for (const lane of await lanesInUse(pool, portal)) {
    marked += await drainLane(pool, lane, 'cancelled', portal.reason);
    await replanner.wakeEnding(lane);
    beat();
  }
  const { waiting } = await portalHolds(pool, portal);
  return { marked, left: waiting };
}

/**
 * The token is gone, so HubSpot cannot be told: moves what is still there to the history as cancelled, with the reason. What a process
 * reports later of a grant that it held changes nothing.
 */
export async function endPortalLocally(
  { pool }: Pick<Dependencies, 'pool'>,
  portal: PortalId & { readonly reason: string },
  beat: () => void = () => undefined,
): Promise<{ ended: number }> {
  let ended = 0;
  for (const lane of await lanesInUse(pool, portal)) {
    for (;;) {
      const count = await endLaneLocally(pool, { ...portal, ...lane });
      beat();
      ended += count;
      if (count === 0) break;
    }
  }
  return { ended };
}
