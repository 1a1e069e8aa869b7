import { troubledSyncs, type TroubledSync } from '../../db/sync/attention.js';
import { BOUNDS, foundIn, type Finding } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Some minutes of growing pauses: what passes by itself has passed. */
const FAILURES = 4;

/** What somebody has to know of mirrors. */
export const SYNC_ATTENTION: AttentionSource = {
  scopes: ['crm'],
  async find(db, workspaceId) {
    const rows = await troubledSyncs(db, workspaceId, { things: BOUNDS.things, failures: FAILURES });
    return foundIn(['sync_paused', 'sync_failing'], rows, troubled);
  },
};

function troubled({ portalId, objectType, pausedAt, ...sync }: TroubledSync): Finding[] {
  const of = { subjectId: `${portalId}/${objectType}`, portalId, count: null };
  const what = `The mirror of the ${objectType} of portal ${portalId}`;
  if (pausedAt !== null)
    return [
      {
        ...{ kind: 'sync_paused', ...of, since: pausedAt },
        happened: `${what} is paused${sync.pauseReason === null ? '' : ` (${sync.pauseReason})`}`,
      },
    ];
  return [
    {
      ...{ kind: 'sync_failing', ...of, since: null },
      happened: `${what} could not be read ${sync.failuresInARow} times in a row${sync.lastError === null ? '' : `: ${sync.lastError}`}`,
    },
  ];
}
