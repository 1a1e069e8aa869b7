import type { DatabaseClock } from '../../db/clock.js';
import { isTransientDatabaseError, type Pool } from '../../db/pool.js';
import { writePage } from '../../db/sync/pages.js';
import { LEASE_MS, type SyncedObject, type SyncReader } from '../../db/sync/reader.js';
import { claimSync, leaveSync, newerThanMirror, renewSync } from '../../db/sync/states.js';
import { forWorkspace } from '../../db/tenant.js';
import { mirrored, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import { readCursor, type FollowCursor, type LoadCursor, type SyncCursor } from '../../domain/sync/cursor.js';
import { beginWalk, endWalkAt, nextStretch, SearchStuck, walkOn } from '../../domain/sync/searchWalk.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { createHubSpotRecords, type HubSpotRecords } from './hubspotRecords.js';
import { SyncRefused } from './syncRefused.js';

/*
 * One run of reading a portal's records of one type: it goes on where the last one ended, page by page, each page in a
 * transaction with its cursor, until nothing is left or its time is over.
 */

/** HubSpot's index shows a change some moments late: what was searched up to now is searched again from here on. */
const INDEX_LAG_MS = 120_000;
/** How often what changes is looked for. */
const FOLLOW_EVERY_MS = 60_000;
const FAILED = { firstMs: 10_000, mostMs: 15 * 60_000 };
/** An outcome that names a longer wait than this is asked again after it all the same. */
const LONGEST_WAIT_MS = 24 * 3_600_000;

export interface SyncRunOptions {
  readonly object: SyncedObject;
  readonly signal: AbortSignal;
  /** Monotonic. */
  readonly untilMs: number;
  /** What nobody expected, for the log: a page that cannot be handled holds its type up until somebody looks. */
  readonly onUnhandled: (error: unknown) => void;
  /** Called once a page: it says how far the run is, for whoever watches. */
  readonly onPage: (progress: SyncProgress) => void;
}

export interface SyncProgress {
  readonly phase: SyncCursor['kind'];
  readonly read: number;
  readonly changed: number;
}

/** `more`: its time is over, and there is more to read. */
export type SyncRunResult = SyncProgress & {
  readonly ended: 'done' | 'more' | 'failed' | 'lost' | 'not_taken';
};

interface Dependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
}

/** The reader has lost its place: another has taken over, it was paused, or its portal is not what it was. */
class PlaceLost extends Error {}

export async function runSync(deps: Dependencies, options: SyncRunOptions): Promise<SyncRunResult> {
  const { pool } = deps;
  const { object } = options;
  const claim = await claimSync(pool, object);
  if (!claim) return { phase: 'follow', read: 0, changed: 0, ended: 'not_taken' };
  crashPoint('sync.run.claimed');
  const lost = new AbortController();
  const signal = AbortSignal.any([options.signal, lost.signal]);
  const run = createRun(deps, claim.reader, { ...options, signal });
  // A wait for HubSpot may last longer than the lease. A renewal that fails is made up for by the next one.
  const renewals = setInterval(() => {
    renewSync(pool, claim.reader).then(
      (isOurs) => isOurs || lost.abort(),
      () => undefined,
    );
  }, LEASE_MS / 4);
  try {
    let cursor = readCursor(claim.cursor);
    if (cursor.kind === 'load') cursor = await run.loadAll(cursor);
    if (cursor.kind === 'follow') cursor = await run.followChanges(cursor);
    const isThrough = cursor.kind === 'follow' && cursor.walk === undefined;
    await leaveSync(pool, claim.reader, {
      cursor,
      dueInMs: isThrough ? FOLLOW_EVERY_MS : 0,
      ...(isThrough && cursor.kind === 'follow' && { freshUntil: new Date(cursor.from) }),
    });
    return { ...run.progress(cursor.kind), ended: isThrough ? 'done' : 'more' };
  } catch (error) {
    if (error instanceof PlaceLost) return { ...run.progress('follow'), ended: 'lost' };
    const refused = refusalOf(error);
    if (refused.how.cause !== undefined) options.onUnhandled(refused.how.cause);
    await leaveSync(pool, claim.reader, {
      // What was written since has ended the row of failures.
      dueInMs: waitAfter(run.progress('follow').read > 0 ? 0 : claim.failures, refused.how.retryAfterMs),
      cursor: error instanceof SearchStuck ? run.begunAnew() : undefined,
      failure: {
        errorClass: refused.how.errorClass,
        message: refused.message,
        pauses: refused.how.pauses ?? false,
      },
    });
    return { ...run.progress('follow'), ended: 'failed' };
  } finally {
    clearInterval(renewals);
  }
}

