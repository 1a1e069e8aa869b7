import {
  lateLanes,
  pausedLanes,
  suspendedPortals,
  throttleCounts,
  unhappyEnds,
  type LateLane,
  type PausedLane,
  type SuspendedPortal,
  type UnhappyEnds,
} from '../../db/throttle/attention.js';
import {
  BOUNDS,
  countInWords,
  foundIn,
  foundTogether,
  type Finding,
} from '../../domain/attention/attention.js';
import type { SuspensionReason } from '../../domain/throttle/suspension.js';
import { COUNTS_STOP_AT, type AttentionSource } from '../attention/attentionSource.js';

/** What somebody has to know of lanes and executions. */
export const THROTTLE_ATTENTION: AttentionSource = {
  scopes: ['throttle:read'],
  async find(db, workspaceId) {
    return foundTogether([
      foundIn(['releases_suspended'], await suspendedPortals(db, workspaceId, BOUNDS), suspended),
      foundIn(['lane_paused'], await pausedLanes(db, workspaceId, BOUNDS), paused),
      foundIn(['lane_behind', 'expiry_near'], await lateLanes(db, workspaceId, BOUNDS.things), late),
      foundIn(
        [
          'executions_failed',
          'executions_gone',
          'executions_expired',
          'executions_refused',
          'executions_rejected',
        ],
        await unhappyEnds(db, workspaceId, BOUNDS),
        ended,
      ),
    ]);
  },
  feature: {
    name: 'throttle',
    counts: (db, workspaceId) => throttleCounts(db, workspaceId, COUNTS_STOP_AT),
  },
};

const WHY_SUSPENDED: Readonly<Record<SuspensionReason, string>> = {
  unauthorized: "HubSpot refuses the portal's token",
  forbidden: 'HubSpot refuses the completions for want of a scope',
  locked: 'HubSpot says that the account is locked',
  migrating: 'HubSpot moves the account to another data centre',
  throttled: 'HubSpot has had enough requests of this account',
  breaker: 'HubSpot does not answer for this portal',
  token: "The portal's token cannot be refreshed",
  path: 'HubSpot knows none of the callbacks',
};

function suspended({ portalId, reason, since, nextTryAt, waiting }: SuspendedPortal): Finding[] {
  return [
    {
      ...{ kind: 'releases_suspended', subjectId: String(portalId), portalId, since, count: waiting },
      happened: `${WHY_SUSPENDED[reason]}: ${wait(waiting)}; the next try is at ${nextTryAt.toISOString()}`,
    },
  ];
}

function paused({ laneId, portalId, key, since, reason, waiting }: PausedLane): Finding[] {
  const why = reason === null ? '' : ` (${reason})`;
  return [
    {
      ...{ kind: 'lane_paused', subjectId: laneId, portalId, since, count: waiting },
      happened: `Lane ${laneId}, ${key}, is paused${why}: ${wait(waiting)}`,
    },
  ];
}

function late(lane: LateLane): Finding[] {
  const { laneId, portalId, key } = lane;
  const of = { subjectId: laneId, portalId };
  const findings: Finding[] = [];
  if (lane.late > 0)
    findings.push({
      ...{ kind: 'lane_behind', ...of, since: lane.lateSince, count: lane.late },
      happened: `Lane ${laneId}, ${key}, is more than a minute behind its plan, and nothing is known that stops it: ${wait(lane.late)}`,
    });
  if (lane.expiring > 0)
    findings.push({
      ...{ kind: 'expiry_near', ...of, since: null, count: lane.expiring },
      happened: `${countInWords(lane.expiring, 'execution')} of lane ${laneId}, ${key}, will have been given up by HubSpot within a day, the first at ${lane.expiresFirst?.toISOString() ?? 'a time that is not known'}`,
    });
  return findings;
}

const HOW_ENDED: Readonly<Record<UnhappyEnds['state'], string>> = {
  failed: 'ended as failed: HubSpot refused to let the record go on',
  gone: 'ended as gone: HubSpot did not know them any more',
  expired: 'expired before their turn came',
  refused: 'ended as refused: their turn would have come later than HubSpot waits',
  rejected: 'ended as rejected: the call could not be understood',
};

function ended({ portalId, state, ended: count, since, reason }: UnhappyEnds): Finding[] {
  const last = reason === null ? '' : `; the last: ${reason}`;
  return [
    {
      ...{ kind: `executions_${state}`, subjectId: String(portalId), portalId, since, count },
      happened: `Within a day ${countInWords(count, 'execution')} ${HOW_ENDED[state]}${last}`,
    },
  ];
}

const wait = (waiting: number) => `${countInWords(waiting, 'execution')} ${waiting === 1 ? 'waits' : 'wait'}`;
