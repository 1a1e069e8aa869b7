import { pause } from '../everySecond.js';
import type { SoakRoom } from '../room.js';

const EVERY_MS = 2000;

interface Verification {
  readonly ok: boolean;
  readonly entries: number;
  readonly problem: { readonly seq: string; readonly detail: string } | null;
}

/** A workspace is renamed again and again: each change has its entry in the audit chain, which no fault breaks. */
export const workspacesRoom: SoakRoom = {
  name: 'workspaces',

  prepare({ stack, insist }) {
    let renamed = 0;
    return Promise.resolve({
      async load(end) {
        while (!end.aborted) {
          const name = `soak ${renamed}`;
          await insist('the workspace is renamed', () => stack.api.must('PATCH', '/api/workspace', { name }));
          renamed += 1;
          await pause(EVERY_MS, end);
        }
      },
      progress: () => Promise.resolve({ done: renamed, waiting: 0 }),
      drain: () => Promise.resolve(),
      async judge() {
        const { ok, entries, problem } = await stack.api.must<Verification>('GET', '/api/audit/verify');
        const { name } = await stack.api.must<{ name: string }>('GET', '/api/workspace');
        return {
          problems: [
            ...(ok ? [] : [`The audit chain does not hold at ${problem?.seq}: ${problem?.detail}`]),
            ...(entries >= renamed ? [] : [`${renamed} changes have ${entries} entries in the audit chain`]),
            ...(name === `soak ${renamed - 1}`
              ? []
              : [`The workspace is called ${name} after the last change`]),
          ],
          figures: [
            ['renamed', renamed],
            ['entries', entries],
          ],
        };
      },
    });
  },
};
