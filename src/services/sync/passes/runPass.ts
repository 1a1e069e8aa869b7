import { claimPass, leavePass, renewPass, writePassStep } from '../../../db/sync/passes.js';
import { distrustDefinitions } from '../../../db/sync/properties.js';
import type { SyncedObject } from '../../../db/sync/reader.js';
import { countCalls } from '../../../db/sync/states.js';
import { forWorkspace } from '../../../db/tenant.js';
import { crashPoint } from '../../../platform/crashPoint.js';
import { countedGateway } from '../callCount.js';
import { errorRoomOf, errorRoomOfTurn } from '../errorRoom.js';
import { createKeptReading } from '../keptReading.js';
import { keepRenewing } from '../renewals.js';
import { PlaceLost, type SyncDependencies } from '../syncContext.js';
import { refusalOf, waitAfter } from '../syncFailures.js';
import type { PassStep, SyncPass } from './syncPass.js';

/*
 * One turn of a pass over a portal's records of one type: it goes on where the last one ended, step by step, each in a
 * transaction with its cursor, until its round has come to its end or its time is over; one step at least.
 */

export interface PassRunOptions {
  readonly object: SyncedObject;
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly untilMs: number;
  readonly onUnhandled: (error: unknown) => void;
  /** So long does a call wait for its part of the portal's limit: whoever waits longer gives its place back. */
  readonly mostWaitMs?: number;
}

export interface PassRunResult {
  readonly seen: number;
  readonly changed: number;
  /** `more`: its time is over, and its round is not. */
  readonly ended: 'done' | 'more' | 'failed' | 'lost' | 'not_taken';
  /** Failed: it is tried again after so long. */
  readonly againInMs?: number;
}

/** After so many refusals of what stands in a cursor its round begins anew. */
const MOST_REFUSALS = 3;
/** Rounds of many portals are not to begin at once: so much of the interval is by the portal's id. */
const JITTER = 0.1;

export async function runPass<C>(
  deps: SyncDependencies,
  pass: SyncPass<C>,
  { object, signal: outer, untilMs, onUnhandled, mostWaitMs }: PassRunOptions,
): Promise<PassRunResult> {
  const { pool, clock } = deps;
  const claim = await claimPass(pool, object, pass.name);
  if (!claim) return { seen: 0, changed: 0, ended: 'not_taken' };
  const { reader } = claim;
  crashPoint('sync.pass.claimed');
  const lost = new AbortController();
  const signal = AbortSignal.any([outer, lost.signal]);
  const gateway = countedGateway(
    mostWaitMs === undefined
      ? deps.gateway
      : { request: (request) => deps.gateway.request({ ...request, mostWaitMs }) },
  );
  const { priority = 'backfill' } = pass;
  const reading = createKeptReading({ pool, gateway, tombstones: deps.tombstones }, object, {
    priority,
    reader,
  });
  const hubspot = reading.records(priority);
  const errorRoom = errorRoomOfTurn(() => errorRoomOf(deps, object), gateway.failed);
  const toErase = () => {
    if (!deps.eraser) throw new Error('Who runs the pass has handed over nothing that erases');
    return deps.eraser.prepare(object.workspaceId);
  };
  const context = {
    reader,
    pool,
    clock,
    gateway,
    hubspot,
    reading,
    properties: reading.names,
    errorRoom,
    toErase,
  };
  const count = { seen: 0, changed: 0 };
  let cursor: C | null = null;
  const renewals = keepRenewing(
    () => renewPass(pool, reader),
    () => lost.abort(),
  );
  try {
    if (claim.cursor !== null) cursor = pass.cursor.parse(claim.cursor);
    let isThrough = false;
    // A turn makes one step at least: where its place alone took its time, turn after turn would lead nowhere.
    for (
      let steps = 0;
      !isThrough && !signal.aborted && (steps === 0 || performance.now() < untilMs);
      steps += 1
    ) {
      let step: PassStep<C>;
      let changed: number | undefined;
      try {
        step = await pass.step(context, cursor);
        changed = await writePassStep(deps, reader, step);
      } catch (error) {
        const smaller = await pass.afterRefusal?.(context, cursor, error);
        if (smaller === undefined) throw error;
        const { cause } = refusalOf(error).how;
        if (cause !== undefined) onUnhandled(cause);
        cursor = smaller;
        continue;
      }
      crashPoint('sync.pass.step-written');
      if (changed === undefined) throw new PlaceLost('The place was taken');
      ({ cursor, isThrough } = step);
      count.seen += step.seen;
      count.changed += changed;
    }
    await leavePass(pool, reader, {
      isThrough,
      dueAt: claim.dueAt,
      dueInMs: isThrough ? nextRoundMs(pass, object) : 0,
    });
    return { ...count, ended: isThrough ? 'done' : 'more' };
  } catch (error) {
    if (error instanceof PlaceLost) return { ...count, ended: 'lost' };
    const refused = refusalOf(error);
    if (refused.how.cause !== undefined) onUnhandled(refused.how.cause);
    // It may have been asked for a property that it does not have any more.
    if (refused.how.errorClass === 'refused') {
      await distrustDefinitions(pool, object);
      crashPoint('sync.pass.definitions-distrusted');
    }
    // What leads nowhere from here, or is refused here again and again, is not asked from here for ever.
    const { errorClass } = refused.how;
    const isStuck =
      errorClass === 'stuck' ||
      (errorClass === 'refused' && count.seen === 0 && claim.failures >= MOST_REFUSALS);
    const failures = count.seen > 0 ? 0 : claim.failures;
    const againInMs = waitAfter(failures, refused.how.retryAfterMs, pass.retriesAfterMs);
    await leavePass(pool, reader, {
      isThrough: false,
      dueAt: claim.dueAt,
      ...(isStuck && { cursor: cursor && (pass.begunAnew?.(cursor) ?? null) }),
      dueInMs: againInMs,
      failure: { errorClass, message: refused.message },
    });
    return { ...count, ended: 'failed', againInMs };
  } finally {
    renewals.end();
    crashPoint('sync.pass.left');
    await countCalls(forWorkspace(pool, object.workspaceId), object, gateway.take());
  }
}

/** A portal's rounds keep their distance from those of others. */
function nextRoundMs({ everyMs }: Pick<SyncPass<never>, 'everyMs'>, { portalId }: SyncedObject): number {
  return everyMs * (1 - JITTER * ((portalId % 97) / 97));
}
