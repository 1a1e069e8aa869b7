import { readFileSync } from 'node:fs';

/** The memory that a process has now; 0 for one that is not there (any more). */
export function residentMb(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kb = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Math.round(Number(kb ?? 0) / 1024);
  } catch {
    return 0; // it has just ended
  }
}
