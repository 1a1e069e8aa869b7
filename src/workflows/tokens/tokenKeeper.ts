import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PortalHookActivities } from '../../activities/portals/portalHooks.js';
import type { TokenActivities } from '../../activities/tokens/tokenActivities.js';
import { describeWait } from '../../domain/duration.js';
import { searchAttributes } from '../../temporal/searchAttributes.js';
import {
  PORTAL_CHANGED_SIGNAL,
  type TokenKeeperInput,
  type TokenKeeperResult,
} from '../../temporal/tokens/contract.js';

const HISTORY_LIMIT = 2000;
/** A new authorisation is signalled to this workflow; should the signal get lost, the workflow looks by itself. */
const LOOK_AGAIN_MS = 6 * 3_600_000;
const MIN_WAIT_MS = 1000;

export const portalChanged = defineSignal(PORTAL_CHANGED_SIGNAL);

const { lookAtToken } = proxyActivities<TokenActivities>({
  startToCloseTimeout: '20 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});
const { refreshToken } = proxyActivities<TokenActivities>({
  // A refresh may take a minute, and what it gave is stored for as long as the database needs.
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '1 minute' },
});
const { resumePortal } = proxyActivities<PortalHookActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/** Keeps the token of one portal fresh for as long as it is in use; its details say in which state the token is. */
export async function tokenKeeper({
  portalId,
  paused = false,
}: TokenKeeperInput): Promise<TokenKeeperResult> {
  let changed = false;
  setHandler(portalChanged, () => void (changed = true));

  for (;;) {
    changed = false;
    const look = await lookAtToken({ portalId });

    if (look.state === 'over') {
      show(look.why, `Ended: ${ENDINGS[look.why]}`);
      return look.why;
    }
    if (look.state === 'reauth_required') {
      paused = true;
      show(
        'reauth_required',
        `**A new authorisation is needed.** ${look.reason}. Everything of the portal is paused, and goes on by itself after it.`,
      );
      await turn(LOOK_AGAIN_MS, 'Waits for a new authorisation');
    } else {
      if (paused) {
        show('resuming', 'Authorised anew: what waited goes on');
        await resumePortal({ workspaceId: look.workspaceId, portalId });
        paused = false;
      }
      if (look.dueInMs > 0) {
        show(look.failing === null ? 'fresh' : 'failing', describe(look.version, look.dueInMs, look.failing));
        await turn(look.dueInMs, `Until token ${look.version} is to be refreshed`);
      } else if (!look.inUse) {
        show('idle', `Ended: ${ENDINGS.idle}`);
        return 'idle';
      } else {
        show('refreshing', `Token ${look.version} is being refreshed`);
        const { retryInMs } = await refreshToken.executeWithOptions(
          { summary: `Refreshes token ${look.version} of portal ${portalId}` },
          [{ portalId, version: look.version }],
        );
        if (retryInMs !== null) await turn(retryInMs, 'Until the refresh is tried again');
      }
    }
    if (workflowInfo().continueAsNewSuggested || workflowInfo().historyLength > HISTORY_LIMIT)
      await continueAsNew<typeof tokenKeeper>({ portalId, paused });
  }

  /** Waits, or until the portal's state has changed. */
  async function turn(ms: number, summary: string): Promise<void> {
    await condition(() => changed, Math.max(MIN_WAIT_MS, ms), { summary });
  }
}

const ENDINGS: Record<TokenKeeperResult, string> = {
  idle: 'nobody has used the token for a while; the next use refreshes it and starts this again',
  unknown: 'there is no such portal',
  disconnected: 'the portal is disconnected',
  no_expiry: 'the token does not expire',
};

function describe(version: number, dueInMs: number, failing: string | null): string {
  const when = `at ${new Date(Date.now() + dueInMs).toISOString()} (in ${describeWait(dueInMs)})`;
  return failing === null
    ? `Token ${version} is fresh. It is refreshed ${when} if it is in use then.`
    : `Token ${version} could not be refreshed (${failing}). Tried again ${when}.`;
}

function show(state: string, details: string): void {
  upsertSearchAttributes([{ key: searchAttributes.executionState, value: state }]);
  setCurrentDetails(details);
}
