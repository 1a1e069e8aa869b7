import { portalDay } from '../../domain/hubspot/portalDay.js';

/*
 * What a request to HubSpot can come to. A closed set: every caller decides on `kind`, exhaustively. Classified by status,
 * then by category; never by the message. Bodies may be HTML, cut off or absent (HUBSPOT §4, §8), so nothing here throws.
 */

interface Answered {
  status: number;
  correlationId?: string;
}

interface Refusal extends Answered {
  category?: string;
  /** HubSpot's words, cut to a length that fits a log. They may quote property values: not for Temporal. */
  message: string;
}

export type Outcome =
  | (Answered & { kind: 'ok'; body: unknown })
  /** 207: some rows went through. `errors` are HubSpot's, per row. */
  | (Answered & { kind: 'partial'; body: unknown; errors: readonly RowError[] })
  /** 400, 409, 422 and other refusals that a repeat does not change. */
  | (Refusal & {
      kind: 'invalid';
      code?: string;
      property?: string;
      properties: readonly string[];
      body: unknown;
    })
  /** 401, or the portal has no token that can be used (then without status). */
  | { kind: 'unauthorized'; status?: number; correlationId?: string; category?: string; message: string }
  /** 403. `missingScopes` where HubSpot names them; `html` when not HubSpot's API answered but something before it. */
  | (Refusal & { kind: 'forbidden'; missingScopes: readonly string[]; html: boolean })
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
type HubSpotPolicy = Exclude<ThrottlePolicy, 'error_share'>;
/** `error_share`: ours, because too many of the day's requests were errors. */
export type ThrottlePolicy = 'TEN_SECONDLY_ROLLING' | 'SECONDLY' | 'DAILY' | 'error_share' | 'other';
export type UnavailableReason =
  'server' | 'redirect' | 'network' | 'permit' | 'budget' | 'breaker' | 'token' | 'stopped';
export type UnknownReason = 'timeout' | 'reset' | 'too_large' | 'unreadable';

export interface RowError {
  category?: string;
  message: string;
  /** What we sent as `objectWriteTraceId`, or the ids that the error is about. */
  ids: readonly string[];
  /** Properties that it objects to, and its word for what is wrong with the first, where it names them. */
  properties?: readonly string[];
  code?: string;
}

/** Header names in lower case; of a repeated one the first counts. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Clock {
  nowMs: number;
  /** The portal's time zone: its day is what a daily limit counts. */
  timeZone: string;
}

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const MAX_MESSAGE = 500;
const LOCKED_AT_LEAST_MS = 2 * SECOND;
const MIGRATING_DEFAULT_MS = 60 * SECOND;
const ROLLING_MS = 10 * SECOND;
const SECONDLY_MS = 1500;
const OTHER_POLICY_MS = 10 * SECOND;

/**
 * Classifies an answer. `body` is undefined when it was cut off: then its status alone has to do, and a 2xx that should have
 * had one is unknown.
 */
export function classifyResponse(
  status: number,
  headers: AnswerHeaders,
  body: string | undefined,
  clock: Clock,
): Outcome {
  const parsed = parseJson(body);
  const problem = isRecord(parsed) ? parsed : {};
  const correlationId = text(problem['correlationId']) ?? text(first(headers['x-hubspot-correlation-id']));
  const base = { status, ...(correlationId === undefined ? {} : { correlationId }) };
  const category = text(problem['category']);
  const message = clip(text(problem['message']) ?? `HubSpot answered ${status}`);
  const refusal = { ...base, message, ...(category === undefined ? {} : { category }) };

  if (status >= 200 && status < 300) {
    if (status === 204 || body === '') return { kind: 'ok', ...base, body: undefined };
    if (parsed === undefined) {
      return {
        kind: 'unknown',
        ...base,
        reason: 'unreadable',
        message: `HubSpot answered ${status} with a body that is not whole JSON`,
      };
    }
    return status === 207
      ? { kind: 'partial', ...base, body: parsed, errors: rowErrors(problem) }
      : { kind: 'ok', ...base, body: parsed };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'unavailable',
      ...base,
      reason: 'redirect',
      message: `HubSpot answered ${status}; redirects are not followed`,
      effect: 'none',
    };
  }
  switch (status) {
    case 401:
      return { kind: 'unauthorized', ...refusal };
    case 403:
      return {
        kind: 'forbidden',
        ...refusal,
        missingScopes: missingScopes(problem),
        html: body !== undefined && parsed === undefined,
      };
    case 404:
    case 410:
      return { kind: 'notFound', ...refusal };
    case 408:
    case 425:
      return { kind: 'unavailable', ...base, reason: 'server', message, effect: 'none' };
    case 423:
      return {
        kind: 'locked',
        ...base,
        retryAfterMs: Math.max(LOCKED_AT_LEAST_MS, retryAfter(headers, clock) ?? 0),
      };
    case 429: {
      const policy = policyOf(problem);
      return {
        kind: 'throttled',
        ...base,
        status,
        policy,
        message,
        retryAfterMs: retryAfter(headers, clock) ?? policyWait(policy, clock),
      };
    }
    case 477:
      return { kind: 'migrating', ...base, retryAfterMs: retryAfter(headers, clock) ?? MIGRATING_DEFAULT_MS };
  }
  if (status >= 400 && status < 500) {
    const properties = namedProperties(problem);
    const code = firstError(problem, 'code');
    return {
      kind: 'invalid',
      ...refusal,
      body: parsed,
      properties,
      ...(properties[0] === undefined ? {} : { property: properties[0] }),
      ...(code === undefined ? {} : { code }),
    };
  }
  const wait = retryAfter(headers, clock);
  return {
    kind: 'unavailable',
    ...base,
    reason: 'server',
    message,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    // 521, 523, 525 and 526: Cloudflare never reached HubSpot. Of all others nobody can say how far they came.
    effect: [503, 521, 523, 525, 526].includes(status) ? 'none' : 'possible',
  };
}

