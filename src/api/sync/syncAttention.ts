import { heldDeletes, troubledSyncs, type HeldDeletes, type TroubledSync } from '../../db/sync/attention.js';
import { BOUNDS, foundIn, type Finding } from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Some minutes of growing pauses: what passes by itself has passed. */
const FAILURES = 4;

/** What somebody has to know of mirrors. */
export const SYNC_ATTENTION: AttentionSource = {
  scopes: ['crm'],
  async find(db, workspaceId) {
    const rows = await troubledSyncs(db, workspaceId, { things: BOUNDS.things, failures: FAILURES });
    const held = await heldDeletes(db, workspaceId, BOUNDS.things);
    const found = foundIn(['sync_paused', 'sync_failing'], rows, troubled);
    const asked = foundIn(['sync_deletes_held'], held, waiting);
    return {
      findings: [...found.findings, ...asked.findings],
      more: [...found.more, ...asked.more],
    };
  },
};

function waiting({ portalId, objectType, count, since }: HeldDeletes): Finding[] {
  const happened = `${count} ${objectType} of portal ${portalId} are deleted at HubSpot, more than 1 % in an hour: they stay in the mirror until somebody says so`;
  return [
    { kind: 'sync_deletes_held', subjectId: `${portalId}/${objectType}`, portalId, count, since, happened },
  ];
}

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
