/**
 * What each alert of docs/alerts.yml is to do with series of our metrics, in promtool's words: samples come once a
 * minute; `0x5 3x10` is 0, five more of it, then 3 and ten more; `_` is a minute without a sample.
 */
export interface AlertCase {
  readonly fires: Story;
  /** The nearest to it that is no reason to call anybody. */
  readonly quiet: Story | readonly Story[];
}

interface Story {
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** The labels that the alert has beside its severity. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A counter whose series begins at 0, as ours do, and that counts one after five minutes; or stands still. */
function counts(metric: string, labels: Readonly<Record<string, string>>): AlertCase {
  const series = `${metric}{${Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',')}}`;
  return {
    fires: { series: { [series]: '0x5 1x30' }, at: '7m', labels },
    quiet: { series: { [series]: '1x30' }, at: '20m' },
  };
}

const worker = { service: 'worker' };
const api = { service: 'api' };

export const ALERT_CASES: Readonly<Record<string, AlertCase>> = {
  SluiceIntakeUnavailable: counts('sluice_intake_calls_total', { ...api, result: 'unavailable' }),
  SluiceSignaturesRefused: {
    ...counts('sluice_intake_calls_total', { ...api, result: 'signature_mismatch' }),
    quiet: { series: { 'sluice_intake_calls_total{service="api",result="waiting"}': '0+9x30' }, at: '20m' },
  },
  SluiceClockDrifts: {
    fires: { series: { 'sluice_clock_drift_seconds{service="api"}': '-31x30' }, at: '5m' },
    quiet: { series: { 'sluice_clock_drift_seconds{service="api"}': '29 31 29x30' }, at: '5m' },
  },
  SluiceTokenRefused: counts('sluice_hubspot_requests_total', {
    ...{ ...worker, resource: 'completeCallbacks', outcome: 'unauthorized' },
  }),
  SluiceHubSpotThrottles: counts('sluice_hubspot_requests_total', {
    ...{ ...worker, resource: 'completeCallbacks', outcome: 'throttled' },
  }),
  SluiceRefreshesMisconfigured: counts('sluice_token_refreshes_total', {
    ...worker,
    result: 'configuration',
  }),
  SluiceTokenOverdue: {
    fires: { series: { 'sluice_token_overdue_seconds{service="api",state="active"}': '0+60x30' }, at: '6m' },
    quiet: {
      series: {
        'sluice_token_overdue_seconds{service="api",state="active"}': '0+60x5 0x30',
        'sluice_token_overdue_seconds{service="api",state="reauth_required"}': '0+60x30',
      },
      at: '20m',
    },
  },
  SluicePortalNeedsAuthorisation: counts('sluice_token_refreshes_total', { ...worker, result: 'gone' }),
  SluiceBreakerOpen: {
    fires: { series: { 'sluice_breaker_open_portals{service="api"}': '1x30' }, at: '11m' },
    quiet: { series: { 'sluice_breaker_open_portals{service="api"}': '1x8 0 1x8 0' }, at: '17m' },
  },
  SluiceErrorShare: counts('sluice_error_share_refused_total', { ...worker, priority: 'sync' }),
  SluiceDayLimitNear: {
    fires: {
      series: {
        'sluice_day_limit_used_share{service="api",instance="a",portal="62515"}': '0.5 0.8x30',
        'sluice_day_limit_used_share{service="api",instance="b",portal="62515"}': '0.5 0.8x30',
      },
      ...{ at: '5m', labels: { portal: '62515' } },
    },
    quiet: { series: { 'sluice_day_limit_used_share{service="api",portal="62515"}': '0.79x30' }, at: '5m' },
  },
  SluiceFeedHeld: {
    fires: { series: { 'sluice_feed_held_seconds{service="worker"}': '0+60x30' }, at: '12m' },
    quiet: { series: { 'sluice_feed_held_seconds{service="worker"}': '0+60x5 0x5 0+60x5 0x20' }, at: '20m' },
  },
  SluiceConsumerBehind: {
    fires: {
      series: { 'sluice_consumers{service="worker",state="behind"}': '0 1x30' },
      at: '5m',
    },
    quiet: {
      series: {
        'sluice_consumers{service="worker",state="any"}': '3x30',
        'sluice_consumers{service="worker",state="behind"}': '0x30',
      },
      at: '5m',
    },
  },
  SluiceFeedDeadLetters: counts('sluice_feed_changes_total', { ...worker, result: 'dead' }),
  SluiceReleasesLate: {
    fires: {
      series: {
        'sluice_release_lateness_seconds_bucket{service="worker",le="5"}': '0+90x30',
        'sluice_release_lateness_seconds_bucket{service="worker",le="10"}': '0+100x30',
        'sluice_release_lateness_seconds_bucket{service="worker",le="+Inf"}': '0+100x30',
      },
      at: '15m',
    },
    quiet: {
      series: {
        'sluice_release_lateness_seconds_bucket{service="worker",le="5"}': '0+1000x30',
        'sluice_release_lateness_seconds_bucket{service="worker",le="10"}': '0+1001x30',
        'sluice_release_lateness_seconds_bucket{service="worker",le="+Inf"}': '0+1001x30',
      },
      at: '15m',
    },
  },
  SluiceCallbackPathSuspected: counts('sluice_suspensions_total', { ...worker, reason: 'path' }),
  SluiceReleasesFailed: {
    ...counts('sluice_releases_total', { ...worker, state: 'gone' }),
    quiet: { series: { 'sluice_releases_total{service="worker",state="released"}': '0+9x30' }, at: '20m' },
  },
  SluiceSlotsLost: counts('sluice_budget_slots_lost_total', worker),
  SluiceAuditChainBroken: counts('sluice_audit_problems_total', { ...worker, kind: 'edited' }),
  // Time begins at 0 there: the last success of both is the start.
  SluiceSweepStuck: {
    fires: {
      series: {
        'sluice_sweep_last_success_timestamp_seconds{instance="a",sweep="packsStarted"}': '0x90',
        'sluice_sweep_last_success_timestamp_seconds{instance="b",sweep="packsStarted"}': '0x90',
      },
      ...{ at: '61m', labels: { sweep: 'packsStarted' } },
    },
    quiet: {
      series: {
        'sluice_sweep_last_success_timestamp_seconds{instance="a",sweep="packsStarted"}': '0x90',
        'sluice_sweep_last_success_timestamp_seconds{instance="b",sweep="packsStarted"}': '0+60x90',
      },
      at: '61m',
    },
  },
  SluiceNotAble: {
    fires: {
      series: {
        'sluice_check_ok{service="api",check="temporal",instance="a"}': '1x30',
        'sluice_check_ok{service="api",check="temporal",instance="b"}': '1 0x30',
      },
      ...{ at: '4m', labels: { ...api, check: 'temporal' } },
    },
    quiet: {
      series: { 'sluice_check_ok{service="api",check="temporal",instance="a"}': '1 0 0 1x30' },
      at: '4m',
    },
  },
  SluiceOutboxOld: {
    fires: { series: { 'sluice_outbox_inbox_oldest_seconds{service="worker"}': '0+60x30' }, at: '17m' },
    quiet: { series: { 'sluice_outbox_oldest_seconds{service="api"}': '0+60x12 0x30' }, at: '17m' },
  },
  SluiceOutboxFailureShare: {
    fires: {
      series: {
        'sluice_outbox_settled_total{service="worker",result="processed",class="none"}': '0+90x60',
        'sluice_outbox_settled_total{service="worker",result="retried",class="transient"}': '0+10x60',
      },
      at: '20m',
    },
    quiet: {
      series: {
        'sluice_outbox_settled_total{service="worker",result="processed",class="none"}': '0+96x60',
        'sluice_outbox_settled_total{service="worker",result="retried",class="transient"}': '0+4x60',
      },
      at: '40m',
    },
  },
  SluiceOutboxDeadLetters: {
    ...counts('sluice_outbox_captured_total', { service: 'worker', result: 'invalid' }),
    quiet: {
      series: { 'sluice_outbox_captured_total{service="worker",result="valid"}': '0+9x30' },
      at: '20m',
    },
  },
  SluiceOutboxCircuitOpen: {
    fires: { series: { 'sluice_outbox_open_circuits{service="api"}': '2x30' }, at: '11m' },
    quiet: { series: { 'sluice_outbox_open_circuits{service="api"}': '2x8 0x30' }, at: '11m' },
  },
  SluiceSyncOld: {
    fires: {
      series: { 'sluice_sync_lag_seconds{service="api",state="following"}': '180x5 180+60x30' },
      at: '32m',
    },
    quiet: {
      series: {
        'sluice_sync_lag_seconds{service="api",state="following"}': '200x40',
        'sluice_sync_lag_seconds{service="api",state="loading"}': '0+60x40',
      },
      at: '39m',
    },
  },
  SluiceWebhooksJournalSilent: {
    fires: { series: { 'sluice_webhooks_journal_silent_seconds{service="worker"}': '0+60x30' }, at: '14m' },
    quiet: {
      series: {
        'sluice_webhooks_journal_silent_seconds{service="worker"}': '2x30',
        'sluice_webhooks_journal_behind_seconds{service="worker"}': '200x30',
      },
      at: '29m',
    },
  },
  SluiceWebhooksJournalLost: {
    fires: { series: { 'sluice_webhooks_journal_losses_total{service="worker"}': '0x5 1x30' }, at: '10m' },
    quiet: { series: { 'sluice_webhooks_journal_losses_total{service="worker"}': '1x60' }, at: '30m' },
  },
  SluiceWebhooksJournalSetAside: {
    fires: { series: { 'sluice_webhooks_journal_set_aside_total{service="worker"}': '0x5 1x30' }, at: '10m' },
    quiet: { series: { 'sluice_webhooks_journal_set_aside_total{service="worker"}': '1x60' }, at: '30m' },
  },
  SluiceWebhooksMissed: {
    fires: {
      series: {
        'sluice_webhooks_missed{service="api"}': '0+3x120',
        'sluice_sync_seen_first{service="api",source="search"}': '0+5x120',
        'sluice_sync_seen_first{service="api",source="webhook"}': '0+10x120',
      },
      at: '90m',
    },
    quiet: [
      {
        series: {
          'sluice_webhooks_missed{service="api"}': '0+3x120',
          'sluice_sync_seen_first{service="api",source="search"}': '0+5x120',
          'sluice_sync_seen_first{service="api",source="journal"}': '0+40x120',
        },
        at: '90m',
      },
      // Each process says what is in the database: they are not to be added up.
      {
        series: {
          'sluice_webhooks_missed{service="api",instance="a"}': '0+1x120',
          'sluice_webhooks_missed{service="api",instance="b"}': '0+1x120',
          'sluice_sync_seen_first{service="api",instance="a",source="search"}': '0+5x120',
          'sluice_sync_seen_first{service="api",instance="b",source="search"}': '0+5x120',
        },
        at: '90m',
      },
    ],
  },
  SluiceSyncFailureShare: {
    fires: {
      series: {
        'sluice_sync_runs_total{service="worker",ended="done"}': '0+90x60',
        'sluice_sync_runs_total{service="worker",ended="failed"}': '0+10x60',
      },
      at: '35m',
    },
    quiet: {
      series: {
        'sluice_sync_runs_total{service="worker",ended="done"}': '0+96x60',
        'sluice_sync_runs_total{service="worker",ended="failed"}': '0+4x60',
        'sluice_sync_runs_total{service="worker",ended="lost"}': '0+90x60',
      },
      at: '45m',
    },
  },
  SluiceSyncUnhandled: counts('sluice_sync_failures_total', { ...worker, class: 'unhandled' }),
  SluiceSyncDeletesHeld: {
    fires: {
      series: {
        'sluice_sync_held_deletes{service="api",instance="a",portal="62515",type="contacts"}': '0 150x30',
        'sluice_sync_held_deletes{service="api",instance="b",portal="62515",type="contacts"}': '0 150x30',
      },
      ...{ at: '8m', labels: { portal: '62515', type: 'contacts' } },
    },
    quiet: {
      series: { 'sluice_sync_held_deletes{service="api",portal="62515",type="contacts"}': '150x3 _x30' },
      at: '12m',
    },
  },
  SluiceSyncPagesSlow: {
    fires: {
      series: {
        'sluice_sync_page_seconds_bucket{service="worker",le="2.5"}': '0+90x30',
        'sluice_sync_page_seconds_bucket{service="worker",le="5"}': '0+100x30',
        'sluice_sync_page_seconds_bucket{service="worker",le="+Inf"}': '0+100x30',
      },
      at: '20m',
    },
    quiet: {
      series: {
        'sluice_sync_page_seconds_bucket{service="worker",le="1"}': '0+1000x30',
        'sluice_sync_page_seconds_bucket{service="worker",le="2.5"}': '0+1001x30',
        'sluice_sync_page_seconds_bucket{service="worker",le="+Inf"}': '0+1001x30',
      },
      at: '20m',
    },
  },
};
