import type { Config } from '../../platform/config/config.js';
import {
  renewClaim,
  settleAndClaim,
  settleEvents,
  type ClaimRequest,
  type ClaimedEvent,
  type OutboxClaim,
  type Unsettled,
} from '../../db/outbox/claims.js';
import { intendCreates, resolveCreates, type CreateOutcome } from '../../db/outbox/ledger.js';
import { countDelivery, type OutboxPortal } from '../../db/outbox/portals.js';
import type { Pool } from '../../db/pool.js';
import { forWorkspace } from '../../db/tenant.js';
import { effectKey, type Effect } from '../../domain/outbox/effects.js';
import type { PortalTraits } from '../../domain/outbox/operations.js';
import type { PlannableEvent } from '../../domain/outbox/plan.js';
import { decide } from '../../domain/outbox/retry.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import type { Outcome } from '../../hubspot/wire/outcomes.js';
import type { ApiVersions } from '../../hubspot/wire/paths.js';
import type { Logger } from '../../platform/logger.js';
import type { Ask, BatchRun } from '../../services/outbox/delivery/batchRun.js';
import type { EffectResult } from '../../services/outbox/delivery/batchState.js';
import { DeliveryRun, type EventReport } from '../../services/outbox/delivery/deliveryRun.js';
import { describeRequest } from './describeRequest.js';
import { dryAnswer } from '../../services/outbox/delivery/dryAnswer.js';
import type { KnownIds } from '../../services/outbox/delivery/recordCache.js';
import type { Failure } from '../../services/outbox/delivery/failure.js';
import { interpret, settingsTypeOf } from '../../services/outbox/interpret.js';
import type { EventContext } from '../../sdk/outbox/registry/eventType.js';
import type { OutboxMetrics } from '../../services/outbox/instruments.js';
import type { Registry } from '../../sdk/outbox/registry/registry.js';
import { portalTraits } from '../../services/outbox/portalTraits.js';
import type { OutboxSettings } from '../../services/outbox/workspaceSettings.js';
import { findLostCreates } from './findLostCreates.js';
import type { createPortalSetUp } from './portalSetUp.js';
import type { PortalProperties } from './portalProperties.js';

export interface DelivererDependencies {
  readonly pool: Pool;
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly versions: ApiVersions;
  readonly config: Pick<
    Config,
    | 'HUBSPOT_SEND_LIVE'
    | 'OUTBOX_BATCH_SIZE'
    | 'OUTBOX_MAX_ATTEMPTS'
    | 'OUTBOX_CIRCUIT_FAILURES'
    | 'OUTBOX_CIRCUIT_COOL_DOWN_MS'
    | 'HUBSPOT_APP_EVENTS'
  >;
  readonly settings: Pick<OutboxSettings, 'of'>;
  readonly options: Pick<EventContext, 'contactKeyProperty'>;
  /** Called only with events that are sent. */
  readonly setUp: ReturnType<typeof createPortalSetUp>;
  readonly properties: Pick<PortalProperties, 'forget'>;
  /** Called before each request: the pace that is asked for on top of the gateway's. */
  readonly pace: () => Promise<void>;
  readonly logger: Logger;
  readonly metrics: OutboxMetrics;
  readonly leaseMs: number;
}

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

const SAYS_NOTHING_OF_THE_EVENT = new Set(['transient', 'unknown', 'locked']);
const PAUSED_MS = 60_000;
const DEADLINE_MS = 60_000;

interface Prepared extends PlannableEvent {
  readonly claimed: ClaimedEvent;
  readonly pending: readonly number[];
}

/**
 * Delivers the events of one claim and books what became of each. Whatever happens to this process, the next holder can go on. Where all went
 * well, the claim that `wanted` then asks for is taken in the same breath.
 */
