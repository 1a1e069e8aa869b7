import type { Installs } from '../oauth/installs.js';
import { noContent } from '../platform/answer.js';
import { readAccount, readDailyUsage, type AccountDeps } from './account.js';
import { completeBatch, completeOne, type CallbackDeps } from './callbacks.js';
import type { PortalRequest, Route } from './request.js';

export interface PlatformDeps {
  callbacks: CallbackDeps;
  installs: Installs;
  account: AccountDeps;
}

const DATED = '(?:2026-03|2026-09)';

/** The routes that need a portal's token and are not the CRM's: callbacks, the app's installation, the account. */
export function createPlatformRoutes(deps: PlatformDeps): Route[] {
  return [...callbackRoutes(deps.callbacks), ...appRoutes(deps.installs), ...accountRoutes(deps.account)];
}

function callbackRoutes(deps: CallbackDeps): Route[] {
  const one = (request: PortalRequest) =>
    completeOne(deps, request.portal, request.params[0] ?? '', request.body, request.completion);
  const batch = (request: PortalRequest) =>
    completeBatch(deps, request.portal, request.body, request.completion);
  const at = (path: string, handle: Route['handle']): Route => ({
    method: 'POST',
    path: new RegExp(`^${path}$`),
    target: 'callbacks',
    bucket: 'app',
    scopes: () => ['automation'],
    handle,
  });
  return [
    at(`/automation/actions/callbacks/${DATED}/complete`, batch),
    at(`/automation/actions/callbacks/${DATED}/([^/]+)/complete`, one),
    at('/automation/v4/actions/callbacks/complete', batch),
    at('/automation/v4/actions/callbacks/([^/]+)/complete', one),
  ];
}

function appRoutes(installs: Installs): Route[] {
  return [
    {
      method: 'DELETE',
      path: new RegExp(`^/appinstalls/(?:v3|${DATED})/external-install$`),
      target: 'account',
      bucket: 'app',
      scopes: () => ['oauth'],
      handle: ({ token }) => {
        installs.uninstall(token.install);
        return noContent();
      },
    },
  ];
}

function accountRoutes(deps: AccountDeps): Route[] {
  const at = (path: string, handle: Route['handle']): Route => ({
    method: 'GET',
    path: new RegExp(`^/account-info/(?:v3|${DATED})/${path}$`),
    target: 'account',
    bucket: 'app',
    scopes: () => ['oauth'],
    handle,
  });
  return [
    at('details', (request) => readAccount(request)),
    at('api-usage/daily/private-apps', (request) => readDailyUsage(deps, request)),
  ];
}
