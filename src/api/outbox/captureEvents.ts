import { createHash } from 'node:crypto';
import type { Config } from '../../platform/config/config.js';
import { enqueueEvents, takeRequestKey, type Enqueued, type NewEvent } from '../../db/outbox/enqueue.js';
import type { Pool } from '../../db/pool.js';
import type { PortalResolver } from '../../db/portals/portalResolver.js';
import { inWorkspace } from '../../db/tenant.js';
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
import { invalidInput } from '../http/input.js';

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

interface Request {
  readonly workspaceId: string;
  readonly events: readonly GivenEvent[];
  /** What is wrong with a payload is an error, and nothing is captured. */
  readonly strict: boolean;
  /** Of the request as a whole. */
  readonly idempotencyKey: string | undefined;
  /** Where an event stands in the body, for errors: `events.3.`. */
  readonly pathOf: (n: number) => string;
}

/** Captures events of an application that cannot reach the database. They are committed when this resolves. */
export async function captureEvents(deps: CaptureDependencies, request: Request): Promise<Captured[]> {
  const { workspaceId, events, strict, idempotencyKey, pathOf } = request;
  const sinceMs = performance.now();
  const capturedAt = new Date();
  const validated: NewEvent[] = [];
  /** The field of each event to which the reason belongs, if it is invalid, and where in its payload. */
  const blamed: ('payload' | 'portalId' | 'type')[] = [];
  const inPayload: (readonly PayloadProblem[] | undefined)[] = [];
  for (const [n, event] of events.entries()) validated.push(await validate(event, n));
  if (strict) refuseInvalid(validated);

  const answers = await inWorkspace(deps.pool, workspaceId, async (client) => {
    if (idempotencyKey !== undefined) {
      const hash = hashOf(events, validated);
      if (!(await takeRequestKey(client, workspaceId, requestKey(idempotencyKey), hash)))
        throw new AppError(
          'idempotency_conflict',
          'This Idempotency-Key came with another body before: nothing was captured. Send a new key with new content',
        );
    }
    return enqueueEvents(client, validated);
  });
  const fresh = validated.filter((_, n) => answers[n]?.status === 'captured');
  const kept = answers.filter(({ status }) => status === 'captured' || status === 'invalid').length;
  deps.metrics.captured(kept, kept - fresh.length);
  crashPoint('outbox.capture.committed');
  // The answer does not wait for Temporal: what is committed is delivered.
  deps.wakeDeliveries(fresh).catch((error: unknown) => {
    deps.logger.warn('Deliveries could not be woken; the relay does it', { error });
  });
  return answers.map((answer, n) => {
    const reason = validated[n]?.invalid;
    return answer.status === 'invalid' && reason != null ? { ...answer, reason } : answer;
  });

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

  function refuseInvalid(all: readonly NewEvent[]): void {
    const fields = all.flatMap(({ invalid }, n) => {
      if (invalid === null) return [];
      const at = `${pathOf(n)}${blamed[n] ?? 'payload'}`;
      const places = inPayload[n] ?? [{ path: '', message: invalid }];
      return places.map(({ path, message }) => ({ path: path === '' ? at : `${at}.${path}`, message }));
    });
    if (fields.length > 0) throw invalidInput(fields);
  }
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

/** The key of the n-th event of a request, where it has none of its own. */
export function keyWithin(idempotencyKey: string, n: number): string {
  return `${requestKey(idempotencyKey)}${APART}${n}`;
}

/** Kept apart from the keys of events by a character that those cannot have. */
function requestKey(key: string): string {
  return `${APART}${key}`;
}
