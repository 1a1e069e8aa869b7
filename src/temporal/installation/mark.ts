import { z } from 'zod';
import type { TemporalConnection } from '../connection.js';
import { RECONCILER_SCHEDULE_ID } from '../reconciler.js';

/*
 * What this installation leaves in its Temporal namespace: who it is, and up to which number it has captured events.
 * It stands in the arguments of the reconciler's schedule, of which a namespace has one. Another installation finds it
 * there before it takes anybody's workflows; and this one, when its database went back to an earlier time.
 */

const markSchema = z.looseObject({
  installation: z.string(),
  place: z.string(),
  lastEventId: z.number(),
});
export type InstallationMark = z.infer<typeof markSchema>;

/** Undefined: nobody has left one. */
export async function readMark(
  temporal: Pick<TemporalConnection, 'scheduleArgs'>,
): Promise<InstallationMark | undefined> {
  const [first] = (await temporal.scheduleArgs(RECONCILER_SCHEDULE_ID)) ?? [];
  return markSchema.safeParse(first).data;
}

/** Does nothing while there is no schedule. */
export function leaveMark(
  temporal: Pick<TemporalConnection, 'setScheduleArgs'>,
  mark: InstallationMark,
): Promise<void> {
  return temporal.setScheduleArgs(RECONCILER_SCHEDULE_ID, [mark]);
}
