import { json, noContent } from '../platform/answer.js';
import { decide, problemOfPortal, readAuthorizeRequest } from '../oauth/authorize.js';
import type { Install } from '../oauth/install.js';
import { SCOPES } from '../oauth/scopes.js';
import type { Portal } from '../portals/portal.js';
import type { World } from '../world.js';
import { ControlError, read } from './controlError.js';
import { portalOf } from './lookups.js';
import { begunByHubSpot } from '../oauth/marketplace.js';
import { authorizePlan, beginPlan, installPlan, nothing, scopesPlan, secretPlan } from './plans.js';
import { route, type ControlRoute } from './router.js';

/** What people do in HubSpot's settings: install, uninstall, revoke, remove scopes, rotate the secret. */
export function createInstallRoutes(): ControlRoute[] {
  return [
    route('POST', '/portals/:id/install', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const { lifetimeSeconds, scopes = SCOPES } = read(installPlan, body, 'body');
      const { installs } = world.oauth;
      const install = installs.install(portal, scopes, lifetimeSeconds === null ? 'private' : 'oauth');
      const { access, refresh } = installs.issue(install, scopes, lifetimeSeconds);
      return json(201, {
        portalId: portal.portalId,
        accessToken: access.text,
        refreshToken: refresh.text,
        expiresIn: lifetimeSeconds,
        scopes,
      });
    }),
    route('POST', '/portals/:id/uninstall', ({ world, params, body }) => {
      read(nothing, body, 'body');
      const portal = portalOf(world, params);
      for (const install of requireInstalls(world, portal)) world.oauth.installs.uninstall(install);
      return noContent();
    }),
    route('POST', '/portals/:id/revoke', ({ world, params, body }) => {
      read(nothing, body, 'body');
      return json(200, { revoked: world.oauth.installs.revokeAll(portalOf(world, params)) });
    }),
    route('POST', '/portals/:id/scopes', ({ world, params, body }) => {
      const portal = portalOf(world, params);
      const { scopes } = read(scopesPlan, body, 'body');
      requireInstalls(world, portal);
      world.oauth.installs.setScopes(portal, scopes);
      return json(200, { portalId: portal.portalId, scopes });
    }),
    route('POST', '/oauth/authorize', ({ world, body }) => {
      const { portalId, url, deny, scopes } = read(authorizePlan, body, 'body');
      const portal = portalOf(world, [String(portalId)]);
      const asked = readAuthorizeRequest(world.app, new URL(url).searchParams);
      if (!asked.ok) throw new ControlError(400, asked.problem);
      const problem = deny ? undefined : problemOfPortal(asked.request, portal);
      if (problem) throw new ControlError(409, problem);
      return json(200, { location: decide(world.oauth.codes, asked.request, { portal, deny, scopes }) });
    }),
    route('POST', '/portals/:id/begin', ({ world, params, body }) => {
      const plan = read(beginPlan, body, 'body');
      return json(200, { location: begunByHubSpot(world.oauth, portalOf(world, params), plan) });
    }),
    route('GET', '/oauth/report', ({ world }) => json(200, world.oauth.tally.report())),
    route('POST', '/app/secrets', ({ world, body }) => {
      const clientSecret = world.app.rotate(read(secretPlan, body, 'body').clientSecret);
      return json(201, { clientSecret, valid: world.app.secretCount });
    }),
    route('DELETE', '/app/secrets', ({ world }) => json(200, { retired: world.app.retireOldSecrets() })),
  ];
}

function requireInstalls(world: World, portal: Portal): Install[] {
  const installs = world.oauth.installs.of(portal);
  if (installs.length > 0) return installs;
  throw new ControlError(409, `The app is not installed in ${portal.portalId}`);
}
