import { writeSync } from 'node:fs';

/** Where a process is to die, and at which passing. */
export interface ArmedCrashPoint {
  readonly label: string;
  readonly hit: number;
}

let armed: ArmedCrashPoint | undefined;
let passed = 0;

/** From `CRASH_POINT`, once, at the start of a process. The configuration refuses it in production. */
export function armCrashPoint(point: ArmedCrashPoint | undefined): void {
  armed = point;
  passed = 0;
}

/**
 * Stands between two side effects: here a process can be killed to see whether what is left is mended
 * (`npm run crashpoints`, docs/testing.md#crash-points). Does nothing where none is armed.
 */
export function crashPoint(label: string): void {
  if (armed === undefined || armed.label !== label) return;
  passed += 1;
  if (passed < armed.hit) return;
  // At once, and not by the logger: nothing of this process gets to run any more.
  writeSync(process.stderr.fd, `${JSON.stringify({ crashPoint: label, hit: passed })}\n`);
  process.kill(process.pid, 'SIGKILL');
}
