/* What a request to HubSpot can come to. A closed set: every caller decides on `kind`, exhaustively. */

interface Answered {
  status: number;
  correlationId?: string;
}

interface Refusal extends Answered {
  category?: string;
  /** HubSpot's words, cut to a length that fits a log. They may quote property values: not for Temporal. */
  message: string;
}

/** `answeredAtMs`: since 1970, by HubSpot's clock, where it says what time it has. */
export type Outcome =
  | (Answered & { kind: 'ok'; body: unknown; answeredAtMs?: number })
  /**
   * 207, or another success that has errors or calls itself incomplete: some rows went through. `errors` are HubSpot's,
   * per row; one that names no row may be about any that the answer does not show.
   */
  | (Answered & { kind: 'partial'; body: unknown; errors: readonly RowError[] })
  /** 400, 409, 413, 414, 422: refusals that a repeat does not change. */
  | (Refusal & {
      kind: 'invalid';
      code?: string;
      property?: string;
      properties: readonly string[];
      body: unknown;
      /** The record that stands in the way, as HubSpot's words name it. */
      existingId?: string;
    })
  /** 401, or the portal has no token that can be used (then without status). */
  | { kind: 'unauthorized'; status?: number; correlationId?: string; category?: string; message: string }
  /** 403. `missingScopes` where HubSpot names them. */
  | (Refusal & { kind: 'forbidden'; missingScopes: readonly string[] })
  | (Refusal & { kind: 'notFound' })
  /** 423: the record or the account is locked for a moment. */
  | (Answered & { kind: 'locked'; retryAfterMs: number })
  /** 477: HubSpot moves the account to another data centre, for up to a day. */
  | (Answered & { kind: 'migrating'; retryAfterMs: number })
  /** 429, or (without status) a wait for the budget that is longer than the caller's deadline. */
  | {
      kind: 'throttled';
      status?: 429;
      correlationId?: string;
      policy: ThrottlePolicy;
      retryAfterMs: number;
      message: string;
    }
  /** It did not work now. `effect` says whether it may have worked all the same. */
  | {
      kind: 'unavailable';
      status?: number;
      correlationId?: string;
      reason: UnavailableReason;
      message: string;
      retryAfterMs?: number;
      effect: 'none' | 'possible';
    }
  /** It was sent, and no answer came that can be understood: it may have taken effect. */
  | { kind: 'unknown'; status?: number; correlationId?: string; reason: UnknownReason; message: string };

export type OutcomeKind = Outcome['kind'];
/** `error_share` is our own: too many of the day's requests were errors. */
export type ThrottlePolicy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY' | 'error_share' | 'other';
export type HubSpotPolicy = Exclude<ThrottlePolicy, 'error_share'>;
/**
 * `foreign`: not HubSpot's API answered but something before it; `unclear`: HubSpot did, in a way that is not
 * understood. Nothing is concluded from either.
 */
export type UnavailableReason =
  | 'server'
  | 'foreign'
  | 'unclear'
  | 'redirect'
  | 'network'
  | 'permit'
  | 'budget'
  | 'breaker'
  | 'token'
  | 'stopped';
export type UnknownReason = 'timeout' | 'reset' | 'too_large' | 'unreadable';

export interface RowError {
  category?: string;
  message: string;
  /** What we sent as `objectWriteTraceId`, or the ids that the error is about. */
  ids: readonly string[];
  /** Properties that it objects to, and its word for what is wrong with the first, where it names them. */
  properties?: readonly string[];
  code?: string;
  /** The record that stands in the way, as HubSpot's words name it. */
  existingId?: string;
}

/** An outcome of a request that did not reach HubSpot. */
export function unavailable(
  reason: UnavailableReason,
  message: string,
): Extract<Outcome, { kind: 'unavailable' }> {
  return { kind: 'unavailable', reason, message, effect: 'none' };
}
