import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { openBreakers } from '../db/hubspot/budgetUsage.js';
import { budgetFreeSlots, waitingByLane } from '../db/throttle/gauges.js';
import { outboxStanding } from '../db/outbox/housekeeping.js';
import type { Queryable } from '../db/pool.js';
import { tokenStanding } from '../db/tokens/tokens.js';
import type { OutboxMetrics } from '../services/outbox/metrics.js';
import type { OAuthMetrics } from '../hubspot/oauth/oauth.js';
import type { HubSpotMetrics } from '../hubspot/gateway/openBudgets.js';
import type { RefreshMetrics } from '../hubspot/tokens/refresher.js';
import type { Logger } from './logger.js';

export type Metrics = ReturnType<typeof createMetrics>;

const FAST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const MAX_COUNTED = 100_000;
const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500];

/** The instruments of one process, by name. Names carry their unit; `service` tells API and worker apart. */
export function createMetrics(service: string) {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  const hubspotRequests = new Counter({
    name: 'sluice_hubspot_requests_total',
    help: 'Requests to HubSpot, by resource and outcome',
    labelNames: ['resource', 'outcome'],
    registers,
  });
  const hubspotRequestSeconds = new Histogram({
    name: 'sluice_hubspot_request_seconds',
    help: 'How long a request to HubSpot took, from the gateway to its outcome',
    labelNames: ['resource'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
    registers,
  });
  const budgetWaitSeconds = new Histogram({
    name: 'sluice_budget_wait_seconds',
    help: 'How long a request waited for a slot of its portal’s budget',
    labelNames: ['priority'],
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const budgetSlotsLost = new Counter({
    name: 'sluice_budget_slots_lost_total',
    help: 'Slots that another process took over because this one was held up for longer than its lease',
    registers,
  });
  const breakerChanges = new Counter({
    name: 'sluice_breaker_changes_total',
    help: 'Circuit breakers of portals that this process opened or closed',
    labelNames: ['to'],
    registers,
  });
  const errorShareRefused = new Counter({
    name: 'sluice_error_share_refused_total',
    help: 'Requests that were not sent because too many of the portal’s day were errors',
    labelNames: ['priority'],
    registers,
  });
  const requestLogDropped = new Counter({
    name: 'sluice_request_log_dropped_total',
    help: 'Lines of the request log that were dropped because the database did not keep up',
    registers,
  });
  const gateway: HubSpotMetrics = {
    request({ resource, kind, ms }) {
      hubspotRequests.inc({ resource, outcome: kind });
      hubspotRequestSeconds.observe({ resource }, ms / 1000);
    },
    budgetWait: ({ priority, ms }) => budgetWaitSeconds.observe({ priority }, ms / 1000),
    slotLost: () => budgetSlotsLost.inc(),
    breakerChanged: ({ to }) => breakerChanges.inc({ to }),
    errorShareRefused: ({ priority }) => errorShareRefused.inc({ priority }),
    requestLogDropped: (count) => requestLogDropped.inc(count),
  };

  const oauthRequestSeconds = new Histogram({
    name: 'sluice_oauth_request_seconds',
    help: 'Calls of HubSpot’s token endpoints, by operation and result',
    labelNames: ['operation', 'result'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60],
    registers,
  });
  const tokenRefreshes = new Counter({
    name: 'sluice_token_refreshes_total',
    help: 'Refreshes of tokens, by result; overtaken: somebody had stored a newer one',
    labelNames: ['result'],
    registers,
  });
  const tokens: OAuthMetrics & RefreshMetrics = {
    oauthRequest: ({ operation, result, ms }) =>
      oauthRequestSeconds.observe({ operation, result }, ms / 1000),
    refreshed: ({ result }) => tokenRefreshes.inc({ result }),
  };

  const outboxCaptured = new Counter({
    name: 'sluice_outbox_captured_total',
    help: 'Events that came into the outbox, by whether they are valid',
    labelNames: ['result'],
    registers,
  });
  const outboxSettled = new Counter({
    name: 'sluice_outbox_settled_total',
    help: 'Events that a delivery has booked: processed, retried, dead; with the class of what failed',
    labelNames: ['result', 'class'],
    registers,
  });
  const outboxTold = new Counter({
    name: 'sluice_outbox_failing_total',
    help: 'Portals whose deliveries fail in a row, by the share of what opens the circuit; recovered: those that are over it',
    labelNames: ['share'],
    registers,
  });
  const outbox: OutboxMetrics = {
    collected(events, invalid) {
      outboxCaptured.inc({ result: 'valid' }, events - invalid);
      outboxCaptured.inc({ result: 'invalid' }, invalid);
    },
    settled(done, others) {
      outboxSettled.inc({ result: 'processed', class: 'none' }, done);
      for (const { to, class: errorClass = 'none' } of others)
        if (to !== 'back')
          outboxSettled.inc({ result: to === 'dead' ? 'dead' : 'retried', class: errorClass });
    },
    circuit: (told) => outboxTold.inc({ share: told < 0 ? 'recovered' : String(told) }),
  };

  return {
    registry,
    /** What the outbox reports to. */
    outbox,
    /** What the gateway and its budget report to. */
    gateway,
    /** What the OAuth client and the refreshes report to. */
    tokens,
    apiRequests: new Counter({
      name: 'sluice_api_requests_total',
      help: 'Requests to the management API, by route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    apiRequestSeconds: new Histogram({
      name: 'sluice_api_request_seconds',
      help: 'How long the management API took to answer',
      labelNames: ['route'],
      buckets: FAST_SECONDS,
      registers,
    }),
    intakeCalls: new Counter({
      name: 'sluice_intake_calls_total',
      help: 'Action calls from HubSpot, by what they were answered',
      labelNames: ['result'],
      registers,
    }),
    intakeBatchSize: new Histogram({
      name: 'sluice_intake_batch_size',
      help: 'Action calls that were committed together',
      buckets: BATCH_SIZES,
      registers,
    }),
    intakeSeconds: new Histogram({
      name: 'sluice_intake_seconds',
      help: 'From the arrival of an action call to its answer, commit included',
      buckets: FAST_SECONDS,
      registers,
    }),
    starterPacks: new Counter({
      name: 'sluice_starter_packs_total',
      help: 'Workflows started for executions, by kind',
      labelNames: ['kind'],
      registers,
    }),
    releaseLatenessSeconds: new Histogram({
      name: 'sluice_release_lateness_seconds',
      help: 'How much later than its window allowed an execution was released',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    releaseBatchSize: new Histogram({
      name: 'sluice_release_batch_size',
      help: 'Executions that were completed at HubSpot in one request',
      buckets: BATCH_SIZES,
      registers,
    }),
    noticeAttempts: new Counter({
      name: 'sluice_notice_attempts_total',
      help: 'Tries to deliver a notice, by what came of them',
      labelNames: ['result'],
      registers,
    }),
    releases: new Counter({
      name: 'sluice_releases_total',
      help: 'Executions that ended, by state',
      labelNames: ['state'],
      registers,
    }),
    auditProblems: new Counter({
      name: 'sluice_audit_problems_total',
      help: 'Audit chains that were checked and do not hold, by what is wrong with them',
      labelNames: ['kind'],
      registers,
    }),

    /** Adds the gauges that are read from the database when somebody scrapes; one process per deployment is enough. */
    watchDatabase(db: Queryable, logger: Logger): void {
      gaugeFromDatabase({
        name: 'sluice_lane_waiting_executions',
        help: 'Executions that wait, of the 200 longest lanes',
        labelNames: ['portal', 'lane'],
        read: async () =>
          (await waitingByLane(db, 200)).map(({ portalId, laneId, waiting }) => [
            { portal: portalId, lane: laneId },
            waiting,
          ]),
      });
      gaugeFromDatabase({
        name: 'sluice_budget_free_slots',
        help: 'Slots of HubSpot’s limit that are free now, of the 200 portals with the fewest',
        labelNames: ['portal', 'ring'],
        read: async () =>
          (await budgetFreeSlots(db, 200)).map(({ portalId, ring, free }) => [
            { portal: portalId, ring },
            free,
          ]),
      });
      gaugeFromDatabase({
        name: 'sluice_breaker_open_portals',
        help: 'Portals whose circuit breaker is open or half-open',
        labelNames: [],
        read: async () => [[{}, await openBreakers(db)]],
      });

      const standing = (): ReturnType<typeof outboxStanding> => outboxStanding(db, MAX_COUNTED);
      gaugeFromDatabase({
        name: 'sluice_outbox_waiting_events',
        help: `Events that are not processed, counted up to ${MAX_COUNTED}`,
        labelNames: [],
        read: async () => [[{}, (await standing()).waiting]],
      });
      gaugeFromDatabase({
        name: 'sluice_outbox_oldest_seconds',
        help: 'Age of the oldest event that is not processed',
        labelNames: [],
        read: async () => [[{}, (await standing()).oldestSeconds]],
      });
      gaugeFromDatabase({
        name: 'sluice_outbox_dead_letters',
        help: `Dead letters, by state, counted up to ${MAX_COUNTED}`,
        labelNames: ['state'],
        read: async () => {
          const { dead, invalid } = await standing();
          return [
            [{ state: 'dead' }, dead],
            [{ state: 'invalid' }, invalid],
          ];
        },
      });
      gaugeFromDatabase({
        name: 'sluice_outbox_open_circuits',
        help: 'Portals whose deliveries have stopped because they failed in a row',
        labelNames: [],
        read: async () => [[{}, (await standing()).circuitsOpen]],
      });
      gaugeFromDatabase({
        name: 'sluice_portals',
        help: 'Portals, by state',
        labelNames: ['state'],
        read: async () => (await tokenStanding(db)).map(({ state, portals }) => [{ state }, portals]),
      });
      gaugeFromDatabase({
        name: 'sluice_portals_refresh_failing',
        help: 'Portals whose last refresh failed, by state',
        labelNames: ['state'],
        read: async () => (await tokenStanding(db)).map(({ state, failing }) => [{ state }, failing]),
      });
      gaugeFromDatabase({
        name: 'sluice_token_overdue_seconds',
        help: 'For how long the token of a portal in use has outlived its end at the most, by state',
        labelNames: ['state'],
        read: async () =>
          (await tokenStanding(db)).map(({ state, overdueSeconds }) => [{ state }, overdueSeconds]),
      });

      function gaugeFromDatabase<L extends string>(options: {
        name: string;
        help: string;
        labelNames: L[];
        read: () => Promise<[Record<L, string>, number][]>;
      }): void {
        const { read, ...rest } = options;
        const gauge: Gauge<L> = new Gauge({
          ...rest,
          registers,
          // A scrape succeeds while the database is away: these series are missing then, the process's own are what matters.
          async collect() {
            gauge.reset();
            try {
              for (const [labels, value] of await read()) gauge.set(labels, value);
            } catch (error) {
              logger.warn(`${options.name} could not be read`, {
                error: error instanceof Error ? error.message : String(error),
              });
            }
          },
        });
      }
    },
  };
}
