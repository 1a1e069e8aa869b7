import { setTimeout as delay } from 'node:timers/promises';

/** Resolves when the process that has started this one is gone; keeps nobody from ending. */
export async function parentEnded({ everyMs = 1000 } = {}) {
  const parent = process.ppid;
  while (process.ppid === parent) await delay(everyMs, undefined, { ref: false });
}
