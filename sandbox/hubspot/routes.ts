import { noContent, type Answer } from '../platform/answer.js';
import type { Completion } from '../throttle/enrolments.js';
import type { FaultTarget } from '../faults/faults.js';
import type { AccessToken, Installs } from '../oauth/installs.js';
import type { Portal } from '../portals/portals.js';
import type { Crm } from '../crm/crm.js';
import { createCrmRoutes } from '../crm/routes.js';
import { readAccount, readDailyUsage, type AccountDeps } from './account.js';
import { completeBatch, completeOne, type CallbackDeps } from './callbacks.js';

/** A request of an installed portal that is within its limit and has the scope. */
export interface PortalRequest {
  portal: Portal;
  token: AccessToken;
  params: readonly string[];
  query: URLSearchParams;
  /** As the path has it: `2026-03`, `v3`. */
  version: string;
  body: unknown;
  /** Of the body as it came, in characters. */
  length: number;
  epochMs: number;
  completion: Completion;
}

/** Which limit a call counts against. All but `none` count against the day's, where there is one. */
export type Bucket = 'app' | 'search' | 'associations' | 'none';

export interface Route {
  method: string;
  /** The version stands in another place for each API: so each has its own pattern. */
  path: RegExp;
  target: FaultTarget;
  bucket: Bucket;
  /** One of them is enough. */
  scopes(params: readonly string[]): readonly string[];
  handle(request: PortalRequest): Answer;
}

export interface RouteDeps {
  callbacks: CallbackDeps;
  installs: Installs;
  account: AccountDeps;
  crmOf: (portal: Portal) => Crm;
}

const DATED = '(?:2026-03|2026-09)';

/** All that needs a portal's token. The token endpoints need none and go elsewhere. */
export function createRoutes(deps: RouteDeps): Route[] {
  return [
    ...callbackRoutes(deps.callbacks),
    ...appRoutes(deps.installs),
    ...accountRoutes(deps.account),
    ...createCrmRoutes(deps.crmOf),
  ];
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
