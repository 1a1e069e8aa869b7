import type { PortalId } from '../../domain/portals/portal.js';
import type { LaneId } from '../../db/throttle/packs.js';

/** What the management API asks of the throttle after it has changed rows. */
export interface ThrottleControl {
  /** The rate, a pause or the order of these lanes changed: plans their waiting executions anew and wakes whose time came nearer. */
  rateChanged(lanes: readonly LaneId[]): Promise<void>;
  /** Executions of the lane were marked to end out of turn: wakes their workflows. */
  wakeLane(lane: LaneId): Promise<void>;
  /** Executions without a workflow were added to the lane. */
  startLane(lane: LaneId): void;
  /** The portal became active again: plans and wakes all of its lanes. */
  resumePortal(portal: PortalId): Promise<void>;
}
