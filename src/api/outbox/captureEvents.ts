import { createHash } from 'node:crypto';
import type { Config } from '../../platform/config/config.js';
import { enqueueEvents, type Enqueued, type NewEvent } from '../../db/outbox/enqueue.js';
import type { Pool, Queryable } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inWorkspace, inWorkspaceAlone } from '../../db/tenant.js';
import {
  findAnswered,
  requestHashOf,
  storeAnswered,
  type RequestId,
} from '../../db/workspaces/answeredRequests.js';
import { parseExactJson } from '../../domain/exactJson.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { encodePayload } from '../../sdk/outbox/json.js';
import { destinationWithin } from '../../services/outbox/destination.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import { bodyHash } from '../../services/outbox/bodyHash.js';
import { validateByFreshSettings } from '../../services/outbox/validateEvent.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { PayloadProblem, Registry } from '../../sdk/outbox/registry/registry.js';
import type { WakeDeliveries } from '../../services/outbox/wakeDeliveries.js';
import type { WorkspaceSettingsCache } from '../../services/outbox/workspaceSettings.js';
import { AnsweredBefore, whenFree, type StoredAnswer } from '../http/answerOnce.js';
import { invalidInput } from '../http/input.js';
import { answeredBefore } from '../http/requestOnce.js';

/** The status of an answer that says what became of each event. */
export const CAPTURED = 202;

export interface GivenEvent {
  readonly type: string;
  readonly payload?: unknown;
  readonly key?: string | undefined;
  readonly orderingKey?: string | undefined;
  readonly portalId?: number | undefined;
  readonly occurredAt?: Date | undefined;
  readonly version?: number | undefined;
}

export interface Captured extends Enqueued {
  readonly reason?: string;
}

export interface CaptureDependencies {
  readonly pool: Pool;
  readonly portalResolver: PortalResolver;
  readonly registry: Registry;
  readonly settings: WorkspaceSettingsCache;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly config: Pick<Config, 'HUBSPOT_PORTAL_ID'>;
  readonly wakeDeliveries: WakeDeliveries;
  readonly logger: Logger;
  readonly metrics: Pick<OutboxMetrics, 'captured'>;
}

export interface CaptureRequest {
  readonly workspaceId: string;
  readonly events: readonly GivenEvent[];
  /** What is wrong with a payload is an error, and nothing is captured. */
  readonly strict: boolean;
  /** Of the request as a whole. */
  readonly idempotencyKey: string | undefined;
  /** The body of the answer. What it throws undoes the capture. */
  readonly answerOf: (captured: readonly Captured[]) => object;
  /** Where an event stands in the body, for errors: `events.3.`. */
  readonly pathOf: (n: number) => string;
}

