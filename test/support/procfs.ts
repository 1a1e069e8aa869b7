import { readdirSync, readFileSync } from 'node:fs';

/* What Linux says of processes. Elsewhere there is no /proc, and benchmarks that need it say so. */

const TICKS_PER_SECOND = 100; // USER_HZ, fixed in the kernel's interface
const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** A process and all its children, which is what Postgres is. A page that several share counts for each of them. */
export function usageOf(pid: number): Usage {
  const all = [pid, ...descendantsOf(pid)].map(readUsage);
  return {
    cpuSeconds: all.reduce((sum, one) => sum + one.cpuSeconds, 0),
    residentMib: all.reduce((sum, one) => sum + one.residentMib, 0),
  };
}

/** How much of a core each of these used between two readings. */
export function coresBetween(before: Usage, after: Usage, seconds: number): number {
  return (after.cpuSeconds - before.cpuSeconds) / seconds;
}

function readUsage(pid: number): Usage {
  const fields = statOf(pid);
  // utime and stime, and those of children that have ended (Postgres' backends come and go)
  const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMib: (Number(fields[21]) * PAGE_BYTES) / MIB };
}

function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(parentOf(Number(name)));
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const queue = [root];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const own = children.get(next) ?? [];
    found.push(...own);
    queue.push(...own);
  }
  return found;
}

function parentOf(pid: number): string | undefined {
  try {
    return statOf(pid)[1];
  } catch {
    return undefined; // it ended while we were looking
  }
}

/** The fields after the command's name, which may hold spaces: [0] is the state. */
function statOf(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
