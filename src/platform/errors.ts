/** The four kinds of errors that callers tell apart; the client of the package throws errors of these names. */
export const ERROR_CLASSES = [
  'HubSpotAuthError',
  'HubSpotRateLimitError',
  'HubSpotValidationError',
  'HubSpotSyncError',
] as const;
export type ErrorClass = (typeof ERROR_CLASSES)[number];

/**
 * The closed vocabulary of errors. One table says what each means outside: its HTTP status, its kind and its title.
 * Outside it is problem+json (RFC 9457) with `type: urn:sluice:<code>`.
 */
export const ERRORS = {
  invalid_input: { status: 400, class: 'HubSpotValidationError', title: 'The request is not valid' },
  unauthorized: { status: 401, class: 'HubSpotAuthError', title: 'The request is not authenticated' },
  forbidden: { status: 403, class: 'HubSpotAuthError', title: 'The key does not allow this' },
  not_found: { status: 404, class: 'HubSpotSyncError', title: 'Not found' },
  request_timeout: { status: 408, class: 'HubSpotSyncError', title: 'The request took too long to arrive' },
  conflict: { status: 409, class: 'HubSpotSyncError', title: 'The state does not allow this' },
  precondition_failed: { status: 412, class: 'HubSpotSyncError', title: 'It has been changed meanwhile' },
  body_too_large: { status: 413, class: 'HubSpotValidationError', title: 'The body is too large' },
  idempotency_conflict: {
    status: 422,
    class: 'HubSpotValidationError',
    title: 'The key was used for something else',
  },
  registration_failed: { status: 424, class: 'HubSpotSyncError', title: 'Not all of it was written' },
  unsupported_media_type: { status: 415, class: 'HubSpotValidationError', title: 'The body must be JSON' },
  too_many_requests: { status: 429, class: 'HubSpotRateLimitError', title: 'Too many requests' },
  install_denied: { status: 403, class: 'HubSpotAuthError', title: 'The installation was not allowed' },
  install_wrong_browser: {
    status: 403,
    class: 'HubSpotAuthError',
    title: 'This is not the browser that began the installation',
  },
  install_missing_scope: { status: 403, class: 'HubSpotAuthError', title: 'A permission is missing' },
  install_wrong_account: { status: 409, class: 'HubSpotSyncError', title: 'This is another HubSpot account' },
  install_refused: { status: 409, class: 'HubSpotSyncError', title: 'This account cannot be connected here' },
  install_busy: { status: 409, class: 'HubSpotSyncError', title: 'The account is being disconnected' },
  install_expired: { status: 410, class: 'HubSpotSyncError', title: 'This installation is no longer valid' },
  install_misconfigured: { status: 500, class: 'HubSpotSyncError', title: 'The app is not set up correctly' },
  install_unavailable: { status: 503, class: 'HubSpotSyncError', title: 'HubSpot cannot be reached' },
  install_kept: { status: 503, class: 'HubSpotSyncError', title: 'The account is not connected yet' },
  internal: { status: 500, class: 'HubSpotSyncError', title: 'Something failed on our side' },
  unavailable: { status: 503, class: 'HubSpotSyncError', title: 'Temporarily unavailable' },
} as const satisfies Record<string, { status: number; class: ErrorClass; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

export interface FieldProblem {
  /** Path of the field in the input, dotted: `rate.limit`. Empty for the body as a whole. */
  path: string;
  message: string;
}

/** An error that we mean to show. `message` says what happened and what to do. */
export class AppError extends Error {
  override readonly name = 'AppError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: {
      fields?: readonly FieldProblem[];
      /** How many problems were found beyond those that `fields` names. */
      omittedFields?: number;
      retryAfterMs?: number;
      /** Further fields of the problem. */
      members?: Readonly<Record<string, unknown>>;
      cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
