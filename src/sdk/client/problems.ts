import { waitAskedMs } from './patientFetch.js';
import type { components } from './schema.js';

/** How the service answers every error: RFC 9457, `application/problem+json`. */
export type Problem = components['schemas']['Problem'];
/** What is wrong with one field of the input. */
export type FieldProblem = NonNullable<Problem['errors']>[number];

/** What the service answered in place of what was asked for. `message` says what happened and what to do. */
export class SluiceError extends Error {
  override readonly name: string = 'SluiceError';
  /** `urn:sluice:not_found`; `about:blank` where the answer is not the service's. */
  readonly type: Problem['type'] | 'about:blank';
  /** The HTTP status. */
  readonly status: number;
  /** What is wrong with which field of the input. */
  readonly fields: readonly FieldProblem[];
  /** Under which the service's log has the reason. */
  readonly requestId: string | undefined;
  /** So long the service asks to wait (429, 503), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The answer as it came, where it is the service's. */
  readonly problem: Problem | undefined;

  constructor(given: Problem | undefined, response: Response) {
    const problem: Partial<Problem> = given ?? {};
    super(problem.detail ?? problem.title ?? `The service answered ${response.status}`);
    this.type = problem.type ?? 'about:blank';
    this.status = response.status;
    this.fields = problem.errors ?? [];
    this.requestId = problem.requestId ?? response.headers.get('X-Request-Id') ?? undefined;
    this.retryAfterMs = waitAskedMs(response);
    this.problem = given;
  }
}

/** The key is not known (401), or may not do this (403). */
export class HubSpotAuthError extends SluiceError {
  override readonly name = 'HubSpotAuthError';
}
/** Too much was asked for (429): `retryAfterMs`. */
export class HubSpotRateLimitError extends SluiceError {
  override readonly name = 'HubSpotRateLimitError';
}
/** What was sent cannot be taken: `fields` says why. */
export class HubSpotValidationError extends SluiceError {
  override readonly name = 'HubSpotValidationError';
}
/** All else: there is no such thing, its state does not allow it, or the service is out of order. */
export class HubSpotSyncError extends SluiceError {
  override readonly name = 'HubSpotSyncError';
}

const CLASSES: Readonly<Record<Problem['class'], typeof SluiceError>> = {
  HubSpotAuthError,
  HubSpotRateLimitError,
  HubSpotValidationError,
  HubSpotSyncError,
};

/** Of an answer that is not the service's, but of a proxy in front of it. */
const CLASS_OF_STATUS: Readonly<Record<number, typeof SluiceError>> = {
  400: HubSpotValidationError,
  401: HubSpotAuthError,
  403: HubSpotAuthError,
  413: HubSpotValidationError,
  429: HubSpotRateLimitError,
};

export async function problemOf(response: Response): Promise<SluiceError> {
  const isProblem = response.headers.get('Content-Type')?.startsWith('application/problem+json') ?? false;
  const problem = isProblem ? ((await response.json()) as Problem) : undefined;
  const known = problem ? CLASSES[problem.class] : CLASS_OF_STATUS[response.status];
  return new (known ?? HubSpotSyncError)(problem, response);
}
