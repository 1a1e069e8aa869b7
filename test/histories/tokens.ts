import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import type { TokenActivities, TokenLook } from '../../src/activities/tokens/tokenActivities.js';
import { PORTAL_CHANGED_SIGNAL, TOKEN_KEEPER_WORKFLOW } from '../../src/temporal/tokens/contract.js';
import { NOTICE_WORKFLOW } from '../../src/temporal/workspaces/contract.js';

/** Ways through tokenKeeper and notice. */
export interface TokenScenario {
  readonly name: string;
  readonly workflow: string;
  readonly args: unknown[];
  readonly activities: object;
  readonly meanwhile?: (env: TestWorkflowEnvironment, handle: WorkflowHandle) => Promise<unknown>;
}

const WORKSPACE = '00000000-0000-4000-8000-000000000001';
const active = (version: number, dueInMs: number, inUse = true): TokenLook => ({
  state: 'active',
  workspaceId: WORKSPACE,
  version,
  dueInMs,
  inUse,
  failing: null,
});
const HALF_AN_HOUR_MS = 1_740_000;
const idle = active(9, 0, false);

function keeper(looks: TokenLook[], refreshes: (number | null)[] = []) {
  const activities: TokenActivities & { resumePortal: () => Promise<{ lanes: number }> } = {
    lookAtToken: () => Promise.resolve(looks.shift() ?? idle),
    refreshToken: () => Promise.resolve({ retryInMs: refreshes.shift() ?? null }),
    resumePortal: () => Promise.resolve({ lanes: 1 }),
  };
  return { workflow: TOKEN_KEEPER_WORKFLOW, args: [{ portalId: 1 }], activities };
}

const notice = (activities: object) => ({
  workflow: NOTICE_WORKFLOW,
  args: [{ workspaceId: WORKSPACE, noticeId: '7', kind: 'portal.reauth_required' }],
  activities: { giveUpNotice: () => Promise.resolve(), ...activities },
});

export const TOKEN_SCENARIOS: TokenScenario[] = [
  { name: 'tokenKeeper-refreshes', ...keeper([active(1, HALF_AN_HOUR_MS), active(1, 0), active(2, HALF_AN_HOUR_MS)]) },
  { name: 'tokenKeeper-backs-off', ...keeper([active(1, 0), { ...active(1, 4000), failing: 'transient: status 503' } as TokenLook, active(1, 0)], [4000]) },
  {
    name: 'tokenKeeper-reauthorised',
    ...keeper([active(1, 0), { state: 'reauth_required', reason: 'revoked' }, active(2, HALF_AN_HOUR_MS)]),
    meanwhile: async (env, handle) => {
      await env.sleep('1 hour');
      await handle.signal(PORTAL_CHANGED_SIGNAL);
    },
  },
  { name: 'tokenKeeper-over', ...keeper([{ state: 'over', why: 'disconnected' }]) },
  { name: 'notice-delivered', ...notice({ deliverNotice: () => Promise.resolve('delivered') }) },
  { name: 'notice-failed', ...notice({ deliverNotice: () => Promise.reject(new Error('It answered 500')) }) },
];
