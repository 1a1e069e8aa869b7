import os from 'node:os';
import path from 'node:path';
import { installedLane, portalRow, tokenProblems } from '../faults/installed.js';
import { completedOf } from '../faults/fault.js';
import { installApp } from '../support/installApp.js';
import type { Stack } from '../support/stack.js';
import type { CrashRoom, Load } from './crashRoom.js';
import { judgeFlow } from './judgeFlow.js';

const COUNT = 4;
const RATE = { limit: 10, intervalMs: 2000 };

interface Variation {
  /** When the token has expired, and before anybody wants it. */
  before?(stack: Stack, portalId: number): Promise<unknown>;
  /** When the process is dead. */
  afterDeath?(stack: Stack, portalId: number): Promise<unknown>;
}

/** A portal whose token has expired when executions are to be completed. */
function refreshed({ before, afterDeath }: Variation = {}): Load['prepare'] {
  return async (stack) => {
    const flow = await installedLane(stack, RATE);
    const { portalId } = flow;
    return {
      async begin() {
        await stack.pool.query(
          `UPDATE portals SET token_expires_at = clock_timestamp() - interval '1 minute' WHERE portal_id = $1`,
          [portalId],
        );
        await before?.(stack, portalId);
        await stack.sandbox.enrol(portalId, flow.workflowId, { count: COUNT });
      },
      ...(afterDeath && { afterDeath: async () => void (await afterDeath(stack, portalId)) }),
      ended: async () => (await completedOf(stack, flow)) >= COUNT,
      async judge(deathsMs) {
        const { problems, figures } = await judgeFlow(stack, { flow, ...RATE }, deathsMs);
        const { state } = await portalRow(stack, portalId);
        return {
          problems: [
            ...problems,
            ...(state === 'active' ? [] : [`The portal is ${state}`]),
            ...(await tokenProblems(stack, portalId)),
          ],
          figures,
        };
      },
    };
  };
}

export const tokens: CrashRoom = {
  name: 'tokens',
  alsoIn: ['src/hubspot/tokens/', 'src/hubspot/oauth/'],
  // As in production: a grant is on the disk before the database is asked.
  env: { TOKEN_JOURNAL_DIR: path.join(os.tmpdir(), `sluice-crashpoints-journal-${process.pid}`) },
  loads: [
    {
      name: 'a token is refreshed',
      process: 'worker',
      reaches: [
        'tokens.use.noted',
        'tokens.refresh.granted',
        'tokens.refresh.answered',
        'tokens.journal.token-stored',
        'tokens.refresh.stored',
      ],
      prepare: refreshed(),
    },
    {
      name: 'HubSpot cannot refresh it now (503)',
      process: 'worker',
      reaches: ['tokens.refresh.put-off'],
      prepare: refreshed({
        before: (stack, portalId) =>
          stack.sandbox.fault({ target: 'oauth', portalId, kind: 'status', status: 503, count: 1 }),
      }),
    },
    {
      name: 'its access was revoked, and is given again',
      process: 'worker',
      reaches: ['tokens.reauth.required'],
      prepare: refreshed({
        before: (stack, portalId) => stack.sandbox.revoke(portalId),
        afterDeath: (stack, portalId) => installApp(stack, portalId),
      }),
    },
  ],
};
