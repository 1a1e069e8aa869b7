import { failedActions, failingActions, type TroubledAction } from '../../db/actions/attention.js';
import { BOUNDS, COUNT_STOPS_AT, foundIn, type Finding } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Tries of about half a minute with the usual pauses. */
const FAILS_FROM = 6;

/** What somebody has to know of actions of one's own. */
export const ACTIONS_ATTENTION: AttentionSource = {
  scopes: ['throttle:read'],
  async find(db, workspaceId) {
    const bounds = { things: BOUNDS.things, seen: COUNT_STOPS_AT };
    const failed = await failedActions(db, workspaceId, bounds);
    const failing = await failingActions(db, workspaceId, { ...bounds, fromTries: FAILS_FROM });
    const found = [
      foundIn(['action_runs_failed'], failed, (one) => [troubled('action_runs_failed', one, 'failed')]),
      foundIn(['action_runs_failing'], failing, (one) => [
        troubled('action_runs_failing', one, `wait, and have failed ${FAILS_FROM} times and more`),
      ]),
    ];
    return {
      findings: found.flatMap(({ findings }) => findings),
      more: found.flatMap(({ more }) => more),
    };
  },
};

function troubled(
  kind: 'action_runs_failed' | 'action_runs_failing',
  { portalId, action, count, since }: TroubledAction,
  what: string,
): Finding {
  const happened = `Runs of the action ${action} in portal ${portalId} ${what}`;
  return { kind, subjectId: action, portalId, since, count, happened };
}