/** Captures events of an application that cannot reach the database. They are committed when this resolves. */
export async function captureEvents(deps: CaptureDependencies, request: CaptureRequest): Promise<Captured[]> {
  const { workspaceId, events, strict, idempotencyKey, pathOf } = request;
  const sinceMs = performance.now();
  const capturedAt = new Date();
  const validated: NewEvent[] = [];
  /** The field of each event to which the reason belongs, if it is invalid, and where in its payload. */
  const blamed: ('payload' | 'portalId' | 'type')[] = [];
  const inPayload: (readonly PayloadProblem[] | undefined)[] = [];
  for (const [n, event] of events.entries()) validated.push(await validate(event, n));
  const once =
    idempotencyKey === undefined
      ? undefined
      : {
          workspaceId,
          requestHash: requestHashOf(workspaceId, idempotencyKey),
          bodyHash: hashOf(events, validated),
        };
  if (strict) await refuseInvalid(validated);

  const answers = once
    ? await whenFree(() =>
        inWorkspaceAlone(deps.pool, workspaceId, once.requestHash, (client) => captureOnce(client, once)),
      )
    : await inWorkspace(deps.pool, workspaceId, (client) => enqueueEvents(client, validated));
  const fresh = validated.filter((_, n) => answers[n]?.status === 'captured');
  const kept = answers.filter(({ status }) => status === 'captured' || status === 'invalid').length;
  deps.metrics.captured(kept, kept - fresh.length);
  crashPoint('outbox.capture.committed');
  // The answer does not wait for Temporal: what is committed is delivered.
  deps.wakeDeliveries(fresh).catch((error: unknown) => {
    deps.logger.warn('Deliveries could not be woken; the relay does it', { error });
  });
  return withReasons(answers);

  function withReasons(all: readonly Enqueued[]): Captured[] {
    return all.map((answer, n) => {
      const reason = validated[n]?.invalid;
      return answer.status === 'invalid' && reason != null ? { ...answer, reason } : answer;
    });
  }

  /**
   * Stores the answer with what it tells of. A request that was answered before is found by that: what was captured of
   * it now, nothing but repeats, is undone. So one that is new costs no statement more than its key.
   */
  async function captureOnce(client: Queryable, id: RequestId): Promise<Enqueued[]> {
    const enqueued = await enqueueEvents(client, validated);
    const text = JSON.stringify(request.answerOf(withReasons(enqueued)));
    const plainAnswer = JSON.stringify({ headers: {}, text } satisfies StoredAnswer);
    if (!(await storeAnswered(client, id, { status: CAPTURED, sealedAnswer: null, plainAnswer })))
      throw await answeredUnder(client, id);
    return enqueued;
  }

  async function validate(event: GivenEvent, n: number): Promise<NewEvent> {
    const { json, problem } = encodePayload(event.payload);
    const portalId = event.portalId ?? deps.config.HUBSPOT_PORTAL_ID;
    const destination = await destinationWithin(workspaceId, portalId, deps.portalResolver);
    if (problem !== undefined) blamed[n] = 'payload';
    else if (destination.problem !== undefined) blamed[n] = 'portalId';
    else blamed[n] = deps.registry.find(event.type, event.version) ? 'payload' : 'type';
    const captured = {
      type: event.type,
      version: event.version ?? null,
      payload: parseExactJson(json),
      orderingKey: event.orderingKey ?? null,
      note: problem ?? null,
      occurredAt: event.occurredAt ?? null,
      capturedAt,
    };
    const { fields, ...verdict } = await validateByFreshSettings(captured, destination, sinceMs, deps);
    inPayload[n] = fields;
    return {
      workspaceId,
      portalId: destination.portalId,
      id: null,
      type: event.type,
      eventKey: event.key ?? (idempotencyKey === undefined ? null : keyWithin(idempotencyKey, n)),
      bodyHash: bodyHash(event.type, json),
      payload: json,
      occurredAt: captured.occurredAt,
      capturedAt: null,
      ...verdict,
    };
  }

  async function refuseInvalid(all: readonly NewEvent[]): Promise<void> {
    const fields = all.flatMap(({ invalid }, n) => {
      if (invalid === null) return [];
      const at = `${pathOf(n)}${blamed[n] ?? 'payload'}`;
      const places = inPayload[n] ?? [{ path: '', message: invalid }];
      return places.map(({ path, message }) => ({ path: path === '' ? at : `${at}.${path}`, message }));
    });
    if (fields.length === 0) return;
    // What is a mapping or a portal now may have been another one when the request came first.
    const before = once && (await answeredBefore(deps, once));
    throw before ?? invalidInput(fields);
  }
}

async function answeredUnder(client: Queryable, id: RequestId): Promise<Error> {
  const answered = await findAnswered(client, id);
  return answered
    ? new AnsweredBefore(id, answered)
    : new AppError('unavailable', 'A request with this Idempotency-Key was just removed; send it again');
}

/** Of a request as a whole. A payload counts as far as it is kept: as it came it may be deeper than can be written. */
function hashOf(events: readonly GivenEvent[], validated: readonly NewEvent[]): Buffer {
  const hash = createHash('sha256');
  for (const [n, { payload: _, ...envelope }] of events.entries())
    hash
      .update(JSON.stringify(envelope))
      .update('\0')
      .update(validated[n]?.payload ?? '')
      .update('\0');
  return hash.digest();
}

const APART = '\u0001';

/**
 * The key of the n-th event of a request, where it has none of its own: kept apart from the keys of events by a
 * character that those cannot have.
 */
export function keyWithin(idempotencyKey: string, n: number): string {
  return `${APART}${idempotencyKey}${APART}${n}`;
}
