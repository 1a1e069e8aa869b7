import {
  deadByPortal,
  failedRedrives,
  heldPortals,
  latePortals,
  outboxCounts,
  type DeadOfPortal,
  type FailedRedrive,
  type HeldPortal,
  type LatePortal,
} from '../../db/outbox/attention.js';
import {
  BOUNDS,
  countInWords,
  foundIn,
  foundTogether,
  type Finding,
} from '../../domain/attention/attention.js';
import { COUNTS_STOP_AT, type AttentionSource } from '../attention/attentionSource.js';

/** What somebody has to know of events on their way to HubSpot. */
export const OUTBOX_ATTENTION: AttentionSource = {
  scopes: ['outbox'],
  async find(db, workspaceId) {
    return foundTogether([
      foundIn(['outbox_circuit_open', 'outbox_paused'], await heldPortals(db, workspaceId, BOUNDS), held),
      foundIn(
        ['events_behind', 'answers_unclear', 'records_in_conflict'],
        await latePortals(db, workspaceId, BOUNDS.things),
        late,
      ),
      foundIn(['dead_letters', 'events_unassigned'], await deadByPortal(db, workspaceId, BOUNDS), dead),
      foundIn(['redrive_failed'], await failedRedrives(db, workspaceId, BOUNDS.things), failed),
    ]);
  },
  feature: {
    name: 'outbox',
    counts: (db, workspaceId) => outboxCounts(db, workspaceId, COUNTS_STOP_AT),
  },
};

function held({ portalId, waiting, ...portal }: HeldPortal): Finding[] {
  const of = { subjectId: String(portalId), portalId, count: waiting };
  if (portal.pausedAt !== null)
    return [
      {
        ...{ kind: 'outbox_paused', ...of, since: portal.pausedAt },
        happened: `The deliveries of portal ${portalId} are paused${portal.pauseReason === null ? '' : ` (${portal.pauseReason})`}: ${wait(waiting)}`,
      },
    ];
  return [
    {
      ...{ kind: 'outbox_circuit_open', ...of, since: null },
      happened: `${portal.failuresInARow} deliveries of portal ${portalId} failed in a row, and no more are tried until ${portal.circuitOpenUntil?.toISOString() ?? 'later'}: ${wait(waiting)}`,
    },
  ];
}

function late(portal: LatePortal): Finding[] {
  const { portalId } = portal;
  const of = { subjectId: String(portalId), portalId };
  const findings: Finding[] = [];
  if (portal.behind > 0)
    findings.push({
      ...{ kind: 'events_behind', ...of, since: portal.behindSince, count: portal.behind },
      happened: `${countInWords(portal.behind, 'event')} of portal ${portalId} might have gone for more than ten minutes, and nothing is known that stops them`,
    });
  if (portal.unclear > 0)
    findings.push({
      ...{ kind: 'answers_unclear', ...of, since: portal.unclearSince, count: portal.unclear },
      happened: `HubSpot's answers for ${countInWords(portal.unclear, 'event')} of portal ${portalId} are not understood: they wait with growing pauses${portal.unclearError === null ? '' : `; the last: ${portal.unclearError}`}`,
    });
  if (portal.conflict > 0)
    findings.push({
      ...{ kind: 'records_in_conflict', ...of, since: portal.conflictSince, count: portal.conflict },
      happened: `Another record stands in the way of ${countInWords(portal.conflict, 'event')} of portal ${portalId}: they wait until somebody has said which is which`,
    });
  return findings;
}

function dead({ portalId, dead: refused, invalid, since, type }: DeadOfPortal): Finding[] {
  const count = refused + invalid;
  const of = { portalId, since, count };
  const words = `${countInWords(count, 'event')} ${count === 1 ? 'is a dead letter' : 'are dead letters'} (${refused} refused, ${invalid} not understood), the last of the type ${type}`;
  if (portalId === null)
    return [
      { ...{ kind: 'events_unassigned', subjectId: 'none', ...of }, happened: `${words}: of no portal` },
    ];
  return [{ ...{ kind: 'dead_letters', subjectId: String(portalId), ...of }, happened: `${words}` }];
}

function failed({ id, endedAt, moved, total }: FailedRedrive): Finding[] {
  return [
    {
      ...{ kind: 'redrive_failed', subjectId: id, portalId: null, since: endedAt, count: total - moved },
      happened: `A redrive failed after ${moved} of ${countInWords(total, 'event')}`,
    },
  ];
}

const wait = (waiting: number) => `${countInWords(waiting, 'event')} ${waiting === 1 ? 'waits' : 'wait'}`;
