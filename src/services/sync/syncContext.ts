import type pg from 'pg';
import type { DatabaseClock } from '../../db/clock.js';
import type { Pool, Queryable } from '../../db/pool.js';
import { writePage } from '../../db/sync/pages.js';
import type { SyncedObject, SyncReader } from '../../db/sync/reader.js';
import { forWorkspace } from '../../db/tenant.js';
import { inWorkspaceWith, withTombstoneKey, type TombstoneKeys } from '../../db/tombstoneKey.js';
import { mirrored, type SeenRecord } from '../../domain/crm/mirroredRecord.js';
import type { Resync, SyncCursor } from '../../domain/sync/cursor.js';
import type { Gateway } from '../../hubspot/gateway/gateway.js';
import { crashPoint } from '../../platform/crashPoint.js';
import { writeAssociations, type AssociationsOfPage } from './associations.js';
import type { CountedGateway } from './callCount.js';
import { dropValues } from './dropValues.js';
import { errorRoomOf, errorRoomOfTurn } from './errorRoom.js';
import type { HubSpotRecords } from './hubspotRecords.js';
import { createKeptReading } from './keptReading.js';

export interface SyncDependencies {
  readonly pool: Pool;
  readonly gateway: Pick<Gateway, 'request'>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  /** What comes of records that were erased is dropped; where they are not at hand, the database refuses the page. */
  readonly tombstones?: Pick<TombstoneKeys, 'of'> | undefined;
  readonly eraser?: Eraser | undefined;
  /** Of a day's requests so much may be errors (ERROR_SHARE_PERCENT), such as 0.05. */
  readonly maxErrorShare?: number | undefined;
}

/**
 * Erases a record in the transaction of `client`. What has to be there before is brought by `prepare`. It is handed
 * over by the room of privacy.
 */
export interface Eraser {
  prepare(workspaceId: string): Promise<Erase>;
}
export type Erase = (
  client: pg.PoolClient,
  record: SyncedObject & { readonly recordId: string },
  requestedBy: string,
) => Promise<unknown>;

export interface SyncProgress {
  readonly phase: SyncCursor['kind'];
  readonly read: number;
  readonly changed: number;
}

/** The reader has lost its place: another has taken over, it was paused, or its portal is not what it was. */
export class PlaceLost extends Error {}

export interface SeenPage {
  readonly seen: readonly SeenRecord[];
  readonly readAt: Date;
  readonly source: string;
  readonly initial: boolean;
  readonly cursor: SyncCursor;
  /** What the records of the page are associated with, where it was read with them. */
  readonly associations?: AssociationsOfPage | undefined;
}

/** What the phases of one run share: its place, its calls to HubSpot, and how it writes. */
export interface SyncContext {
  readonly reader: SyncReader;
  readonly pool: Pool;
  /** As the workspace sees it, for what writes no records. */
  readonly db: Queryable;
  /** One transaction that writes records: what comes of one that was erased is dropped. It may be done twice. */
  readonly transact: <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>;
  readonly clock: Pick<DatabaseClock, 'nowMs'>;
  /** What is read again beside what changes. It goes with each page, and with the place when the run leaves it. */
  resync: Resync | undefined;
  readonly hasTime: () => boolean;
  readonly records: (priority: 'backfill' | 'sync') => HubSpotRecords;
  /** The names of the properties that are kept. */
  readonly properties: (from: HubSpotRecords) => Promise<readonly string[]>;
  /** Writes a page with the cursor behind it. Rejects with PlaceLost. */
  readonly writeSeen: (page: SeenPage) => Promise<void>;
  /** A page of a search was found: where the run stands, though nothing of it is written yet. */
  readonly standsAt: (cursor: SyncCursor) => void;
  /** So many requests may be sent now whose likely answer is an error. */
  readonly errorRoom: () => Promise<number>;
  readonly progress: (phase: SyncCursor['kind']) => SyncProgress;
  /** Where a search goes on that has come to no end. */
  readonly begunAnew: () => SyncCursor | undefined;
  /** A cursor with what goes beside it. */
  readonly whole: (cursor: SyncCursor) => SyncCursor;
}

/** A probe that HubSpot has no room for gives its slot to the next one. */
const PROBE_WAITS_MS = 3000;

interface ContextOptions {
  readonly signal: AbortSignal;
  readonly untilMs: number;
  readonly isProbe?: boolean;
  readonly isTurnOver?: () => boolean;
  readonly onPage: (progress: SyncProgress, ms: number) => void;
}

export function createSyncContext(
  {
    pool,
    gateway,
    clock,
    tombstones,
    maxErrorShare,
  }: Omit<SyncDependencies, 'gateway'> & {
    readonly gateway: Pick<CountedGateway, 'request' | 'failed'>;
  },
  reader: SyncReader,
  { signal, untilMs, isProbe = false, isTurnOver = () => false, onPage }: ContextOptions,
): SyncContext {
  const count = { read: 0, changed: 0 };
  let last: SyncCursor | undefined;
  let searches = 0;
  const reading = createKeptReading({ pool, gateway, tombstones }, reader, {
    ...{ priority: 'sync', reader },
    ...(isProbe && { deadlineMs: PROBE_WAITS_MS }),
  });

  const context: SyncContext = {
    reader,
    resync: undefined,
    pool,
    db: forWorkspace(pool, reader.workspaceId),
    clock,
    transact: (work) =>
      withTombstoneKey(tombstones, reader, (key) => inWorkspaceWith(pool, reader.workspaceId, key, work)),
    hasTime: () =>
      !signal.aborted && performance.now() < untilMs && !isTurnOver() && !(isProbe && searches > 0),
    errorRoom: errorRoomOfTurn(() => errorRoomOf({ pool, maxErrorShare }, reader), gateway.failed),
    records: reading.records,
    properties: reading.names,

    async writeSeen({ seen, associations, ...more }) {
      const from = performance.now();
      const dropping = seen.length === 0 ? [] : (await reading.kept()).dropping;
      if (dropping.length > 0 && !(await dropValues(pool, reader, seen, dropping, more.readAt)))
        throw new PlaceLost('The place was taken');
      crashPoint('sync.page.values-dropped');
      const page = { records: seen.map(mirrored), ...more, cursor: context.whole(more.cursor) };
      const { workspaceId } = reader;
      const written = await withTombstoneKey(tombstones, reader, (key) =>
        key || associations
          ? inWorkspaceWith(pool, workspaceId, key, async (client) => {
              const known = await writePage(client, reader, page);
              if (known && associations) await writeAssociations(client, reader, associations);
              return known;
            })
          : writePage(pool, reader, page),
      );
      if (!written) throw new PlaceLost('The place was taken');
      crashPoint('sync.page.written');
      last = more.cursor;
      count.read += seen.length;
      count.changed += written.created + written.updated + written.restored + written.merged;
      onPage({ phase: more.cursor.kind, ...count }, performance.now() - from);
    },

    standsAt(cursor) {
      searches += 1;
      last = cursor;
    },
    progress: (phase) => ({ phase, ...count }),
    begunAnew: () =>
      last?.kind === 'follow' ? context.whole({ version: 1, kind: 'follow', from: last.from }) : undefined,
    whole(cursor) {
      const { resync } = context;
      return cursor.kind === 'follow' && resync !== undefined ? { ...cursor, resync } : cursor;
    },
  };
  return context;
}
