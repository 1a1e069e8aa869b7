import type { TaskQueue } from '../temporal/taskQueues.js';
import type { WorkerRoom } from './room.js';

/** The activities that rooms give for a queue. Two rooms that give the same name would take each other's work. */
export function activitiesOf(rooms: readonly WorkerRoom[], queue: TaskQueue): object {
  const all: Record<string, unknown> = {};
  for (const room of rooms) {
    for (const [name, run] of Object.entries(room.activities?.[queue] ?? {})) {
      if (name in all) throw new Error(`Two rooms give the activity "${name}" for the queue "${queue}"`);
      all[name] = run;
    }
  }
  return all;
}
