import type { ClaimedEvent, OutboxClaim, Unsettled } from '../../db/outbox/claims.js';
import type { OutboxPortal } from '../../db/outbox/portals.js';
import { readInstallations } from '../../db/installation/installations.js';
import type { Queryable } from '../../db/pool.js';
import { readCustomEventAccess } from '../../db/outbox/customEvents.js';
import {
  whyNoCustomEvent,
  withFallbacks,
  type CustomEventAccess,
  type FallbackReason,
} from '../../domain/outbox/customEvents.js';
import { effectKey, type Effect } from '../../domain/outbox/effects.js';
import { readEffectStates } from '../../domain/outbox/effectStates.js';
import { installationOf } from '../../domain/installation/keyAtHubSpot.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import { portalCapabilities, type PortalCapabilities } from '../../domain/outbox/portalCapabilities.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import { DeliveryRun } from '../../services/outbox/delivery/deliveryRun.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { effectIdKey, type KnownIds } from '../../services/outbox/delivery/recordCache.js';
import { interpret, settingsTypeOf } from '../../services/outbox/interpret.js';
import type { WorkspaceSettings } from '../../services/outbox/workspaceSettings.js';
import type { AskHubSpot } from './askHubSpot.js';
import type { DeliveryDependencies } from './deliveryDependencies.js';
import { findLostCreates } from './findLostCreates.js';
import { unsettledEvent } from './unsettledEvent.js';
import { crashPoint } from '../../platform/crashPoint.js';

interface PreparedEvent extends PlannableEvent {
  readonly claimed: ClaimedEvent;
  readonly pending: readonly number[];
  /** What it means whatever the portal takes. */
  readonly declared: readonly Effect[];
  readonly fallbacks: ReadonlyMap<number, FallbackReason>;
}

/** The events of a claim that are sent together, or only run dry. */
export interface PreparedRun {
  readonly run: DeliveryRun;
  readonly live: boolean;
  /** HubSpot's ids of records, which the run adds to. */
  readonly known: KnownIds;
}

export interface PreparedClaim {
  readonly runs: readonly PreparedRun[];
  /** Events that run in the shadow while others are sent. */
  readonly shadows: readonly string[];
  /** Events that cannot be tried now, or never. */
  readonly unsettled: readonly Unsettled[];
  /** Those that can be tried, by their ids. */
  readonly events: ReadonlyMap<string, Pick<PreparedEvent, 'declared' | 'fallbacks'>>;
}

interface Place {
  readonly db: Queryable;
  readonly portal: OutboxPortal;
  readonly ask: AskHubSpot;
}

/**
 * Makes runs of the events of a claim. What cannot be understood is dead; what needs a property that the portal
 * lacks, or a create to be found that an earlier try may have sent, waits, and so do the events that must not
 * overtake it.
 */
export async function prepareClaim(
  deps: DeliveryDependencies,
  place: Place,
  claim: OutboxClaim,
): Promise<PreparedClaim> {
  const { HUBSPOT_SEND_LIVE: live, OUTBOX_BATCH_SIZE: batchSize } = deps.config;
  const known: KnownIds = new Map();
  const { understood, settings, poison } = await understand(deps, place.portal, claim);
  const ranges = await readInstallations(place.db);
  const access = await customEventAccess(place, understood);
  const prepared = understood.map(({ claimed, effects }) => ({
    ...prepareEvent(claimed, effects, { access, again: claim.again }, known),
    installation: installationOf(claimed.eventId, ranges),
  }));
  const shadowed = prepared.filter(
    ({ claimed }) => live && settings.isShadow(settingsTypeOf(claimed.type, claimed.payload)),
  );
  const appEvents = new Set(deps.config.HUBSPOT_APP_EVENTS);
  const dryCapabilities = portalCapabilities(place.portal.portalId, { appEvents });
  const others = prepared.filter((event) => !shadowed.includes(event));
  const { ready, capabilities, unsettled } =
    live && others.length > 0
      ? await makeReady(deps, { ...place, claim }, others, known)
      : { ready: others, capabilities: dryCapabilities, unsettled: [] };
  const shadowKnown: KnownIds = new Map();
  const { foundByAnotherKey } = settings;
  return {
    runs: [
      { run: new DeliveryRun(ready, capabilities, { batchSize, known, foundByAnotherKey }), live, known },
      {
        run: new DeliveryRun(shadowed, dryCapabilities, { batchSize, known: shadowKnown }),
        live: false,
        known: shadowKnown,
      },
    ],
    shadows: shadowed.map(({ id }) => id),
    unsettled: [...poison, ...unsettled],
    events: new Map(prepared.map((event) => [event.id, event])),
  };
}

/** What the portal takes of custom events; it is asked for only where one has a fallback. */
async function customEventAccess(
  { db, portal }: Place,
  understood: readonly Understood[],
): Promise<CustomEventAccess> {
  const open = { scopes: undefined, refused: [] };
  const asks = understood.some(({ effects }) =>
    effects.some((effect) => effect.kind === 'customEvent' && effect.fallback),
  );
  if (!asks) return open;
  return (await readCustomEventAccess(db, [portal.portalId])).get(portal.portalId) ?? open;
}

/** An index takes 2,700 bytes. */
const LONGEST_KEY = 500;

interface Understood {
  readonly claimed: ClaimedEvent;
  readonly effects: readonly Effect[];
}

