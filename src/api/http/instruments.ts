import { FAST_SECONDS, type Metrics } from '../../platform/metrics.js';

export type HttpInstruments = ReturnType<typeof createHttpInstruments>;

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
