import { createInterface } from 'node:readline';
import { endLeftover } from './processes.mjs';

/*
 * A process that outlives a run by seconds. It is told of each process that the run starts, a line of JSON each, and
 * waits for the end of the run, however that comes: the system closes the pipe, also of one that was killed. Then it
 * ends what still runs, what was begun last first. What the run has stopped itself is gone by then.
 */
const children = [];
for await (const line of createInterface({ input: process.stdin })) children.push(JSON.parse(line));
for (const child of children.reverse()) {
  try {
    await endLeftover(child);
  } catch {
    // Another user's, or one that nothing ends: the others are ended all the same, and the next start names it.
  }
}
