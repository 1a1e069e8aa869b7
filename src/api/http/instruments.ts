import type { DatabaseClock } from '../../db/clock.js';
import { FAST_SECONDS, type Metrics } from '../../platform/metrics.js';

export type HttpInstruments = ReturnType<typeof createHttpInstruments>;

/** Alarms: a machine whose clock is wrong (docs/alerts.yml). */
export function watchClock(metrics: Metrics, clock: Pick<DatabaseClock, 'driftMs'>): void {
  metrics.gauge({
    name: 'sluice_clock_drift_seconds',
    help: "How far this machine's clock is ahead of the database's",
    labelNames: [],
    read: () => {
      const drift = clock.driftMs();
      return Promise.resolve(drift === undefined ? [] : [[{}, drift / 1000]]);
    },
  });
}

export function createHttpInstruments(metrics: Metrics) {
  return {
    requests: metrics.counter({
      name: 'sluice_api_requests_total',
      help: 'Requests to the management API, by route and status',
      labelNames: ['method', 'route', 'status'],
    }),
    requestSeconds: metrics.histogram({
      name: 'sluice_api_request_seconds',
      help: 'How long the management API took to answer',
      labelNames: ['route'],
      buckets: FAST_SECONDS,
    }),
  };
}