function refusalOf(error: unknown): SyncRefused {
  if (error instanceof SyncRefused) return error;
  if (error instanceof SearchStuck)
    return new SyncRefused(`${error.message}: the search is begun anew later`, { errorClass: 'stuck' });
  if (isTransientDatabaseError(error))
    return new SyncRefused('The database did not take the page; it is read again', {
      errorClass: 'unavailable',
    });
  // What the code or the database throws for a page is thrown again the next time: people have to see it.
  const name = error instanceof Error ? error.name : typeof error;
  return new SyncRefused(
    `Sluice cannot handle what HubSpot answered (${name}): see the worker's log, and report it`,
    {
      errorClass: 'unhandled',
      cause: error,
    },
  );
}

function waitAfter(failures: number, retryAfterMs = 0): number {
  const growing = Math.min(FAILED.mostMs, FAILED.firstMs * 2 ** Math.min(failures, 20));
  return Math.min(LONGEST_WAIT_MS, Math.max(growing, retryAfterMs));
}

function createRun({ pool, gateway, clock }: Dependencies, reader: SyncReader, options: SyncRunOptions) {
  const { signal, untilMs, onPage } = options;
  const db = forWorkspace(pool, reader.workspaceId);
  const count = { read: 0, changed: 0 };
  let last: SyncCursor | undefined;
  let names: Promise<readonly string[]> | undefined;

  const records = (priority: 'backfill' | 'sync') => createHubSpotRecords({ ...reader, gateway, priority });
  const properties = (from: HubSpotRecords) => (names ??= from.propertyNames());
  const hasTime = () => !signal.aborted && performance.now() < untilMs;

  async function writeSeen(page: {
    seen: readonly SeenRecord[];
    readAt: Date;
    source: string;
    initial: boolean;
    cursor: SyncCursor;
  }): Promise<void> {
    const { seen, ...more } = page;
    const written = await writePage(db, reader, { records: seen.map(mirrored), ...more });
    if (!written) throw new PlaceLost('The place was taken');
    crashPoint('sync.page.written');
    last = page.cursor;
    count.read += seen.length;
    count.changed += written.created + written.updated + written.restored;
    onPage({ phase: page.cursor.kind, ...count });
  }

  return {
    progress: (phase: SyncCursor['kind']): SyncProgress => ({ phase, ...count }),

    /** Where a search goes on that has come to no end. */
    begunAnew: (): SyncCursor | undefined =>
      last?.kind === 'follow' ? { version: 1, kind: 'follow', from: last.from } : undefined,

    /** The first load: all records, by lists, the next page asked for while this one is written. */
    async loadAll(from: LoadCursor): Promise<SyncCursor> {
      const hubspot = records('backfill');
      const wanted = await properties(hubspot);
      const pageAfter = async (after: string | undefined) => {
        const readAt = new Date(clock.nowMs());
        return { readAt, ...(await hubspot.listPage(wanted, after)) };
      };
      let cursor = from;
      let coming = pageAfter(cursor.after);
      let barren = 0;
      for (;;) {
        const page = await coming;
        crashPoint('sync.load.page-read');
        const begunAt = cursor.begunAt ?? hubspotsTime(page.answeredAtMs, clock.nowMs());
        const { next } = page;
        barren = page.records.length === 0 ? barren + 1 : 0;
        if (next !== undefined && (!leadsOn(cursor.after, next) || barren > MOST_BARREN))
          throw new SyncRefused('HubSpot named a next page that leads back: the list is asked again later', {
            errorClass: 'stuck',
          });
        const goesOn = next !== undefined && hasTime();
        if (goesOn) {
          coming = pageAfter(next);
          // It may be refused while this page is written: that is heard of when its turn comes.
          coming.catch(() => undefined);
        }
        const after: SyncCursor =
          next === undefined
            ? { version: 1, kind: 'follow', from: Math.max(0, begunAt - INDEX_LAG_MS) }
            : { version: 1, kind: 'load', begunAt, after: next };
        crashPoint('sync.load.next-asked');
        await writeSeen({
          seen: page.records,
          readAt: page.readAt,
          source: 'load',
          initial: true,
          cursor: after,
        });
        if (after.kind === 'follow' || !goesOn) return after;
        cursor = after;
      }
    },

    /** What changes: ids and times by searches, then the values of those that are newer than the mirror. */
    async followChanges(from: FollowCursor): Promise<SyncCursor> {
      const hubspot = records('sync');
      let cursor = from;
      while (hasTime()) {
        const walk = cursor.walk ?? beginWalk(cursor.from, OPEN_END);
        const stretch = nextStretch(walk);
        if (!stretch) return { version: 1, kind: 'follow', from: nextFrom(cursor) };
        const readAt = new Date(clock.nowMs());
        const found = await hubspot.searchPage(stretch);
        crashPoint('sync.follow.page-found');
        const to = cursor.to ?? hubspotsTime(found.answeredAtMs, clock.nowMs());
        last = cursor;
        const newer = await newerThanMirror(pool, reader, found.hits);
        const on: FollowCursor = { ...cursor, to, walk: walkOn(endWalkAt(walk, to), found) };
        const seen = newer.size === 0 ? [] : await readAll(hubspot, [...newer], await properties(hubspot));
        await writeSeen({ seen, readAt, source: 'search', initial: false, cursor: on });
        cursor = on;
      }
      return cursor;
    },
  };
}

