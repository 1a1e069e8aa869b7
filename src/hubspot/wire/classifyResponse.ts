import { portalDay } from '../../domain/hubspot/portalDay.js';
import { headerOf, type AnswerHeaders } from './headers.js';
import { askedWait, waitAfter, type Bounds } from './hints.js';
import { clip, isRecord, parseJson, records, text, texts, unique } from './json.js';
import type { HubSpotPolicy, Outcome, ThrottlePolicy } from './outcomes.js';
import { refusesRequest } from './refusals.js';
import { embeddedErrors, existingIdIn, namedProperties, rowErrors } from './rowErrors.js';

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
/** How long each limit may keep us waiting: only those of a day for hours. */
const ROLLING: Bounds = { ms: 10 * SECOND, minMs: 10 * SECOND, maxMs: 40 * SECOND };
const SECONDLY: Bounds = { ms: 1500, minMs: 1500, maxMs: 5 * SECOND };
const OTHER_POLICY: Bounds = { ms: 10 * SECOND, minMs: 10 * SECOND, maxMs: 300 * SECOND };
const LOCKED: Bounds = { ms: 2 * SECOND, minMs: 2 * SECOND, maxMs: 60 * SECOND };
const LOCKED_AGAIN_MS = 30 * SECOND;
/** Where its header asks for less than the rest of the day. */
const DAILY_AGAIN_MS = 900 * SECOND;
const MIGRATING: Bounds = { ms: 60 * SECOND, minMs: 10 * SECOND, maxMs: DAY };
const MAX_UNAVAILABLE_MS = 900 * SECOND;

/**
 * Classifies an answer. `body` is undefined when it was cut off: a 2xx that should have had one is unknown. A refusal
 * that is not HubSpot's (a page, an empty body, JSON of somebody before it) or that is not understood is none.
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
  const wait = (bounds: Bounds): number => waitAfter(headers, bounds, clock.nowMs);

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
    const errors = rowErrors(problem);
    return status === 207 || errors.length > 0
      ? { kind: 'partial', ...base, body: parsed, errors }
      : { kind: 'ok', ...base, body: parsed, ...answeredAt(headers) };
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
    case 408:
    case 425:
      return { kind: 'unavailable', ...base, reason: 'server', message, effect: 'none' };
    case 423:
      return { kind: 'locked', ...base, retryAfterMs: wait(LOCKED) };
    case 429: {
      const policy = policyOf(problem);
      return {
        kind: 'throttled',
        ...base,
        status,
        policy,
        message,
        retryAfterMs: wait(boundsOf(policy, clock)),
      };
    }
    case 477:
      return { kind: 'migrating', ...base, retryAfterMs: wait(MIGRATING) };
  }
  // How far a request came that somebody else has answered nobody can say.
  const waits = { kind: 'unavailable', ...base, message, effect: 'possible' } as const;
  const isHubSpots = isProblem(problem, headers);
  if (status < 500 && !isHubSpots) return { ...waits, reason: 'foreign' };
  switch (status) {
    case 401:
      return { kind: 'unauthorized', ...refusal };
    case 403:
      return { kind: 'forbidden', ...refusal, missingScopes: missingScopes(problem) };
    case 404:
    case 410:
      return { kind: 'notFound', ...refusal };
  }
  if (status < 500 && !refusesRequest(status)) return { ...waits, reason: 'unclear' };
  if (status < 500) {
    const properties = namedProperties(problem);
    const code = firstError(problem, 'code') ?? embeddedErrors(problem)[0]?.code;
    const existingId = existingIdIn(text(problem['message']));
    return {
      kind: 'invalid',
      ...refusal,
      body: parsed,
      properties,
      ...(properties[0] === undefined ? {} : { property: properties[0] }),
      ...(code === undefined ? {} : { code }),
      ...(existingId === undefined ? {} : { existingId }),
    };
  }
  const waitMs = askedWait(headers, { nowMs: clock.nowMs, maxMs: MAX_UNAVAILABLE_MS });
  return {
    kind: 'unavailable',
    ...base,
    reason: isHubSpots ? 'server' : 'foreign',
    message,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    // 521, 523, 525 and 526: Cloudflare never reached HubSpot. How far other requests came nobody can say.
    effect: [503, 521, 523, 525, 526].includes(status) ? 'none' : 'possible',
  };
}

/** Whether an error is HubSpot's word. Each of its fields is optional; its correlation id stands in a header, too. */
function isProblem(problem: Record<string, unknown>, headers: AnswerHeaders): boolean {
  const says = ['category', 'correlationId', 'errorType', 'policyName'].some(
    (field) => text(problem[field]) !== undefined,
  );
  if (says || problem['status'] === 'error') return true;
  return Object.keys(problem).length > 0 && headerOf(headers, 'x-hubspot-correlation-id') !== undefined;
}

function answeredAt(headers: AnswerHeaders): { answeredAtMs?: number } {
  const at = Date.parse(headerOf(headers, 'date') ?? '');
  return Number.isNaN(at) ? {} : { answeredAtMs: at };
}

function policyOf(problem: Record<string, unknown>): HubSpotPolicy {
  const name = text(problem['policyName']);
  return name === 'TEN_SECONDLY_ROLLING' || name === 'SECONDLY' || name === 'DAILY' ? name : 'other';
}

function boundsOf(policy: HubSpotPolicy, clock: Clock): Bounds {
  switch (policy) {
    case 'TEN_SECONDLY_ROLLING':
      return ROLLING;
    case 'SECONDLY':
      return SECONDLY;
    case 'DAILY': {
      const { leftMs } = portalDay(clock.nowMs, clock.timeZone);
      return { ms: leftMs, minMs: Math.min(leftMs, 10 * SECOND), maxMs: leftMs };
    }
    case 'other':
      return OTHER_POLICY;
  }
}

/** To what the wait after a refusal may grow when it comes again and again. */
export function longestWaitMs(policy: ThrottlePolicy | 'locked'): number {
  switch (policy) {
    case 'TEN_SECONDLY_ROLLING':
      return ROLLING.maxMs;
    case 'SECONDLY':
      return SECONDLY.maxMs;
    case 'locked':
      return LOCKED_AGAIN_MS;
    case 'other':
      return OTHER_POLICY.maxMs;
    case 'DAILY':
      return DAILY_AGAIN_MS;
    case 'error_share':
      return 0; // it names its end
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

function firstError(problem: Record<string, unknown>, field: string): string | undefined {
  return records(problem['errors'])
    .map((error) => text(error[field]))
    .find((value) => value !== undefined);
}
