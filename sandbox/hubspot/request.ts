import type { FaultTarget } from '../faults/faults.js';
import type { AccessToken } from '../oauth/install.js';
import type { Answer } from '../platform/answer.js';
import type { Portal } from '../portals/portal.js';
import type { Completion } from '../throttle/entities.js';

/** A request with a portal's valid token, within the limit and with the scope. */
export interface PortalRequest {
  portal: Portal;
  token: AccessToken;
  params: readonly string[];
  query: URLSearchParams;
  /** The version in the path, such as `2026-03` or `v3`. */
  version: string;
  body: unknown;
  /** The length of the body as it was sent, in characters. */
  length: number;
  epochMs: number;
  completion: Completion;
}

/** The limit that a call counts under (docs/hubspot.md#limits). All but `none` also count under a daily limit. */
export type Bucket = 'app' | 'search' | 'associations' | 'none';

export interface Route {
  method: string;
  /** Each API has the version in another place (docs/hubspot.md#versions-and-paths). */
  path: RegExp;
  target: FaultTarget;
  bucket: Bucket;
  /** Alternatives: one of them is enough. */
  scopes(params: readonly string[]): readonly string[];
  handle(request: PortalRequest): Answer;
}
