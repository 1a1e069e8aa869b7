import { troubledPortals, type TroubledPortal } from '../../db/portals/attention.js';
import type { Queryable } from '../../db/pool.js';
import { ASKED_OF_A_KIND, type Finding } from '../../domain/attention/attention.js';
import type { AttentionKind } from '../../domain/attention/kinds.js';
import { FIRST_SHED_FROM, MIN_CALLS, shedPriorities } from '../../domain/hubspot/errorShare.js';
import { DAY_NEARLY_USED } from '../../domain/hubspot/portalDay.js';
import { missingScopes, scopesOf } from '../../domain/portals/featureScopes.js';
import type { Feature } from '../../domain/portals/features.js';

const FAILURES = 3;

/**
 * What is wrong of a workspace's portals, each by itself. `errorShare`: the part of a day's calls that may fail;
 * 0: any.
 */
export async function portalTroubles(
  db: Queryable,
  workspaceId: string,
  errorShare: number,
): Promise<Finding[][]> {
  const portals = await troubledPortals(db, workspaceId, {
    things: ASKED_OF_A_KIND,
    scopesOf: { throttle: scopesOf(['throttle']), records: scopesOf(['sync', 'events']) },
    // 0: nothing is ever held back for it.
    errorShare: errorShare === 0 ? Number.MAX_SAFE_INTEGER : errorShare * FIRST_SHED_FROM,
    minCalls: MIN_CALLS,
    dayShare: DAY_NEARLY_USED,
  });
  return portals.map((portal) => troublesOf(portal, errorShare));
}

function troublesOf(portal: TroubledPortal, errorShare: number): Finding[] {
  const { portalId, state, stateReason, stateChangedAt } = portal;
  const finding = (kind: AttentionKind, since: Date | null, happened: string): Finding => ({
    ...{ kind, subjectId: String(portalId), portalId, since, count: null },
    happened: `Portal ${portalId}${portal.name === null ? '' : ` (${portal.name})`} ${happened}`,
  });
  const why = stateReason === null ? '' : `: ${stateReason}`;
  if (state === 'reauth_required')
    return [finding('portal_reauth', stateChangedAt, `needs a new authorisation, and all of it waits${why}`)];
  if (state === 'disconnecting')
    return [finding('portal_disconnecting', stateChangedAt, `has been disconnecting for over an hour${why}`)];
  const findings: Finding[] = [];
  if (portal.refreshFailures >= FAILURES)
    findings.push(
      finding(
        'token_failing',
        portal.refreshedAt,
        `gets no new token: ${portal.refreshFailures} refreshes failed in a row${because(portal.refreshError)}${until(', and its token ends at ', portal.tokenExpiresAt)}`,
      ),
    );
  const missing = portal.auth === 'oauth' ? missingOf(portal) : [];
  if (missing.length > 0)
    findings.push(
      finding('scopes_missing', null, `lacks scopes of what is switched on: ${missing.join(', ')}`),
    );
  if (portal.breakerOpens > 0)
    findings.push(
      finding(
        'breaker_open',
        null,
        `has its circuit breaker open: HubSpot failed for it, ${portal.breakerOpens === 1 ? 'once' : `${portal.breakerOpens} times`} in a row`,
      ),
    );
  if (portal.blockedUntil !== null)
    findings.push(
      finding(
        'portal_blocked',
        null,
        `is left alone${until(' until ', portal.blockedUntil)}, as HubSpot asked${because(portal.blockedReason)}`,
      ),
    );
  if (portal.dayLimit !== null)
    findings.push(
      finding(
        'day_limit_near',
        null,
        `has used ${portal.dayUsed} of the ${portal.dayLimit} calls that HubSpot allows its account${until(' until ', portal.dayEndsAt)}`,
      ),
    );
  const shed = shedPriorities(portal, errorShare);
  if (shed.length > 0)
    findings.push(
      finding(
        'error_share',
        null,
        `has had ${portal.errors} errors in ${portal.calls} calls today: ${shed.join(', ')} ${shed.length === 1 ? 'waits' : 'wait'} until its day ends or the share falls`,
      ),
    );
  return findings;
}

function missingOf({ scopes, throttleEnabled, syncEnabled, eventsEnabled }: TroubledPortal): string[] {
  const on: Feature[] = [
    ...(throttleEnabled ? (['throttle'] as const) : []),
    ...(syncEnabled ? (['sync'] as const) : []),
    ...(eventsEnabled ? (['events'] as const) : []),
  ];
  return [...new Set(on.flatMap((feature) => missingScopes(feature, scopes)))];
}

const because = (reason: string | null) => (reason === null ? '' : ` (${reason})`);
const until = (words: string, at: Date | null) => (at === null ? '' : `${words}${at.toISOString()}`);