export async function deliverClaim(
  deps: DelivererDependencies,
  portal: OutboxPortal,
  claim: OutboxClaim,
  wanted: () => ClaimRequest | undefined = () => undefined,
): Promise<Delivered> {
  const { pool, logger } = deps;
  const db = forWorkspace(pool, portal.workspaceId);
  const beganMs = performance.now();
  let settings = await deps.settings.of(portal.workspaceId);
  const known: KnownIds = new Map();
  const others: Unsettled[] = [];
  const prepared: Prepared[] = [];
  let refused = false;
  for (const event of claim.events) {
    let meant = interpret(event, contextOf(event), deps.registry, settings);
    if (!meant.ok) {
      // Its mapping may have been made a moment ago, by another process.
      settings = await deps.settings.of(portal.workspaceId, beganMs);
      meant = interpret(event, contextOf(event), deps.registry, settings);
    }
    if (meant.ok) prepared.push(prepare(event, meant.effects));
    else others.push({ id: event.eventId, to: 'dead', class: 'poison', error: meant.reason });
  }
  const { HUBSPOT_SEND_LIVE: live, OUTBOX_BATCH_SIZE: batchSize } = deps.config;
  const shadowed = prepared.filter(
    ({ claimed }) => live && settings.isShadow(settingsTypeOf(claimed.type, claimed.payload)),
  );
  const dryTraits = portalTraits(portal.portalId, { appEvents: new Set(deps.config.HUBSPOT_APP_EVENTS) });
  const { ready, traits } = await makeReady(prepared.filter((event) => !shadowed.includes(event)));
  const runs = [
    { run: new DeliveryRun(ready, traits, { batchSize, known }), live },
    { run: new DeliveryRun(shadowed, dryTraits, { batchSize, known: new Map() }), live: false },
  ];
  let lost = false;
  const renewing = setInterval(() => {
    void renewClaim(db, { ...claim, leaseMs: deps.leaseMs })
      .then((ours) => void (lost ||= !ours))
      .catch((error: unknown) => logger.warn('A claim of the outbox could not be renewed', { error }));
  }, deps.leaseMs / 3);
  try {
    for (const { run, live: sends } of runs)
      for (let round = run.nextRound(); round && !lost; round = run.nextRound())
        await Promise.all(round.map((batch) => sendBatch(batch, sends)));
  } finally {
    clearInterval(renewing);
  }
  return settle(runs.flatMap(({ run }) => run.reports()));

  function contextOf(event: ClaimedEvent): EventContext {
    return {
      eventId: event.eventId,
      portalId: String(portal.portalId),
      occurredAt: (event.occurredAt ?? event.capturedAt).toISOString(),
      ...deps.options,
    };
  }

  /** Leaves out what was done by an earlier try, and remembers what it made. */
  function prepare(claimed: ClaimedEvent, effects: readonly Effect[]): Prepared {
    const states = (claimed.effects ?? {}) as Record<string, { state?: string; objectId?: string }>;
    const pending = [...effects.keys()].filter((n) => {
      const before = states[String(n)];
      if (before?.state !== 'done') return true;
      if (before.objectId !== undefined) known.set(knownKey(effectKey(claimed.eventId, n)), before.objectId);
      return false;
    });
    return { claimed, id: claimed.eventId, orderingKey: claimed.orderingKey, effects, pending };
  }

  /** Those that can be sent now. The portal gets the properties that they need; creates that an earlier try may have sent are looked for. */
  async function makeReady(
    events: readonly Prepared[],
  ): Promise<{ ready: readonly Prepared[]; traits: PortalTraits }> {
    if (!live || events.length === 0) return { ready: events, traits: dryTraits };
    const { traits, lacking } = await deps.setUp(portal, events);
    const failures = events.flatMap(({ id, claimed }) => {
      const failure = lacking.get(id);
      return failure ? [fail(claimed, failure, statesOf(claimed.effects, new Map()))] : [];
    });
    const equipped = without(events, failures);
    const lookingAt = {
      db,
      portalId: portal.portalId,
      traits,
      ask: (request: Ask['request']) => ask(request, true),
    };
    const { found, waiting } = await findLostCreates(lookingAt, equipped);
    // The record is there: what may be left of the effect are its associations, which the run makes.
    for (const [key, objectId] of found) known.set(knownKey(key), objectId);
    return { ready: without(equipped, waiting), traits };
  }

  /** Books these as said, and hands back what must not overtake one of them that is tried again. */
  function without(events: readonly Prepared[], booked: readonly Unsettled[]): readonly Prepared[] {
    others.push(...booked);
    const out = new Set(booked.map(({ id }) => id));
    const again = new Set(booked.flatMap(({ id, to }) => (to === 'dead' ? [] : [id])));
    const blocked = new Set(events.flatMap(({ id, orderingKey }) => (again.has(id) ? [orderingKey] : [])));
    for (const { id, orderingKey } of events) {
      if (out.has(id) || orderingKey === null || !blocked.has(orderingKey)) continue;
      out.add(id);
      others.push({ id, to: 'back' });
    }
    return events.filter(({ id }) => !out.has(id));
  }

  async function sendBatch(batch: BatchRun, sends: boolean): Promise<void> {
    for (let next = batch.next(); next; next = batch.next()) {
      if (lost) return;
      if (next.unrepeatable.length > 0 && sends) await intend(next);
      batch.answer(await ask(next.request, sends));
      if (next.unrepeatable.length > 0 && sends)
        await resolveCreates(
          db,
          next.unrepeatable.flatMap((key) =>
            createOutcome(key, known.get(knownKey(key)), batch.results.get(key)),
          ),
        );
    }
  }

  async function ask(request: Ask['request'], sends: boolean): Promise<Outcome> {
    if (!sends) {
      logger.info(describeRequest(request, deps.versions), { portalId: portal.portalId });
      return dryAnswer(request);
    }
    await deps.pace();
    return deps.gateway.request({
      ...request,
      portalId: portal.portalId,
      priority: 'outbox',
      deadlineMs: DEADLINE_MS,
    });
  }

  async function intend({ unrepeatable, request }: Ask): Promise<void> {
    const objectType = 'objectType' in request.params ? String(request.params.objectType) : '';
    await intendCreates(
      db,
      portal.workspaceId,
      portal.portalId,
      unrepeatable.map((key) => ({ ...placeOf(key), kind: 'create', objectType })),
    );
  }

  async function settle(reports: readonly EventReport[]): Promise<Delivered> {
    const done: string[] = [];
    const doneEffects: Record<string, unknown> = {};
    for (const report of reports) {
      const event = prepared.find(({ id }) => id === report.eventId);
      const effects = statesOf(event?.claimed.effects, report.effects);
      const { outcome } = report;
      if (outcome.state === 'done') {
        done.push(report.eventId);
        if (Object.keys(effects).length > 1) doneEffects[report.eventId] = effects;
      } else if (outcome.state === 'untouched') others.push({ id: report.eventId, to: 'back' });
      else {
        const claimed = event?.claimed ?? { eventId: report.eventId, attempts: 0 };
        others.push(fail(claimed, outcome.failure, effects));
      }
    }
    const mode = live ? 'live' : 'dry';
    const shadows = shadowed.map(({ id }) => id);
    const booked = { mode, shadows, done, doneEffects, others } as const;
    const settlement = { ...portal, ...claim, ...booked };
    // After failures the portal's circuit is to be looked at first.
    const request = others.length === 0 ? wanted() : undefined;
    const { settled, next } = request
      ? await settleAndClaim(pool, settlement, request)
      : { settled: await settleEvents(pool, settlement), next: undefined };
    if (settled) await tell(done, others);
    const count = (to: Unsettled['to']) => others.filter((one) => one.to === to).length;
    return {
      done: settled ? done.length : 0,
      retried: count('retry') + count('paused'),
      dead: count('dead'),
      untouched: count('back'),
      refused,
      ...(settled ? {} : { lost: true }),
      ...(next && { next }),
    };
  }

  /** Counts, and tells whoever watches. A claim of which nothing got through is a failure of the portal, unless HubSpot answered it. */
  async function tell(done: readonly string[], failed: readonly Unsettled[]): Promise<void> {
    deps.metrics.settled(done.length, failed);
    const answered = done.length > 0 || failed.some(({ class: errorClass }) => errorClass === 'permanent');
    const away = failed.some(({ class: errorClass }) => SAYS_NOTHING_OF_THE_EVENT.has(errorClass ?? ''));
    if (answered ? !claim.failing : !away) return;
    const told = await countDelivery(pool, portal, {
      ok: answered,
      mostFailures: deps.config.OUTBOX_CIRCUIT_FAILURES,
      coolDownMs: deps.config.OUTBOX_CIRCUIT_COOL_DOWN_MS,
    });
    if (told === 0) return;
    deps.metrics.circuit(told);
    const { portalId } = portal;
    if (told < 0) logger.info('The outbox of a portal has recovered', { portalId });
    else
      logger.warn(
        told === 100
          ? 'The outbox of a portal stops for a while: deliveries fail, one after the other'
          : 'Deliveries of a portal fail, one after the other',
        { portalId, share: told },
      );
  }

  function fail(
    { eventId: id, attempts }: Pick<ClaimedEvent, 'eventId' | 'attempts'>,
    failure: Failure,
    effects: Record<string, unknown>,
  ): Unsettled {
    refused ||= failure.class === 'auth';
    if (failure.code === 'PROPERTY_DOESNT_EXIST') deps.properties.forget(portal.portalId);
    const { OUTBOX_MAX_ATTEMPTS: maxAttempts } = deps.config;
    const decision = decide(
      failure.class,
      attempts,
      { maxAttempts, random: Math.random },
      failure.retryAfterMs,
    );
    const base = {
      id,
      class: failure.class,
      error: failure.message,
      effects,
      ...(failure.correlationId === undefined ? {} : { correlationId: failure.correlationId }),
    };
    switch (decision.next) {
      case 'dead':
        return { ...base, to: 'dead' };
      case 'paused':
        return { ...base, to: 'paused', inMs: PAUSED_MS };
      case 'retry':
        return { ...base, to: decision.attempts > attempts ? 'retry' : 'paused', inMs: decision.inMs };
    }
  }
}

