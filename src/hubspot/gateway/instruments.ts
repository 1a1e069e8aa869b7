import { PRIORITIES } from '../../domain/hubspot/priorities.js';
import type { Metrics } from '../../platform/metrics.js';
import { RESOURCES } from '../wire/paths.js';
import type { HubSpotMetrics } from './openGateway.js';

/** What the gateway and the budgets report to. */
export function createHubSpotInstruments(metrics: Metrics): HubSpotMetrics {
  const requests = metrics.counter({
    name: 'sluice_hubspot_requests_total',
    help: 'Requests to HubSpot, by resource and outcome',
    labelNames: ['resource', 'outcome'],
    from0: { resource: Object.keys(RESOURCES), outcome: ['unauthorized', 'throttled'] },
  });
  const requestSeconds = metrics.histogram({
    name: 'sluice_hubspot_request_seconds',
    help: 'How long a request to HubSpot took, from the gateway to its outcome',
    labelNames: ['resource'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  });
  const budgetWaitSeconds = metrics.histogram({
    name: 'sluice_budget_wait_seconds',
    help: "How long a request waited for a slot of its portal's budget",
    labelNames: ['priority'],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const budgetSlotsLost = metrics.counter({
    name: 'sluice_budget_slots_lost_total',
    help: 'Slots that another process took over because this one was held up for longer than its lease',
  });
  const breakerChanges = metrics.counter({
    name: 'sluice_breaker_changes_total',
    help: 'Circuit breakers of portals that this process opened or closed',
    labelNames: ['to'],
  });
  const errorShareRefused = metrics.counter({
    name: 'sluice_error_share_refused_total',
    help: "Requests that were not sent because too many of the portal's day were errors",
    labelNames: ['priority'],
    from0: { priority: PRIORITIES },
  });
  const requestLogDropped = metrics.counter({
    name: 'sluice_request_log_dropped_total',
    help: 'Lines of the request log that were dropped because the database did not keep up',
  });
  return {
    request({ resource, kind, ms }) {
      requests.inc({ resource, outcome: kind });
      requestSeconds.observe({ resource }, ms / 1000);
    },
    budgetWait: ({ priority, ms }) => budgetWaitSeconds.observe({ priority }, ms / 1000),
    slotLost: () => budgetSlotsLost.inc(),
    breakerChanged: ({ to }) => breakerChanges.inc({ to }),
    errorShareRefused: ({ priority }) => errorShareRefused.inc({ priority }),
    requestLogDropped: (count) => requestLogDropped.inc(count),
  };
}
