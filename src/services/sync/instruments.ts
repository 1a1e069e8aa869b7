import type { Metrics } from '../../platform/metrics.js';
import type { SyncCursor } from '../../domain/sync/cursor.js';
import type { SyncRunResult } from './syncRun.js';

/** What the sync reports of itself. */
export interface SyncMetrics {
  /** A page was written, with so many records. */
  page(phase: SyncCursor['kind'], records: number): void;
  run(ended: SyncRunResult['ended']): void;
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
  return {
    page(phase, count) {
      pages.inc({ phase });
      records.inc({ phase }, count);
    },
    run(ended) {
      if (ended !== 'not_taken') runs.inc({ ended });
    },
  };
}
