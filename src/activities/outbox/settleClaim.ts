import {
  settleAndClaim,
  settleEvents,
  type ClaimRequest,
  type OutboxClaim,
  type Unsettled,
} from '../../db/outbox/claims.js';
import { countDelivery, type OutboxPortal } from '../../db/outbox/portals.js';
import { readEffectStates, type EffectState, type EffectStates } from '../../domain/outbox/effectStates.js';
import type { EventReport } from '../../services/outbox/delivery/deliveryRun.js';
import type { EffectResult } from '../../services/outbox/delivery/batchState.js';
import type { DeliveryDependencies } from './deliveryDependencies.js';
import type { PreparedClaim } from './prepareClaim.js';
import { unsettledEvent } from './unsettledEvent.js';
import { noteRefusedEvents } from '../../db/outbox/customEvents.js';
import { forWorkspace } from '../../db/tenant.js';
import {
  fallbackOf,
  reasonOfRefusal,
  refusedName,
  type FallbackReason,
} from '../../domain/outbox/customEvents.js';
import type { Effect } from '../../domain/outbox/effects.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { crashPoint } from '../../platform/crashPoint.js';

/** What a delivery came to, in events. */
export interface Delivered {
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  readonly untouched: number;
  /** Somebody has taken the claim over: nothing was booked. */
  readonly lost?: boolean;
  /** The portal's access is refused: there is no use in going on now. */
  readonly refused: boolean;
  /** What was claimed with the settlement. */
  readonly next?: OutboxClaim;
}

const SAYS_NOTHING_OF_THE_EVENT = new Set(['transient', 'unclear', 'unknown', 'locked']);

const SAYS_SOMETHING = new Set(['permanent', 'conflict']);

/**
 * Books what became of each event of a claim. Where all went well, the claim that `nextRequest` asks for is taken in
 * the same statement.
 */
export async function settleClaim(
  deps: DeliveryDependencies,
  portal: OutboxPortal,
  claim: OutboxClaim,
  prepared: PreparedClaim,
  nextRequest: () => Promise<ClaimRequest> | undefined,
): Promise<Delivered> {
  const { done, doneEffects, unsettled, fallbacks, refused } = settlementOf(deps, portal, claim, prepared);
  const mode = deps.config.HUBSPOT_SEND_LIVE ? 'live' : 'dry';
  const booked = { mode, shadows: prepared.shadows, done, doneEffects, others: unsettled } as const;
  const settlement = { ...portal, ...claim, ...booked };
  // After failures the portal's circuit is to be looked at first.
  const request = unsettled.length === 0 ? await nextRequest() : undefined;
  const { settled, next } = request
    ? await settleAndClaim(deps.pool, settlement, request)
    : { settled: await settleEvents(deps.pool, settlement), next: undefined };
  crashPoint('outbox.settle.settled');
  if (settled) {
    deps.metrics.fellBack(fallbacks);
    if (refused.size > 0) await noteRefused(deps, portal, [...refused]);
    await countOutcome(deps, portal, claim, done.length, unsettled);
  }
  const count = (to: Unsettled['to']) => unsettled.filter((one) => one.to === to).length;
  return {
    done: settled ? done.length : 0,
    retried: count('retry') + count('paused'),
    dead: count('dead'),
    untouched: count('back'),
    refused: unsettled.some(({ class: errorClass }) => errorClass === 'auth'),
    ...(settled ? {} : { lost: true }),
    ...(next && { next }),
  };
}

interface Settlement {
  readonly done: readonly string[];
  /** States of the effects of events with several. */
  readonly doneEffects: Readonly<Record<string, EffectStates>>;
  readonly unsettled: readonly Unsettled[];
  /** Of those that are done: custom events that were delivered by their fallback. */
  readonly fallbacks: readonly FallbackReason[];
  /** Names of custom events that HubSpot has refused; `*`: any. */
  readonly refused: ReadonlySet<string>;
}

