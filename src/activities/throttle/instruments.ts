import { TERMINAL_STATES } from '../../domain/throttle/executionStates.js';
import { SUSPENSION_REASONS } from '../../domain/throttle/suspension.js';
import { BATCH_SIZES, type Metrics } from '../../platform/metrics.js';

export type ReleaseInstruments = ReturnType<typeof createReleaseInstruments>;

export function createReleaseInstruments(metrics: Metrics) {
  return {
    releaseLatenessSeconds: metrics.histogram({
      name: 'sluice_release_lateness_seconds',
      help: 'How much later than its window allowed an execution was released',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    }),
    releaseBatchSize: metrics.histogram({
      name: 'sluice_release_batch_size',
      help: 'Executions that were completed at HubSpot in one request',
      buckets: BATCH_SIZES,
    }),
    releases: metrics.counter({
      name: 'sluice_releases_total',
      help: 'Executions that ended, by state',
      labelNames: ['state'],
      from0: { state: TERMINAL_STATES },
    }),
    suspensions: metrics.counter({
      name: 'sluice_suspensions_total',
      help: 'How often the releases of a portal were suspended since HubSpot refused its completions, by reason',
      labelNames: ['reason'],
      from0: { reason: SUSPENSION_REASONS },
    }),
  };
}