function placeOf(key: string): { eventId: string; n: number } {
  const [eventId = '', n = '0'] = key.split('/');
  return { eventId, n: Number(n) };
}

/** What a create came to, right after its answer: made, even if what follows it is still to do; perhaps made; or not made. */
function createOutcome(
  key: string,
  objectId: string | undefined,
  result: EffectResult | undefined,
): CreateOutcome[] {
  const place = placeOf(key);
  if (objectId !== undefined) return [{ ...place, outcome: 'done', objectId }];
  if (result?.state !== 'failed') return []; // it is tried again within the batch
  return [{ ...place, outcome: result.failure.class === 'unknown' ? 'ambiguous' : 'absent' }];
}

/** As the run knows the record that an effect made. */
function knownKey(key: string): string {
  return `effect:${key}`;
}

function statesOf(before: unknown, results: ReadonlyMap<number, EffectResult>): Record<string, unknown> {
  const states: Record<string, unknown> = { ...(before as Record<string, unknown> | null) };
  for (const [n, result] of results) {
    if (result.state === 'done')
      states[n] = { state: 'done', ...(result.objectId === undefined ? {} : { objectId: result.objectId }) };
    else if (result.state === 'failed') states[n] = { state: 'failed', class: result.failure.class };
  }
  return states;
}