/** The effects of the events. An event that is not understood is looked at once more by settings that are read now. */
async function understand(
  { settings: cache, registry, options }: DeliveryDependencies,
  { workspaceId, portalId }: OutboxPortal,
  claim: OutboxClaim,
): Promise<{ understood: Understood[]; settings: WorkspaceSettings; poison: Unsettled[] }> {
  const beganMs = performance.now();
  let settings = await cache.of(workspaceId);
  const understood: Understood[] = [];
  const poison: Unsettled[] = [];
  for (const event of claim.events) {
    // From before it was bounded: it could not be set aside behind its key, nor others behind it.
    if ((event.orderingKey?.length ?? 0) > LONGEST_KEY) {
      const error = 'Its ordering key is too long to keep its order: capture it anew with a shorter one';
      poison.push({ id: event.eventId, to: 'dead', class: 'poison', error });
      continue;
    }
    const context: EventContext = {
      eventId: event.eventId,
      portalId: String(portalId),
      occurredAt: (event.occurredAt ?? event.capturedAt).toISOString(),
      ...options,
    };
    let interpreted = interpret(event, context, registry, settings);
    if (!interpreted.ok) {
      // Its mapping may have been made a moment ago, by another process.
      settings = await cache.of(workspaceId, beganMs);
      interpreted = interpret(event, context, registry, settings);
    }
    if (interpreted.ok) understood.push({ claimed: event, effects: interpreted.effects });
    else poison.push({ id: event.eventId, to: 'dead', class: 'poison', error: interpreted.reason });
  }
  return { understood, settings, poison };
}

/**
 * Leaves out what was done by an earlier try, and remembers what it made. What an earlier try was to deliver by a
 * fallback is delivered by it: its answer may be lost. A custom event that an earlier try may have sent is sent again,
 * which HubSpot takes once.
 */
function prepareEvent(
  claimed: ClaimedEvent,
  declared: readonly Effect[],
  { access, again }: { readonly access: CustomEventAccess; readonly again: boolean },
  known: KnownIds,
): PreparedEvent {
  const { eventId: id, orderingKey } = claimed;
  const states = readEffectStates(claimed.effects);
  const { effects, fallbacks } = withFallbacks(
    declared,
    (name, n) =>
      states[n]?.fallback ?? (again || states[n]?.perhapsTaken ? undefined : whyNoCustomEvent(access, name)),
  );
  const pending = [...effects.keys()].filter((n) => {
    const before = states[n];
    if (before?.state !== 'done') return true;
    if (before.objectId !== undefined) known.set(effectIdKey(effectKey(id, n)), before.objectId);
    return false;
  });
  return { claimed, id, orderingKey, effects, pending, declared, fallbacks };
}

interface Ready {
  readonly ready: readonly PreparedEvent[];
  readonly capabilities: PortalCapabilities;
  readonly unsettled: readonly Unsettled[];
}

/**
 * The events that can be sent now. The portal gets the properties that they need; creates that an earlier try may
 * have sent are looked for.
 */
async function makeReady(
  deps: DeliveryDependencies,
  { db, portal, ask, claim }: Place & { readonly claim: OutboxClaim },
  events: readonly PreparedEvent[],
  known: KnownIds,
): Promise<Ready> {
  const { capabilities, missing } = await deps.portalSetUp.equip(portal, events);
  const policy = { maxAttempts: deps.config.OUTBOX_MAX_ATTEMPTS, random: Math.random };
  const unsettledBy = (failures: ReadonlyMap<string, Failure>) => (each: PreparedEvent) => {
    const failure = failures.get(each.id);
    const effects = readEffectStates(each.claimed.effects);
    return failure
      ? [unsettledEvent(each.claimed, { failure, n: each.pending[0] ?? 0, effects }, policy)]
      : [];
  };
  crashPoint('outbox.setup.equipped');
  const equipped = split(events, events.flatMap(unsettledBy(missing)));
  const { found, waiting, failed } = await findLostCreates(
    { db, claim, portalId: portal.portalId, capabilities, ask: (request) => ask(request, { live: true }) },
    equipped.ready,
  );
  // The record is there: what may be left of the effect are its associations, which the run makes.
  for (const [key, objectId] of found) known.set(effectIdKey(key), objectId);
  const unseen = equipped.ready.flatMap(unsettledBy(failed));
  const { ready, unsettled } = split(equipped.ready, [...waiting, ...unseen]);
  return { ready, capabilities, unsettled: [...equipped.unsettled, ...unsettled] };
}

/**
 * Takes out the events that `unsettled` books; an event that must not overtake one of them that is tried again goes
 * back.
 */
function split(
  events: readonly PreparedEvent[],
  unsettled: readonly Unsettled[],
): { ready: readonly PreparedEvent[]; unsettled: readonly Unsettled[] } {
  const out = new Set(unsettled.map(({ id }) => id));
  const again = new Set(unsettled.flatMap(({ id, to }) => (to === 'dead' ? [] : [id])));
  const blocked = new Set(events.flatMap(({ id, orderingKey }) => (again.has(id) ? [orderingKey] : [])));
  const back = events.filter(
    ({ id, orderingKey }) => !out.has(id) && orderingKey !== null && blocked.has(orderingKey),
  );
  return {
    ready: events.filter((event) => !out.has(event.id) && !back.includes(event)),
    unsettled: [...unsettled, ...back.map(({ id }): Unsettled => ({ id, to: 'back' }))],
  };
}
