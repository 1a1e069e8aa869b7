import type { EdgeVerification } from '../../sandbox/crm/edgeVerification.js';
import type { Verification } from '../../sandbox/crm/verification.js';
import type { Settings } from '../../sandbox/settings.js';
import type { FaultPlan } from '../../sandbox/faults/faults.js';
import type { Report } from '../../sandbox/throttle/report.js';
import type { OAuthTally } from '../../sandbox/oauth/oauthTally.js';
import type { RecordedRequest } from '../../sandbox/hubspot/recorder.js';
import type { WebhooksPlan } from '../../sandbox/webhooks/webhooksPlan.js';
import type { Journal } from '../../sandbox/webhooks/journal.js';
import type { Tally } from '../../sandbox/webhooks/tally.js';

export type { FaultPlan, RecordedRequest, Report };
export type OAuthReport = ReturnType<OAuthTally['report']>;
export type LaneReport = Report['lanes'][number];

export interface StepPlan {
  readonly actionDefinitionId: number;
  readonly actionId?: number;
  readonly inputFields: Readonly<Record<string, string>>;
  readonly namesStep?: boolean;
}

export interface EnrolPlan {
  readonly count: number;
  readonly ratePerSecond?: number;
  readonly concurrency?: number;
  readonly callsEach?: number;
}

/** One action call as HubSpot sees it. */
export interface SandboxExecution {
  readonly callbackId: string;
  readonly actionId: number;
  readonly state: 'calling' | 'retrying' | 'waiting' | 'completed' | 'answered' | 'failed' | 'expired';
  readonly attempts: number;
  readonly blockedMs: number | null;
  /** When its hold ends, by the sandbox's clock. */
  readonly dueMs: number | null;
  readonly completedMs: number | null;
  /** When it was completed once more although its answer had reached the caller. */
  readonly repeatedMs: number | null;
  readonly outcome: string | null;
  readonly outputs: Readonly<Record<string, string>> | null;
}

export interface Enrolments {
  readonly total: number;
  readonly byState: Readonly<Record<string, number>>;
  /** The first hundred. */
  readonly items: readonly { readonly state: string; readonly current: SandboxExecution | null }[];
}

type Verified = ReturnType<Verification['finish']> & {
  readonly associations: ReturnType<EdgeVerification['finish']>;
};

/** The webhooks journal, and who has asked for what of it. */
type JournalShown = ReturnType<Journal['show']> & { readonly tokens: number };

/** What became of the events of webhooks. */
type WebhookCounts = ReturnType<Tally['show']> & { readonly plan: WebhooksPlan | null };

export type SandboxClient = ReturnType<typeof createSandboxClient>;

