/*
 * The task queues of this service. A queue has slots of its own in each worker process, so that what fills one holds up
 * nothing on another (docs/laws.md, law 5). A worker process polls all of them.
 */

/** What each adds to TEMPORAL_TASK_QUEUE. */
const SUFFIXES = {
  /** The only one there was at first: workflows that began on it go on on it, so it offers what all others do. */
  default: '',
  /** Releases of the throttle. */
  releases: '-releases',
  /** Deliveries and redrives of the outbox. */
  deliveries: '-deliveries',
  /** Reads of records into the mirror. */
  sync: '-sync',
  /** Calls of consumers of the feed: how long they take is up to their receivers. */
  feed: '-feed',
  /** Registrations, for whose answer somebody waits. */
  register: '-register',
  /** Handlers of actions of one's own: how long they take is up to who wrote them. */
  actions: '-actions',
  /** The reconciler, tokens, notices, installs and disconnects: what all else rests on. */
  upkeep: '-upkeep',
} as const;

/** What a contract names: the queue on which its workflow and the activities of its room run. */
export type TaskQueue = keyof typeof SUFFIXES;

export const TASK_QUEUES = Object.keys(SUFFIXES) as readonly TaskQueue[];

/**
 * The queue's name at the server; `prefix` is TEMPORAL_TASK_QUEUE, which keeps installations on one namespace apart.
 */
export function queueName(prefix: string, queue: TaskQueue): string {
  return `${prefix}${SUFFIXES[queue]}`;
}
