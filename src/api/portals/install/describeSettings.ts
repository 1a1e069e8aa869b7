import type { PortalSettings } from '../../../db/portals/portalSettings.js';
import { accessState, type Access } from '../../../domain/portals/access.js';
import { FEATURES, type Feature } from '../../../domain/portals/features.js';
import { missingScopes } from '../../../domain/portals/featureScopes.js';
import { disconnectWorkflowId } from '../../../temporal/portals/contract.js';

/** A portal as `GET /api/integrations/hubspot/config` shows it. */
export function describeSettings(portal: PortalSettings) {
  const {
    portalId,
    name,
    hubDomain,
    timeZone,
    auth,
    state,
    stateReason,
    stateChangedAt,
    epoch,
    installedAt,
  } = portal;
  const feature = (one: Feature) => ({
    enabled: portal[`${one}Enabled`],
    // A private app's scopes are not known here: HubSpot does not return them for its token.
    missingScopes: auth === 'oauth' ? missingScopes(one, portal.scopes) : null,
  });
  const on = FEATURES.filter((one) => portal[`${one}Enabled`]);
  const access = (one: Access) =>
    auth === 'oauth' ? accessState(one, on, portal.scopes) : { granted: null, missingScopes: null };
  return {
    portalId,
    name,
    hubDomain,
    timeZone,
    auth,
    state,
    stateReason,
    stateChangedAt,
    installedAt,
    epoch,
    scopes: auth === 'oauth' ? portal.scopes : null,
    throttle: feature('throttle'),
    sync: feature('sync'),
    events: feature('events'),
    access: {
      customObjects: access('custom_objects'),
      sensitive: access('sensitive'),
      highlySensitive: access('highly_sensitive'),
    },
    token: {
      stored: portal.hasToken,
      version: portal.tokenVersion,
      ageMs: round(portal.tokenAgeMs),
      expiresAt: portal.tokenExpiresAt,
      expiresInMs: round(portal.tokenExpiresInMs),
      refreshedAt: portal.refreshedAt,
      refreshFailures: portal.refreshFailures,
      refreshError: portal.refreshError,
    },
    disconnect:
      state === 'disconnecting'
        ? { workflowId: disconnectWorkflowId(portalId, epoch), step: stateReason }
        : null,
  };
}

function round(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
