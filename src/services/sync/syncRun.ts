import { awaitSchemas } from '../../db/crm/objectSchemas.js';
import { associationsDue } from '../../db/sync/associations.js';
import { distrustDefinitions } from '../../db/sync/properties.js';
import type { SyncedObject } from '../../db/sync/reader.js';
import { claimSync, countCalls, leaveSync, noteExpected, renewSync } from '../../db/sync/states.js';
import { isOpen, readCursor } from '../../domain/sync/cursor.js';
import { SearchStuck } from '../../domain/sync/searchWalk.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { countedGateway } from './callCount.js';
import { followChanges } from './followChanges.js';
import { loadRecords } from './loadRecords.js';
import { keepRenewing } from './renewals.js';
import { readAgain } from './resync.js';
import {
  createSyncContext,
  PlaceLost,
  type SyncContext,
  type SyncDependencies,
  type SyncProgress,
} from './syncContext.js';
import { refusalOf, waitAfter } from './syncFailures.js';
import { SyncRefused, type SyncErrorClass } from './syncRefused.js';

/*
 * One run of reading a portal's records of one type: it goes on where the last one ended, page by page, each page in a
 * transaction with its cursor, until nothing is left or its time is over.
 */

/** How often what changes is looked for. */
const FOLLOW_EVERY_MS = 60_000;
/** The same, where HubSpot tells of it by the webhooks journal: a search finds what that has missed. */
const TOLD_EVERY_MS = 15 * 60_000;

export interface SyncRunOptions {
  readonly object: SyncedObject;
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly untilMs: number;
  /** Its slot is another's from now on. */
  readonly isTurnOver?: () => boolean;
  /** No more than a look whether anything has changed: one page of a search, and no long wait for its turn. */
  readonly isProbe?: boolean;
  /** What nobody expected, for the log: a page that cannot be handled holds its type up until somebody looks. */
  readonly onUnhandled: (error: unknown) => void;
  /** Called once a page: it says how far the run is, and how long writing the page took. */
  readonly onPage: (progress: SyncProgress, ms: number) => void;
}

/** `more`: its time is over, and there is more to read. */
export type SyncRunResult = SyncProgress & {
  readonly ended: 'done' | 'more' | 'failed' | 'lost' | 'not_taken';
  readonly errorClass?: SyncErrorClass;
};

export async function runSync(deps: SyncDependencies, options: SyncRunOptions): Promise<SyncRunResult> {
  const { pool } = deps;
  const { object } = options;
  const claim = await claimSync(pool, object);
  if (!claim) return { phase: 'follow', read: 0, changed: 0, ended: 'not_taken' };
  crashPoint('sync.run.claimed');
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const gateway = countedGateway(deps.gateway);
  const run = createSyncContext({ ...deps, gateway }, claim.reader, { ...options, signal });
  const renewals = keepRenewing(
    async () => {
      const calls = gateway.take();
      let isOurs = false;
      try {
        isOurs = await renewSync(pool, claim.reader, calls);
      } finally {
        if (!isOurs) gateway.giveBack(calls);
      }
      return isOurs;
    },
    () => lost.abort(),
  );
  try {
    let cursor = readCursor(claim.cursor);
    if (cursor.kind === 'load') {
      if (claim.expected === null) await countRecords(run);
      cursor = await loadRecords(run, cursor);
      crashPoint('sync.load.turn-ended');
      if (cursor.kind === 'follow') await associationsDue(run.db, claim.reader);
      crashPoint('sync.load.associations-due');
    }
    if (cursor.kind === 'follow') {
      run.resync = cursor.resync;
      cursor = await followChanges(run, cursor);
      crashPoint('sync.follow.turn-ended');
    }
    const isThrough = cursor.kind === 'follow' && cursor.walk === undefined;
    if (isThrough && cursor.kind === 'follow' && isOpen(run.resync) && !options.isProbe) {
      await readAgain(run, cursor, run.resync);
      crashPoint('sync.resync.turn-ended');
    }
    const isDone = isThrough && !isOpen(run.resync);
    await leaveSync(pool, claim.reader, {
      cursor: run.whole(cursor),
      dueInMs: isDone ? followEveryMs(object, FOLLOW_EVERY_MS) : 0,
      ...(isDone && { toldDueInMs: followEveryMs(object, TOLD_EVERY_MS) }),
      calls: gateway.take(),
      ...(isThrough && cursor.kind === 'follow' && { freshUntil: new Date(cursor.from) }),
    });
    return { ...run.progress(cursor.kind), ended: isDone ? 'done' : 'more' };
  } catch (error) {
    if (error instanceof PlaceLost) {
      await countCalls(run.db, claim.reader, gateway.take());
      return { ...run.progress('follow'), ended: 'lost' };
    }
    const refused = refusalOf(error);
    if (refused.how.cause !== undefined) options.onUnhandled(refused.how.cause);
    // It may have been asked for a property that it does not have any more.
    if (refused.how.errorClass === 'refused') {
      await distrustDefinitions(pool, object);
      crashPoint('sync.run.definitions-distrusted');
    }
    // A custom object may have been archived: then that is the reason, with its name.
    if (['refused', 'unknown_object'].includes(refused.how.errorClass)) {
      await awaitSchemas(run.db, object);
      crashPoint('sync.run.schemas-awaited');
    }
    await leaveSync(pool, claim.reader, {
      // What was written since has ended the row of failures.
      dueInMs: waitAfter(run.progress('follow').read > 0 ? 0 : claim.failures, refused.how.retryAfterMs),
      cursor: error instanceof SearchStuck ? run.begunAnew() : undefined,
      calls: gateway.take(),
      failure: {
        errorClass: refused.how.errorClass,
        message: refused.message,
        pauses: refused.how.pauses ?? false,
      },
    });
    return { ...run.progress('follow'), ended: 'failed', errorClass: refused.how.errorClass };
  } finally {
    renewals.end();
  }
}

/** A little more for one portal than for the other: those that were due at once do not stay so. */
const followEveryMs = ({ portalId }: SyncedObject, everyMs: number) => everyMs * (1 + (portalId % 97) / 970);

/** An estimate, for whoever watches: what keeps it from being known keeps nothing from being read. */
async function countRecords({ records, db, reader }: SyncContext): Promise<void> {
  const total = await records('backfill')
    .total()
    .catch((error: unknown) => {
      if (error instanceof SyncRefused) return undefined;
      throw error;
    });
  if (total !== undefined) await noteExpected(db, reader, total);
  crashPoint('sync.load.counted');
}