/** The sandbox's control API, typed. A refusal is thrown with the sandbox's reason. */
export function createSandboxClient(url: () => string) {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url()}/_sandbox${path}`, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  const query = (values: Readonly<Record<string, string | number | undefined>>) => {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(values))
      if (value !== undefined) given.set(name, String(value));
    return given.size === 0 ? '' : `?${given.toString()}`;
  };

  return {
    health: () => call<{ seed: number; nowMs: number; requests: number }>('GET', '/health'),
    reset: () => call<void>('POST', '/reset', {}),
    settings: (patch: Partial<Settings>) => call<Settings>('PATCH', '/settings', patch),
    createPortal: (portalId: number, name?: string, timeZone?: string, withheldScopes?: readonly string[]) =>
      call<unknown>('POST', '/portals', { portalId, name, timeZone, withheldScopes }),
    install: (portalId: number, lifetimeSeconds: number | null = null) =>
      call<{ accessToken: string; refreshToken: string }>('POST', `/portals/${portalId}/install`, {
        lifetimeSeconds,
      }),
    /** Where a click on Allow (or Deny) on the page at `url` would lead. */
    authorize: (portalId: number, url: string, more: { deny?: boolean; scopes?: readonly string[] } = {}) =>
      call<{ location: string }>('POST', '/oauth/authorize', { portalId, url, ...more }),
    /** Where HubSpot leads whoever begins an install there. */
    beginInstall: (portalId: number, redirectUri: string) =>
      call<{ location: string }>('POST', `/portals/${portalId}/begin`, { redirectUri, origin: url() }),
    uninstall: (portalId: number) => call<void>('POST', `/portals/${portalId}/uninstall`),
    /** Its refresh tokens die; access tokens live on until they expire. */
    revoke: (portalId: number) => call<{ revoked: number }>('POST', `/portals/${portalId}/revoke`),
    grantOnly: (portalId: number, scopes: readonly string[]) =>
      call<unknown>('POST', `/portals/${portalId}/scopes`, { scopes }),
    oauthReport: () => call<OAuthReport>('GET', '/oauth/report'),
    /** The old secrets stay valid until `retireOldSecrets`. */
    rotateSecret: (clientSecret?: string) =>
      call<{ clientSecret: string }>('POST', '/app/secrets', { clientSecret }),
    retireOldSecrets: () => call<{ retired: number }>('DELETE', '/app/secrets'),
    addAction: (
      portalId: number,
      plan:
        | { actionUrl: string; actionDefinitionId?: number; signature?: 'v2' | 'v3' | 'both' }
        | { definitionId: number; asDeveloper: true },
    ) => call<{ actionDefinitionId: number }>('POST', `/portals/${portalId}/actions`, plan),
    /** As the editor of steps does when somebody opens a drop-down. */
    fetchOptions: (
      portalId: number,
      actionId: number,
      plan: { field: string; inputFields: Readonly<Record<string, string>>; q?: string },
    ) =>
      call<{ status: number; body: { options: { label: string; value: string }[] } }>(
        ...(['POST', `/portals/${portalId}/actions/${actionId}/options`, plan] as const),
      ),
    callAsAgent: (
      portalId: number,
      actionId: number,
      plan: { inputFields: Readonly<Record<string, string>>; withCallback?: boolean },
    ) =>
      call<{ status: number; outputs: Readonly<Record<string, string>> | null; callbackId: string | null }>(
        ...(['POST', `/portals/${portalId}/actions/${actionId}/agent`, plan] as const),
      ),
    addWorkflow: (
      portalId: number,
      plan: { name?: string; workflowId?: number; steps: readonly StepPlan[] },
    ) =>
      call<{ workflowId: number; steps: { actionId: number; actionDefinitionId: number }[] }>(
        'POST',
        `/portals/${portalId}/workflows`,
        plan,
      ),
    enrol: (portalId: number, workflowId: number, plan: EnrolPlan) =>
      call<{ batchId: string }>('POST', `/portals/${portalId}/workflows/${workflowId}/enrol`, plan),
    enrolments: ({
      portalId,
      workflowId,
      batchId,
    }: { portalId?: number; workflowId?: number; batchId?: string } = {}) =>
      call<Enrolments>('GET', `/enrolments${query({ portalId, workflowId, batchId })}`),
    report: (wanted: { windowMs?: number; portalId?: number; workflowId?: number } = {}) =>
      call<Report>('GET', `/report${query(wanted)}`),
    requests: (wanted: { portalId?: number; after?: number; limit?: number } = {}) =>
      call<{ items: RecordedRequest[]; next: number }>('GET', `/requests${query(wanted)}`),
    fault: (plan: FaultPlan) => call<{ id: string }>('POST', '/faults', plan),
    faults: () => call<{ items: (FaultPlan & { id: string; hits: number })[] }>('GET', '/faults'),
    endFault: (id: string) => call<void>('DELETE', `/faults/${id}`),
    endFaults: () => call<void>('DELETE', '/faults'),
    foreign: (
      portalId: number,
      ratePerSecond: number,
      seconds: number,
      bucket: 'app' | 'search' | 'associations' = 'app',
    ) => call<unknown>('POST', `/portals/${portalId}/foreign`, { ratePerSecond, seconds, bucket }),
    /** So many records of a kind; `{n}` in a value is a record's number. */
    seed: (
      portalId: number,
      type: string,
      count: number,
      properties: Readonly<Record<string, string>> = {},
    ) => call<unknown>('POST', `/portals/${portalId}/crm/${type}/seed`, { count, properties }),
    /** A mirror's rows against the sandbox's own records. */
    verify(
      rows: readonly object[],
      wanted: { portalId?: number; types?: string; properties?: string; pairs?: string } = {},
    ) {
      const lines = rows.map((row) => JSON.stringify(row)).join('\n');
      return call<Verified>('POST', `/verify${query(wanted)}`, lines);
    },
    crm: (portalId: number) =>
      call<{ records: Record<string, number>; events: Record<string, number> }>(
        'GET',
        `/portals/${portalId}/crm`,
      ),
    /** Where events of all portals with the app go from now on. */
    setWebhooks: (plan: Partial<WebhooksPlan> & { targetUrl: string }) =>
      call<WebhookCounts>('PUT', '/webhooks', plan),
    webhooks: () => call<WebhookCounts>('GET', '/webhooks'),
    journal: () => call<JournalShown>('GET', '/journal'),
    /** Events of the webhooks journal, as they are given. */
    publish: (events: readonly object[]) => call<undefined>('POST', '/journal/events', { events }),
    loseJournal: (plan: { readonly keepEvents?: boolean } = {}) =>
      call<undefined>('POST', '/journal/lose', plan),
    endWebhooks: () => call<WebhookCounts>('DELETE', '/webhooks', {}),
    execution: (callbackId: string) => call<SandboxExecution>('GET', `/callbacks/${callbackId}`),
    expire: (callbackId: string) => call<void>('POST', `/callbacks/${callbackId}/expire`),
    completeByOthers: (callbackId: string) => call<void>('POST', `/callbacks/${callbackId}/complete`),
  };
}
