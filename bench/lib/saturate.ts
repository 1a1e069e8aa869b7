import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Priority } from '../../src/domain/hubspot/priorities.js';

/** A process of its own with endless work for a portal. */
export interface Saturating {
  /** How many calls it has made. */
  calls(): Promise<number>;
  stop(): void;
}

export function saturate(databaseUrl: string, portalId: number, priority: Priority): Saturating {
  const child = fork(
    path.join(import.meta.dirname, 'saturateProcess.ts'),
    [databaseUrl, String(portalId), priority],
    { execArgv: ['--import', 'tsx'] },
  );
  return {
    async calls() {
      child.send('calls');
      const [answer] = (await once(child, 'message')) as [{ calls: number }];
      return answer.calls;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