/** So many empty pages in a row are no list any more. */
const MOST_BARREN = 100;

/** Lists go by the ids of records, whose number their next page begins with. */
function leadsOn(after: string | undefined, next: string): boolean {
  if (after === undefined || after === next) return after !== next;
  return !(isNumber(after) && isNumber(next)) || BigInt(next) > BigInt(after);
}

const isNumber = (text: string) => /^\d{1,30}$/.test(text);

/** HubSpot's clock is not asked before the first search: its answer says what time it has. */
const OPEN_END = Date.UTC(9999, 11, 31);

/** More than this ahead of the database's clock is no clock of HubSpot's. */
const AHEAD_MS = 3_600_000;

/** HubSpot's present. What lies far ahead would be searched from, and everything until then be passed over. */
function hubspotsTime(answeredAtMs: number | undefined, nowMs: number): number {
  if (answeredAtMs === undefined || answeredAtMs > nowMs + AHEAD_MS)
    throw new SyncRefused('HubSpot did not say what time it has; it is asked again', {
      errorClass: 'unclear',
    });
  return answeredAtMs;
}

const nextFrom = ({ from, to = from }: FollowCursor) => Math.max(from, to - INDEX_LAG_MS);

const BATCH = 100;

async function readAll(
  hubspot: HubSpotRecords,
  ids: readonly string[],
  properties: readonly string[],
): Promise<readonly SeenRecord[]> {
  const seen: SeenRecord[] = [];
  for (let at = 0; at < ids.length; at += BATCH)
    seen.push(...(await hubspot.readNow(ids.slice(at, at + BATCH), properties)));
  return seen;
}
