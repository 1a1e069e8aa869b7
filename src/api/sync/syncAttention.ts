import {
  heldDeletes,
  missingWebhooks,
  troubledSyncs,
  unsureErasures,
  type HeldDeletes,
  type MissingWebhooks,
  type TroubledSync,
  type UnsureErasures,
} from '../../db/sync/attention.js';
import {
  BOUNDS,
  COUNT_STOPS_AT,
  foundIn,
  foundTogether,
  type Finding,
} from '../../domain/attention/attention.js';
import type { AttentionSource } from '../attention/attentionSource.js';

/** Some minutes of growing pauses: what passes by itself has passed. */
const FAILURES = 4;
/** Changes in a row that HubSpot told nothing of. Some properties may have no subscription. */
const MISSED = 100;

/** What somebody has to know of mirrors. */
export const SYNC_ATTENTION: AttentionSource = {
  scopes: ['crm'],
  async find(db, workspaceId) {
    const rows = await troubledSyncs(db, workspaceId, { things: BOUNDS.things, failures: FAILURES });
    const held = await heldDeletes(db, workspaceId, BOUNDS.things);
    const found = foundIn(['sync_paused', 'sync_failing'], rows, troubled);
    const missing = await missingWebhooks(db, workspaceId, { things: BOUNDS.things, missed: MISSED });
    const unsure = await unsureErasures(db, workspaceId, BOUNDS.things);
    return foundTogether([
      found,
      foundIn(['sync_deletes_held'], held, waiting),
      foundIn(['webhooks_missing'], missing, untold),
      foundIn(['erasures_unsure'], unsure, inDoubt),
    ]);
  },
};

function waiting({ portalId, objectType, count, since }: HeldDeletes): Finding[] {
  const happened = `${count} ${objectType} of portal ${portalId} are deleted at HubSpot, more than 1 % in an hour: they stay in the mirror until somebody says so`;
  return [
    { kind: 'sync_deletes_held', subjectId: `${portalId}/${objectType}`, portalId, count, since, happened },
  ];
}

function inDoubt({ portalId, objectType, count, since }: UnsureErasures): Finding[] {
  const happened = `${count} ${objectType} of portal ${portalId}, gone at HubSpot for good, may have been erased for a person since ${since.toISOString()}, when a part of the webhooks journal was lost: here they are deleted, with their values`;
  return [
    {
      ...{ kind: 'erasures_unsure', subjectId: `${portalId}/${objectType}`, portalId, since },
      ...{ count: Math.min(count, COUNT_STOPS_AT), happened },
    },
  ];
}

function untold({ portalId, objectType, missed }: MissingWebhooks): Finding[] {
  const happened = `HubSpot tells nothing of the ${objectType} of portal ${portalId} any more: polls have brought ${missed} changes since it last did`;
  return [
    {
      ...{ kind: 'webhooks_missing', subjectId: `${portalId}/${objectType}`, portalId, since: null },
      ...{ count: Math.min(missed, COUNT_STOPS_AT), happened },
    },
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
