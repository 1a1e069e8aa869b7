/** What the management API asks of the throttle after it has changed rows. */
export interface ThrottleControl {
  /** The rate, a pause or the order of these lanes changed: plans their waiting executions anew and wakes whose time came nearer. */
  rateChanged(laneIds: readonly string[]): Promise<void>;
  /** Executions of the lane were marked to end out of turn: wakes their workflows. */
  wakeLane(laneId: string): Promise<void>;
  /** Executions without a workflow were added to the lane. */
  startLane(laneId: string): void;
}
