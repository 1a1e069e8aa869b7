import type { FaultTarget } from '../faults/faults.js';
import type { AccessToken } from '../oauth/install.js';
import type { Answer } from '../platform/answer.js';
import type { Portal } from '../portals/portal.js';
import type { Completion } from '../throttle/entities.js';

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
