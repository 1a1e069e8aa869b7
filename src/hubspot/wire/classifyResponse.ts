import { portalDay } from '../../domain/hubspot/portalDay.js';
import { headerOf, retryAfterMs, type AnswerHeaders } from './headers.js';
import { isRecord, parseJson, records, text, texts, unique } from './json.js';
import type { HubSpotPolicy, Outcome, RowError } from './outcomes.js';

/*
 * What an answer means is decided by its status, then by its category, and never by its message. Bodies may be HTML,
 * cut off or missing (docs/hubspot.md#errors-and-status-codes), so nothing here throws.
 */

export interface Clock {
  nowMs: number;
  /** The portal's time zone: its day is what a daily limit counts. */
  timeZone: string;
}

const SECOND = 1000;
/** The longest that HubSpot asks for. */
const DAY = 86_400 * SECOND;
const MAX_MESSAGE = 500;
const MIN_LOCKED_MS = 2 * SECOND;
const MIGRATING_DEFAULT_MS = 60 * SECOND;
const ROLLING_MS = 10 * SECOND;
const SECONDLY_MS = 1500;
const OTHER_POLICY_MS = 10 * SECOND;

/**
 * Classifies an answer. `body` is undefined when it was cut off: then the status alone decides, and a 2xx that should
 * have had a body is unknown.
 */
export function classifyResponse(
  status: number,
  headers: AnswerHeaders,
  body: string | undefined,
  clock: Clock,
): Outcome {
  const parsed = parseJson(body);
  const problem = isRecord(parsed) ? parsed : {};
  const correlationId = text(problem['correlationId']) ?? text(headerOf(headers, 'x-hubspot-correlation-id'));
  const base = { status, ...(correlationId === undefined ? {} : { correlationId }) };
  const category = text(problem['category']);
  const message = clip(text(problem['message']) ?? `HubSpot answered ${status}`);
  const refusal = { ...base, message, ...(category === undefined ? {} : { category }) };
  const waitMs = retryAfterMs(headers, { nowMs: clock.nowMs, maxMs: DAY });

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
        retryAfterMs: Math.max(MIN_LOCKED_MS, waitMs ?? 0),
      };
    case 429: {
      const policy = policyOf(problem);
      return {
        kind: 'throttled',
        ...base,
        status,
        policy,
        message,
        retryAfterMs: waitMs ?? policyWait(policy, clock),
      };
    }
    case 477:
      return { kind: 'migrating', ...base, retryAfterMs: waitMs ?? MIGRATING_DEFAULT_MS };
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
  return {
    kind: 'unavailable',
    ...base,
    reason: 'server',
    message,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    // 521, 523, 525 and 526: Cloudflare never reached HubSpot. How far other requests came nobody can say.
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

function missingScopes(problem: Record<string, unknown>): string[] {
  const contexts = [problem, ...records(problem['errors'])].map((entry) => entry['context']).filter(isRecord);
  return unique(
    contexts.flatMap((context) => [
      ...texts(context['missingScopes']),
      ...texts(context['requiredGranularScopes']),
    ]),
  );
}

/**
 * Names of the properties that HubSpot objects to: in `errors`, or as JSON inside the message of a VALIDATION_ERROR.
 */
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

function clip(value: string): string {
  return value.length > MAX_MESSAGE ? `${value.slice(0, MAX_MESSAGE)}…` : value;
}
