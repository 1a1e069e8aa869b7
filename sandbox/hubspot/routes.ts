import type { Answer } from '../answer.js';
import type { Completion } from '../enrolments.js';
import type { FaultTarget } from '../faults.js';
import type { Portal } from '../portals.js';
import { completeBatch, completeOne, type CallbackDeps } from './callbacks.js';

/** A request of an installed portal that is within its limit. */
export interface PortalRequest {
  portal: Portal;
  params: readonly string[];
  body: unknown;
  completion: Completion;
}

export interface Route {
  method: string;
  /** The version stands in another place for each API: so each has its own pattern. */
  path: RegExp;
  target?: FaultTarget;
  handle(request: PortalRequest): Answer;
}

const DATED = '(?:2026-03|2026-09)';

/** All that needs a portal's token. CRM objects will be further rows; the token endpoints need none and go elsewhere. */
export function createRoutes(deps: CallbackDeps): Route[] {
  const one = (request: PortalRequest) =>
    completeOne(deps, request.portal, request.params[0] ?? '', request.body, request.completion);
  const batch = (request: PortalRequest) =>
    completeBatch(deps, request.portal, request.body, request.completion);
  const at = (path: string, handle: Route['handle']): Route => ({
    method: 'POST',
    path: new RegExp(`^${path}$`),
    target: 'callbacks',
    handle,
  });
  return [
    at(`/automation/actions/callbacks/${DATED}/complete`, batch),
    at(`/automation/actions/callbacks/${DATED}/([^/]+)/complete`, one),
    at('/automation/v4/actions/callbacks/complete', batch),
    at('/automation/v4/actions/callbacks/([^/]+)/complete', one),
  ];
}
