import { DeliveryRun } from '../../services/outbox/delivery/deliveryRun.js';
import { dryAnswer } from '../../services/outbox/delivery/dryAnswer.js';
import type { OutboxRequest } from '../../services/outbox/delivery/outboxRequest.js';
import { interpret } from '../../services/outbox/interpret.js';
import { portalCapabilities } from '../../domain/outbox/portalCapabilities.js';
import {
  whyNoCustomEvent,
  withFallbacks,
  type CustomEventAccess,
  type Substituted,
} from '../../domain/outbox/customEvents.js';
import type { Effect } from '../../domain/outbox/effects.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import type { WorkspaceSettings } from '../../services/outbox/workspaceSettings.js';

interface Sample {
  readonly id: string;
  readonly portalId: number;
  readonly type: string;
  readonly version: number | null;
  readonly payload: unknown;
  readonly orderingKey: string | null;
  readonly occurredAt: Date | null;
  readonly capturedAt: Date;
}

interface Options {
  readonly registry: Registry;
  readonly settings: Pick<WorkspaceSettings, 'mapping'>;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  readonly batchSize: number;
  /** Full names of the app's own events. */
  readonly appEvents: readonly string[];
  /** What is known of the portals' custom events; of others nothing is. */
  readonly access: ReadonlyMap<number, CustomEventAccess>;
}

/** How many requests to HubSpot these events would make if all went well and nothing were there yet. */
export function callsFor(events: readonly Sample[], options: Options): number {
  return requestsFor(events, options).length;
}

/** Those requests, in the order in which they would be sent. */
export function requestsFor(
  events: readonly Sample[],
  { registry, settings, options, batchSize, appEvents, access }: Options,
): OutboxRequest[] {
  const requests: OutboxRequest[] = [];
  for (const portalId of new Set(events.map((event) => event.portalId))) {
    const planned = events
      .filter((event) => event.portalId === portalId)
      .flatMap((event) => {
        const occurredAt = (event.occurredAt ?? event.capturedAt).toISOString();
        const interpreted = interpret(
          event,
          { eventId: event.id, portalId: String(portalId), occurredAt, ...options },
          registry,
          settings,
        );
        if (!interpreted.ok) return [];
        const { effects } = shownEffects(interpreted.effects, access.get(portalId));
        return [{ id: event.id, orderingKey: event.orderingKey, effects, pending: [...effects.keys()] }];
      });
    const run = new DeliveryRun(planned, portalCapabilities(portalId, { appEvents: new Set(appEvents) }), {
      batchSize,
    });
    for (let round = run.nextRound(); round; round = run.nextRound())
      for (const batch of round)
        for (let next = batch.next(); next; next = batch.next()) {
          requests.push(next.request);
          batch.answer(dryAnswer(next.request));
        }
  }
  return requests;
}

/** The effects as the portal takes them. */
export function shownEffects(effects: readonly Effect[], access: CustomEventAccess | undefined): Substituted {
  return withFallbacks(effects, (name) => access && whyNoCustomEvent(access, name));
}
