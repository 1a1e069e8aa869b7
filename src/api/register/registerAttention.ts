import { failedInPart, waitingLong, type TroubledRegistration } from '../../db/register/attention.js';
import {
  BOUNDS,
  COUNT_STOPS_AT,
  foundIn,
  foundTogether,
  type Finding,
} from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** A step is tried for ten minutes at most: then it has failed, or nobody takes it. */
const WAITS_MS = 15 * 60_000;

/** What somebody has to know of registrations. */
export const REGISTER_ATTENTION: AttentionSource = {
  scopes: ['crm'],
  async find(db, workspaceId) {
    const bounds = { things: BOUNDS.things, seen: COUNT_STOPS_AT };
    const failed = await failedInPart(db, workspaceId, bounds);
    const waiting = await waitingLong(db, workspaceId, { ...bounds, forMs: WAITS_MS });
    return foundTogether([
      foundIn(['registration_failed'], failed, troubled),
      foundIn(['registration_waits'], waiting, troubled),
    ]);
  },
};

function troubled({ id, portalId, state, since }: TroubledRegistration): Finding[] {
  const of = { subjectId: id, portalId, since, count: null };
  const what = `Registration ${id} of portal ${portalId}`;
  return state === 'failed'
    ? [{ kind: 'registration_failed', ...of, happened: `${what} was written in part` }]
    : [
        {
          kind: 'registration_waits',
          ...of,
          happened: `${what} has got no further since ${since.toISOString()}`,
        },
      ];
}