function settlementOf(
  deps: DeliveryDependencies,
  portal: OutboxPortal,
  claim: OutboxClaim,
  prepared: PreparedClaim,
): Settlement {
  const done: string[] = [];
  const doneEffects: Record<string, EffectStates> = {};
  const unsettled = [...prepared.unsettled];
  const fellBack: FallbackReason[] = [];
  const refused = new Set<string>();
  const reports = prepared.runs.flatMap(({ run }) => run.reports());
  const getsThrough = ({ outcome }: EventReport) =>
    outcome.state === 'done' || (outcome.state === 'failed' && SAYS_SOMETHING.has(outcome.failure.class));
  const policy = {
    ...{ maxAttempts: deps.config.OUTBOX_MAX_ATTEMPTS, random: Math.random },
    standsStill: claim.failing && !reports.some(getsThrough),
  };
  for (const { eventId, outcome, effects: results } of reports) {
    const claimed = claim.events.find((event) => event.eventId === eventId);
    const { declared = [], fallbacks = new Map() } = prepared.events.get(eventId) ?? {};
    const effects = statesOf(claimed?.effects, results, fallbacks);
    if (outcome.state === 'done') {
      done.push(eventId);
      fellBack.push(...fallbacks.values());
      if (Object.keys(effects).length > 1 || fallbacks.size > 0) doneEffects[eventId] = effects;
    } else if (outcome.state === 'untouched') unsettled.push({ id: eventId, to: 'back' });
    else {
      const { failure, n } = outcome;
      if (failure.code === 'PROPERTY_DOESNT_EXIST') deps.portalSetUp.forget(portal);
      const reason = fallbacks.has(n) ? undefined : fallbackAfter(failure, declared, n);
      const name = reason && refusedName(reason.why, reason.name);
      if (name !== undefined) refused.add(name);
      // What HubSpot may have taken before is not delivered otherwise beside it.
      if (reason && !effects[n]?.perhapsTaken) {
        unsettled.push(byFallback(eventId, { failure, n, effects, why: reason.why }));
        continue;
      }
      unsettled.push(
        unsettledEvent(claimed ?? { eventId, attempts: 0, effects: null }, { failure, n, effects }, policy),
      );
    }
  }
  return { done, doneEffects, unsettled, fallbacks: fellBack, refused };
}

/** Whether the fallback is to be delivered after HubSpot's refusal of a custom event, and why. */
function fallbackAfter(
  failure: Failure,
  declared: readonly Effect[],
  n: number,
): { name: string; why: FallbackReason } | undefined {
  const effect = declared[n];
  if (effect?.kind !== 'customEvent' || !fallbackOf(effect, declared)) return undefined;
  const why = reasonOfRefusal(failure);
  return why && { name: effect.name, why };
}

/** At once, and without a try: that HubSpot takes no custom events is not the event's doing. */
function byFallback(
  id: string,
  { failure, n, effects, why }: { failure: Failure; n: number; effects: EffectStates; why: FallbackReason },
): Unsettled {
  const state: EffectState = { state: 'failed', class: failure.class, fallback: why };
  return {
    ...{ id, to: 'paused', inMs: 0, class: failure.class },
    error: `${failure.message}. Its fallback is delivered instead`,
    effects: { ...effects, [n]: state },
  };
}

async function noteRefused(
  { pool, logger }: DeliveryDependencies,
  { portalId, workspaceId }: OutboxPortal,
  names: readonly string[],
): Promise<void> {
  await noteRefusedEvents(forWorkspace(pool, workspaceId), portalId, names);
  crashPoint('outbox.settle.refusal-noted');
  logger.warn('HubSpot takes no custom events of a portal: their fallbacks are delivered', {
    portalId,
    names,
  });
}

function statesOf(
  before: unknown,
  results: ReadonlyMap<number, EffectResult>,
  fallbacks: ReadonlyMap<number, FallbackReason>,
): EffectStates {
  const states: Record<string, EffectState> = { ...readEffectStates(before) };
  for (const [n, result] of results) {
    const why = fallbacks.get(n);
    const fallback = why === undefined ? {} : { fallback: why };
    const before = states[n]?.perhapsTaken;
    if (result.state === 'done') {
      const { objectId } = result;
      states[n] = { state: 'done', ...(objectId !== undefined && { objectId }), ...fallback };
    } else if (result.state === 'failed') {
      const { class: errorClass, customEvent } = result.failure;
      const perhapsTaken = (before ?? customEvent === 'perhapsTaken') && ({ perhapsTaken: true } as const);
      states[n] = { state: 'failed', class: errorClass, ...fallback, ...perhapsTaken };
    }
  }
  return states;
}

/**
 * Counts what was settled, for metrics and for the circuit of the portal. A claim of which nothing got through is a
 * failure of the portal, unless HubSpot answered it.
 */
async function countOutcome(
  { pool, config, metrics, logger }: DeliveryDependencies,
  portal: OutboxPortal,
  claim: OutboxClaim,
  done: number,
  unsettled: readonly Unsettled[],
): Promise<void> {
  metrics.settled(done, unsettled);
  const answered =
    done > 0 || unsettled.some(({ class: errorClass }) => SAYS_SOMETHING.has(errorClass ?? ''));
  const away = unsettled.some(({ class: errorClass }) => SAYS_NOTHING_OF_THE_EVENT.has(errorClass ?? ''));
  if (answered ? !claim.failing : !away) return;
  const share = await countDelivery(pool, portal, {
    ok: answered,
    maxFailures: config.OUTBOX_CIRCUIT_FAILURES,
    coolDownMs: config.OUTBOX_CIRCUIT_COOL_DOWN_MS,
  });
  crashPoint('outbox.settle.counted');
  if (share === 0) return;
  metrics.circuit(share);
  const { portalId } = portal;
  if (share < 0) logger.info('The outbox of a portal has recovered', { portalId });
  else
    logger.warn(
      share === 100
        ? 'The outbox of a portal stops for a while: deliveries fail, one after the other'
        : 'Deliveries of a portal fail, one after the other',
      { portalId, share },
    );
}