function policyOf(problem: Record<string, unknown>): HubSpotPolicy {
  const name = text(problem['policyName']);
  return name === 'TEN_SECONDLY_ROLLING' || name === 'SECONDLY' || name === 'DAILY' ? name : 'other';
}

function policyWait(policy: HubSpotPolicy, clock: Clock): number {
  switch (policy) {
    case 'TEN_SECONDLY_ROLLING':
      return ROLLING_MS;
    case 'SECONDLY':
      return SECONDLY_MS;
    case 'DAILY':
      return portalDay(clock.nowMs, clock.timeZone).leftMs;
    case 'other':
      return OTHER_POLICY_MS;
  }
}

/** `Retry-After` of HubSpot's API answers: seconds or a date. Never more than a day, which is the longest that HubSpot asks for. */
function retryAfter(headers: AnswerHeaders, { nowMs }: Clock): number | undefined {
  const value = first(headers['retry-after'])?.trim();
  if (!value) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * SECOND : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, Math.ceil(ms)), DAY);
}

function missingScopes(problem: Record<string, unknown>): string[] {
  const contexts = [problem, ...records(problem['errors'])].map((entry) => entry['context']).filter(isRecord);
  return unique(
    contexts.flatMap((context) => [
      ...texts(context['missingScopes']),
      ...texts(context['requiredGranularScopes']),
    ]),
  );
}

/** Names of the properties that HubSpot objects to: in `errors`, or as JSON inside the message of a VALIDATION_ERROR. */
function namedProperties(problem: Record<string, unknown>): string[] {
  const errors = [...records(problem['errors']), ...embeddedErrors(problem)];
  return unique(
    errors.flatMap((error) => {
      const context = isRecord(error['context']) ? error['context'] : {};
      const named = texts(context['propertyName']);
      return named.length > 0
        ? named
        : [text(error['in']) ?? text(error['name'])].filter((name) => name !== undefined);
    }),
  );
}

/** The JSON inside the message of a VALIDATION_ERROR. */
function embeddedErrors(problem: Record<string, unknown>): Record<string, unknown>[] {
  const message = text(problem['message']) ?? '';
  return records(parseJson(/\[\s*\{.*\}\s*\]/s.exec(message)?.[0]));
}

function firstError(problem: Record<string, unknown>, field: string): string | undefined {
  return records(problem['errors'])
    .map((error) => text(error[field]))
    .find((value) => value !== undefined);
}

function rowErrors(problem: Record<string, unknown>): RowError[] {
  return records(problem['errors']).map((error) => {
    const category = text(error['category']);
    const context = isRecord(error['context']) ? error['context'] : {};
    const traces = texts(context['objectWriteTraceId']);
    const properties = namedProperties(error);
    const code = embeddedErrors(error)
      .map((one) => text(one['error']))
      .find((one) => one !== undefined);
    return {
      message: clip(text(error['message']) ?? ''),
      ids:
        traces.length > 0
          ? traces
          : unique([...texts(context['ids']), ...texts(context['id']), ...texts(context['fromObjectId'])]),
      ...(category === undefined ? {} : { category }),
      ...(properties.length === 0 ? {} : { properties }),
      ...(code === undefined ? {} : { code }),
    };
  });
}

function parseJson(body: string | undefined): unknown {
  if (!body) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // HTML, or cut off: the status has to do
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (entry): entry is string => typeof entry === 'string' && entry !== '',
  );
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value[0] : value;
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}

function clip(value: string): string {
  return value.length > MAX_MESSAGE ? `${value.slice(0, MAX_MESSAGE)}…` : value;
}
