/** The task queues of this service, with what each adds to TEMPORAL_TASK_QUEUE. A worker process polls all of them. */
const SUFFIXES = { default: '' } as const;

/** What a contract names: the queue on which its workflow and the activities of its room run. */
export type TaskQueue = keyof typeof SUFFIXES;

export const TASK_QUEUES = Object.keys(SUFFIXES) as readonly TaskQueue[];

/**
 * The queue's name at the server; `prefix` is TEMPORAL_TASK_QUEUE, which keeps installations on one namespace apart.
 */
export function queueName(prefix: string, queue: TaskQueue): string {
  return `${prefix}${SUFFIXES[queue]}`;
}
