import type { Queryable } from '../pool.js';

/* The note that a lane is to be planned anew, with the change that calls for it (lanesToReplan.ts). */

/** For the change of a lane, in its own statement. */
export const TO_REPLAN = 'replan_since = clock_timestamp()';

/** For a change of its executions, in the caller's transaction, which has locked the lane. */
export async function noteToReplan(client: Queryable, laneId: string): Promise<void> {
  await client.query(`UPDATE lanes SET ${TO_REPLAN} WHERE id = $1`, [laneId]);
}
