import type { Metrics } from '../../platform/metrics.js';
import { OAUTH_FAILURES } from '../oauth/oauthFailure.js';
import type { OAuthMetrics } from '../oauth/oauth.js';
import type { RefreshMetrics } from './refresher.js';

/** What the OAuth client and the refreshes report to. */
export function createTokenInstruments(metrics: Metrics): OAuthMetrics & RefreshMetrics {
  const requestSeconds = metrics.histogram({
    name: 'sluice_oauth_request_seconds',
    help: "Calls of HubSpot's token endpoints, by operation and result",
    labelNames: ['operation', 'result'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60],
  });
  const refreshes = metrics.counter({
    name: 'sluice_token_refreshes_total',
    help: 'Refreshes of tokens, by result; overtaken: somebody had stored a newer one',
    labelNames: ['result'],
    from0: { result: ['ok', 'overtaken', ...OAUTH_FAILURES] },
  });
  return {
    oauthRequest: ({ operation, result, ms }) => requestSeconds.observe({ operation, result }, ms / 1000),
    refreshed: ({ result }) => refreshes.inc({ result }),
  };
}
