import { beginEffect, endEffect, type Effect } from '../../db/actions/effects.js';
import type { RunRef } from '../../db/actions/runs.js';
import type { Pool } from '../../db/pool.js';

/** Where it is kept what `once` has done. */
export interface Effects {
  begin(run: RunRef, effectHash: Buffer, name: string): Promise<Effect>;
  end(workspaceId: string, effectHash: Buffer, sealedResult: string): Promise<void>;
}

export function keptEffects(pool: Pool): Effects {
  return {
    begin: (run, effectHash, name) => beginEffect(pool, run, effectHash, name),
    end: (workspaceId, effectHash, sealedResult) => endEffect(pool, workspaceId, effectHash, sealedResult),
  };
}

/** Of a call that cannot be repeated: there is no other try that would look. */
export const unkeptEffects: Effects = {
  begin: () => Promise.resolve({ isBegun: false, sealedResult: null }),
  end: () => Promise.resolve(),
};
