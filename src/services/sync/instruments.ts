import type { Queryable } from '../../db/pool.js';
import { missedByWebhooks, mostHeldDeletes, seenBySource, syncStats } from '../../db/sync/syncStats.js';
import { BATCH_SIZES, FAST_SECONDS, remembered, type Metrics } from '../../platform/metrics.js';
import type { SyncCursor } from '../../domain/sync/cursor.js';
import { SYNC_ERROR_CLASSES, type SyncErrorClass } from './syncRefused.js';
import type { SyncRunResult } from './syncRun.js';

/** A gauge has a series for each. */
const MAX_HELD_SHOWN = 50;

/** What the sync reports of itself. */
export interface SyncMetrics {
  /** A page was written, with so many records, in so many milliseconds of our own: without what HubSpot took. */
  page(phase: SyncCursor['kind'], records: number, ms: number): void;
  run(ended: SyncRunResult['ended'], errorClass?: SyncErrorClass): void;
}

export function createSyncInstruments(metrics: Metrics): SyncMetrics {
  const pages = metrics.counter({
    name: 'sluice_sync_pages_total',
    help: 'Pages of records that were written into the mirror, by what read them',
    labelNames: ['phase'],
    from0: { phase: ['load', 'follow'] },
  });
  const records = metrics.counter({
    name: 'sluice_sync_records_total',
    help: 'Records that were read into the mirror, changed or not, by what read them',
    labelNames: ['phase'],
    from0: { phase: ['load', 'follow'] },
  });
  const runs = metrics.counter({
    name: 'sluice_sync_runs_total',
    help: "Runs that read a portal's records of one type, by how they ended",
    labelNames: ['ended'],
    from0: { ended: ['done', 'more', 'failed', 'lost'] },
  });
  const failures = metrics.counter({
    name: 'sluice_sync_failures_total',
    help: 'Runs that failed, by what kept them from reading',
    labelNames: ['class'],
    from0: { class: SYNC_ERROR_CLASSES },
  });
  const pageSeconds = metrics.histogram({
    name: 'sluice_sync_page_seconds',
    help: 'How long it took to write a page of records with its changes, without what HubSpot took to show it',
    labelNames: ['phase'],
    buckets: FAST_SECONDS,
  });
  const pageRecords = metrics.histogram({
    name: 'sluice_sync_page_records',
    help: 'Records in a page that was written',
    labelNames: ['phase'],
    buckets: BATCH_SIZES,
  });
  return {
    page(phase, count, ms) {
      pages.inc({ phase });
      records.inc({ phase }, count);
      pageRecords.observe({ phase }, count);
      pageSeconds.observe({ phase }, ms / 1000);
    },
    run(ended, errorClass) {
      if (ended !== 'not_taken') runs.inc({ ended });
      if (errorClass !== undefined) failures.inc({ class: errorClass });
    },
  };
}

/** Read from the database at each scrape; one process per deployment is enough. */
export function watchSyncs(metrics: Metrics, db: Queryable): void {
  const stats = remembered(() => syncStats(db));
  metrics.gauge({
    name: 'sluice_sync_types',
    help: 'Types of records of portals in use that are mirrored, by state',
    labelNames: ['state'],
    read: async () => (await stats()).map(({ state, types }) => [{ state }, types]),
  });
  metrics.gauge({
    name: 'sluice_sync_lag_seconds',
    help: 'For how long the type that is furthest behind has not caught up with HubSpot, by state',
    labelNames: ['state'],
    read: async () =>
      (await stats())
        .filter(({ state }) => state !== 'paused')
        .map(({ state, behindSeconds }) => [{ state }, behindSeconds]),
  });
  const seen = remembered(() => seenBySource(db));
  metrics.gauge({
    name: 'sluice_sync_seen_first',
    help: 'Changes since their first load, by the source that brought them into mirrors',
    labelNames: ['source'],
    read: async () => (await seen()).map(({ source, first }) => [{ source }, first]),
  });
  metrics.gauge({
    name: 'sluice_sync_seen_again',
    help: 'Records of which a source told that another one had brought a quarter of an hour before at most',
    labelNames: ['source'],
    read: async () => (await seen()).map(({ source, again }) => [{ source }, again]),
  });
  metrics.gauge({
    name: 'sluice_webhooks_missed',
    help: 'Changes that polls have brought of types that HubSpot tells of by webhooks or their journal, and of which it has not told since',
    labelNames: [],
    read: async () => [[{}, await missedByWebhooks(db)]],
  });
  const held = remembered(() => mostHeldDeletes(db, MAX_HELD_SHOWN));
  metrics.gauge({
    name: 'sluice_sync_held_deletes',
    help: `Deletes that wait for a person's word, of the ${MAX_HELD_SHOWN} types of portals with the most`,
    labelNames: ['portal', 'type'],
    read: async () =>
      (await held()).map(({ portalId, objectType, deletes }) => [
        { portal: portalId, type: objectType },
        deletes,
      ]),
  });
}
