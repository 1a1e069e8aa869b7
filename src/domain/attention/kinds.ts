/*
 * What somebody has to know of or do something about, as a closed vocabulary: the API, the command line and pages say
 * the same of it. Rooms find the things (their `attention`); what a thing of a kind means, and what mends it, stands
 * here.
 */

/** `urgent`: somebody loses by it now. `soon`: within the day. */
export const SEVERITIES = ['urgent', 'soon'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What an item is about; its id is that of such a thing. */
export const SUBJECTS = [
  'portal',
  'lane',
  'redrive',
  'sync',
  'consumer',
  'api_key',
  'encryption_key',
  'workspace',
  'check',
] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface AttentionMeaning {
  readonly severity: Severity;
  readonly about: Subject;
  /** What to do. `{id}` is what it is about, `{portalId}` its portal. */
  readonly mend: string;
  readonly command: string;
  /** The request of the API that does or shows the same. */
  readonly request: string;
  /** In docs, which `/docs/guide` serves. */
  readonly runbook: string;
}

/** The kinds, the most urgent first. */
export const ATTENTION = {
  not_ready: {
    severity: 'urgent',
    about: 'check',
    mend: 'Do what the check says; the log of the process has the words of the server',
    command: 'npx sluice status',
    request: 'GET /readyz',
    runbook: 'operations#what-readiness-proves',
  },
  audit_broken: {
    severity: 'urgent',
    about: 'workspace',
    mend: 'Have the whole chain read, and find out who wrote to the database beside the service',
    command: 'npx sluice audit verify',
    request: 'GET /api/audit/verify',
    runbook: 'operations#the-audit-chain-does-not-hold',
  },
  portal_reauth: {
    severity: 'urgent',
    about: 'portal',
    mend: 'Have the app installed anew in that account; what waits goes on by itself',
    command: 'npx sluice portals connect',
    request: 'POST /api/integrations/hubspot/links',
    runbook: 'operations#a-portal-needs-a-new-authorisation',
  },
  install_kept: {
    severity: 'urgent',
    about: 'portal',
    mend: 'See that the database takes rows; the API stores the install by itself within ten seconds then',
    command: 'npx sluice status',
    request: 'GET /readyz',
    runbook: 'operations#an-install-could-not-be-stored',
  },
  token_failing: {
    severity: 'urgent',
    about: 'portal',
    mend: 'Look at what HubSpot says of the refresh: it is tried again by itself, and nothing is sent after the end of the token',
    command: 'npx sluice portals show {portalId}',
    request: 'GET /api/portals/{portalId}',
    runbook: 'operations#all-refreshes-fail',
  },
  releases_suspended: {
    severity: 'urgent',
    about: 'portal',
    mend: 'Look at what HubSpot answers; one call finds out by itself when it is over',
    command: 'npx sluice portals requests {portalId} --status 4xx',
    request: 'GET /api/portals/{portalId}/requests',
    runbook: 'operations#executions-wait-too-long',
  },
  breaker_open: {
    severity: 'urgent',
    about: 'portal',
    mend: "Look at HubSpot's status page; the breaker closes by itself when a call gets through",
    command: 'npx sluice portals budget {portalId}',
    request: 'GET /api/portals/{portalId}/budget',
    runbook: 'operations#the-circuit-breaker-of-a-portal-is-open',
  },
  lane_behind: {
    severity: 'urgent',
    about: 'lane',
    mend: 'See that a worker runs and is ready, and what the lane waits for',
    command: 'npx sluice lanes show {id}',
    request: 'GET /api/lanes/{id}',
    runbook: 'operations#executions-wait-too-long',
  },
  expiry_near: {
    severity: 'urgent',
    about: 'lane',
    mend: 'Raise the rate of the lane, let it go on, or end what waits there',
    command: 'npx sluice lanes set {id} --rate 100/10s',
    request: 'PATCH /api/lanes/{id}',
    runbook: 'operations#executions-wait-too-long',
  },
  outbox_circuit_open: {
    severity: 'urgent',
    about: 'portal',
    mend: 'Look at the last error of what is tried again; deliveries are tried by themselves when the circuit half-closes',
    command: 'npx sluice outbox list --portal {portalId} --state retrying',
    request: 'GET /api/events?portalId={portalId}&state=retrying',
    runbook: 'outbox#when-a-portal-fails',
  },
  events_behind: {
    severity: 'urgent',
    about: 'portal',
    mend: 'See that a worker runs and is ready, and what the deliveries of the portal wait for',
    command: 'npx sluice outbox status --portal {portalId}',
    request: 'GET /api/outbox/stats?portalId={portalId}',
    runbook: 'outbox#when-a-portal-fails',
  },
  consumer_missed: {
    severity: 'urgent',
    about: 'consumer',
    mend: 'Have it read the records anew: some changes were removed before it had them',
    command: 'npx sluice consumers show {id}',
    request: 'GET /api/consumers/{id}',
    runbook: 'operations#consumers-of-the-feed',
  },
  consumer_behind: {
    severity: 'urgent',
    about: 'consumer',
    mend: 'See why it does not read: the mirror of its portals goes on by itself when it has caught up. Who is not needed any more is deleted',
    command: 'npx sluice consumers show {id}',
    request: 'GET /api/consumers/{id}',
    runbook: 'operations#consumers-of-the-feed',
  },
  feed_held: {
    severity: 'urgent',
    about: 'workspace',
    mend: 'End the transaction that somebody has left open: SELECT pg_terminate_backend(…), or ROLLBACK PREPARED',
    command: 'npx sluice consumers list',
    request: 'GET /api/consumers',
    runbook: 'operations#the-feed-waits-for-a-transaction',
  },
  executions_failed: {
    severity: 'soon',
    about: 'portal',
    mend: 'Look at the reasons, and send them again when those are gone',
    command: 'npx sluice executions list --portal {portalId} --state failed',
    request: 'GET /api/executions?portalId={portalId}&state=failed',
    runbook: 'operations#a-poison-callback',
  },
  executions_gone: {
    severity: 'soon',
    about: 'portal',
    mend: 'Look at the records in HubSpot: their workflow was changed or switched off while they waited',
    command: 'npx sluice executions list --portal {portalId} --state gone',
    request: 'GET /api/executions?portalId={portalId}&state=gone',
    runbook: 'operations#a-poison-callback',
  },
  executions_expired: {
    severity: 'soon',
    about: 'portal',
    mend: 'Raise the rate of their lanes: HubSpot had given them up before their turn came',
    command: 'npx sluice executions list --portal {portalId} --state expired',
    request: 'GET /api/executions?portalId={portalId}&state=expired',
    runbook: 'operations#executions-wait-too-long',
  },
  executions_refused: {
    severity: 'soon',
    about: 'portal',
    mend: 'Raise the rate of their lanes: their turn would have come later than HubSpot waits',
    command: 'npx sluice executions list --portal {portalId} --state refused',
    request: 'GET /api/executions?portalId={portalId}&state=refused',
    runbook: 'operations#executions-wait-too-long',
  },
  executions_rejected: {
    severity: 'soon',
    about: 'portal',
    mend: 'Look at the reasons: the definition of the action in HubSpot may be another one than this service knows',
    command: 'npx sluice executions list --portal {portalId} --state rejected',
    request: 'GET /api/executions?portalId={portalId}&state=rejected',
    runbook: 'connecting#when-something-is-wrong',
  },
  lane_paused: {
    severity: 'soon',
    about: 'lane',
    mend: 'Let it go on when the reason is gone',
    command: 'npx sluice lanes resume {id}',
    request: 'PATCH /api/lanes/{id}',
    runbook: 'operations#a-lane-is-paused',
  },
  portal_blocked: {
    severity: 'soon',
    about: 'portal',
    mend: 'Find out what else uses the limit of this account; it goes on by itself',
    command: 'npx sluice portals budget {portalId}',
    request: 'GET /api/portals/{portalId}/budget',
    runbook: 'operations#budget-exhausted-429',
  },
  day_limit_near: {
    severity: 'soon',
    about: 'portal',
    mend: 'Find out which apps of the account use it up: at its end all that is sent for the portal waits until midnight',
    command: 'npx sluice portals budget {portalId}',
    request: 'GET /api/portals/{portalId}/budget',
    runbook: 'operations#a-day-is-nearly-used-up',
  },
  error_share: {
    severity: 'soon',
    about: 'portal',
    mend: 'Find the calls that fail, and stop what makes them',
    command: 'npx sluice portals requests {portalId} --status 4xx',
    request: 'GET /api/portals/{portalId}/requests',
    runbook: 'operations#too-many-errors',
  },
  scopes_missing: {
    severity: 'soon',
    about: 'portal',
    mend: 'Have the app installed anew in that account, which asks for what is missing, or switch the feature off',
    command: 'npx sluice portals connect',
    request: 'POST /api/integrations/hubspot/links',
    runbook: 'operations#connecting-a-portal',
  },
  portal_disconnecting: {
    severity: 'soon',
    about: 'portal',
    mend: 'See that a worker runs, and what its workflow waits for',
    command: 'npx sluice portals show {portalId}',
    request: 'GET /api/portals/{portalId}',
    runbook: 'operations#disconnecting-a-portal',
  },
  outbox_paused: {
    severity: 'soon',
    about: 'portal',
    mend: 'Let the deliveries go on when the reason is gone',
    command: 'npx sluice outbox resume {portalId}',
    request: 'POST /api/outbox/portals/{portalId}/resume',
    runbook: 'outbox#when-a-portal-fails',
  },
  sync_paused: {
    severity: 'soon',
    about: 'sync',
    mend: 'Do what the reason says, then let it go on; what changed meanwhile is read then',
    command: 'npx sluice sync list --portal {portalId}',
    request: 'GET /api/sync?portalId={portalId}',
    runbook: 'architecture#the-mirror',
  },
  sync_deletes_held: {
    severity: 'soon',
    about: 'sync',
    mend: 'Look in HubSpot whether so many records were meant to be deleted: release the deletes, or have the records stay in the mirror (`refuse_deletes`)',
    command: 'npx sluice sync list --portal {portalId}',
    request: 'GET /api/sync?portalId={portalId}',
    runbook: 'architecture#the-mirror',
  },
  consumer_failing: {
    severity: 'soon',
    about: 'consumer',
    mend: 'Look at what its receiver answers: it is called again by itself, with growing pauses',
    command: 'npx sluice consumers show {id}',
    request: 'GET /api/consumers/{id}',
    runbook: 'operations#consumers-of-the-feed',
  },
  consumer_dead_letters: {
    severity: 'soon',
    about: 'consumer',
    mend: 'Mend the receiver, then have them sent again; within a week of the change',
    command: 'npx sluice consumers redrive {id}',
    request: 'POST /api/consumers/{id}/dead-letters',
    runbook: 'operations#consumers-of-the-feed',
  },
  sync_failing: {
    severity: 'soon',
    about: 'sync',
    mend: 'Look at the reason: it is tried again by itself, with growing pauses',
    command: 'npx sluice sync list --portal {portalId}',
    request: 'GET /api/sync?portalId={portalId}',
    runbook: 'architecture#the-mirror',
  },
  answers_unclear: {
    severity: 'soon',
    about: 'portal',
    mend: "Look at the events' last error: where the portal lacks a definition, make it; else HubSpot has changed its answers, and an update may be needed",
    command: 'npx sluice outbox list --portal {portalId} --error-class unclear',
    request: 'GET /api/events?portalId={portalId}&errorClass=unclear',
    runbook: 'outbox#what-comes-after-a-failure',
  },
  records_in_conflict: {
    severity: 'soon',
    about: 'portal',
    mend: 'Look at the two records in HubSpot and say which is which: merge them, or give one the key',
    command: 'npx sluice outbox list --portal {portalId} --error-class conflict',
    request: 'GET /api/events?portalId={portalId}&errorClass=conflict',
    runbook: 'outbox#what-comes-after-a-failure',
  },
  dead_letters: {
    severity: 'soon',
    about: 'portal',
    mend: 'Look at the reasons; then send them again, or discard them',
    command: 'npx sluice outbox dead --portal {portalId}',
    request: 'GET /api/outbox/dead-letters?portalId={portalId}',
    runbook: 'outbox#dead-letters',
  },
  events_unassigned: {
    severity: 'soon',
    about: 'workspace',
    mend: 'Look at the reasons: no portal could be found for these events',
    command: 'npx sluice outbox dead',
    request: 'GET /api/outbox/dead-letters',
    runbook: 'outbox#dead-letters',
  },
  redrive_failed: {
    severity: 'soon',
    about: 'redrive',
    mend: 'Look at its reason, and ask for it anew: what it has moved stays moved',
    command: 'npx sluice outbox redrives {id}',
    request: 'GET /api/outbox/redrives/{id}',
    runbook: 'outbox#dead-letters',
  },
  notices_failing: {
    severity: 'soon',
    about: 'workspace',
    mend: "See that the workspace's URL takes them, and have them sent again",
    command: 'npx sluice notices list --state failed',
    request: 'GET /api/notices?state=failed',
    runbook: 'operations#a-notice-does-not-arrive',
  },
  api_key_ends: {
    severity: 'soon',
    about: 'api_key',
    mend: 'Make its successor, which the program takes before the end',
    command: 'npx sluice api-keys rotate {id}',
    request: 'POST /api/keys/{id}/rotate',
    runbook: 'operations#deploying',
  },
  encryption_key_retired: {
    severity: 'soon',
    about: 'encryption_key',
    mend: 'Wrap the data keys anew; then the old key may be taken out of ENCRYPTION_KEYS',
    command: 'npx sluice encryption-keys rotate',
    request: 'GET /api/workspace',
    runbook: 'operations#replacing-an-encryption-key',
  },
} as const satisfies Readonly<Record<string, AttentionMeaning>>;

export type AttentionKind = keyof typeof ATTENTION;
export const ATTENTION_KINDS = Object.keys(ATTENTION) as [AttentionKind, ...AttentionKind[]];
