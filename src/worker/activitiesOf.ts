import { TASK_QUEUES, type TaskQueue } from '../temporal/taskQueues.js';
import type { WorkerRoom } from './room.js';

/**
 * The activities that rooms give for a queue. The default queue offers those of all others as well: workflows that
 * began before their room had a queue of its own ask there. Two rooms that give the same name would take each other's
 * work.
 */
export function activitiesOf(rooms: readonly WorkerRoom[], queue: TaskQueue): object {
  const all: Record<string, unknown> = {};
  for (const room of rooms) {
    for (const offered of queue === 'default' ? TASK_QUEUES : [queue]) {
      for (const [name, run] of Object.entries(room.activities?.[offered] ?? {})) {
        if (name in all) throw new Error(`Two rooms give the activity "${name}" for the queue "${queue}"`);
        all[name] = run;
      }
    }
  }
  return all;
}
