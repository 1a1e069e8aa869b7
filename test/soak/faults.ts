import { setTimeout as delay } from 'node:timers/promises';
import { installApp } from '../support/installApp.js';
import { hammerLists, otherTenant } from '../support/otherTenant.js';
import type { FaultPlan } from '../support/sandboxClient.js';
import type { ProcessHandle, Stack } from '../support/stack.js';

/** What faults play with. Every choice is made by the number that the plan has for it. */
export interface FaultScene {
  readonly stack: Stack;
  /** Portals whose calls HubSpot may answer badly. */
  readonly portalIds: readonly number[];
  /** Those of them in which a person installed the app, so that access comes back. */
  readonly installedIds: readonly number[];
  insist<T>(what: string, work: () => Promise<T>): Promise<T>;
}

export interface SoakFault {
  readonly kind: string;
  readonly title: string;
  /** What it takes hold of: one at a time for each. */
  readonly on:
    | 'api'
    | 'worker'
    | 'steady api'
    | 'steady worker'
    | 'temporal'
    | 'postgres'
    | 'hubspot'
    | 'tenant'
    | 'access';
  /** The answer to a call may get lost by it. */
  readonly disrupts?: true;
  /** Begins the fault, and ends it; `choice` and `lastsMs` are the plan's. What it killed is started by the soak. */
  play(scene: FaultScene, choice: number, lastsMs: number): Promise<void>;
}

const hubspot = (
  kind: string,
  title: string,
  plan: Omit<FaultPlan, 'portalId'>,
  from: 'portalIds' | 'installedIds' = 'portalIds',
): SoakFault => ({
  kind: `hubspot-${kind}`,
  title,
  on: 'hubspot',
  ...(plan.kind === 'status' ? {} : { disrupts: true as const }),
  async play({ stack, [from]: ids }, choice, lastsMs) {
    const portalId = ids[choice % ids.length]!;
    const { id } = await stack.sandbox.fault({ ...plan, portalId });
    await delay(lastsMs); // the time is the fault itself
    await stack.sandbox.endFault(id);
  },
});

async function stopped(process: ProcessHandle, lastsMs: number): Promise<void> {
  process.signal('SIGSTOP');
  await delay(lastsMs); // the time is the fault itself
  process.signal('SIGCONT');
}

/*
 * The first API and the first worker live through all of it, so that their memory can be looked at: what kills a
 * process kills the others.
 */
export const SOAK_FAULTS: readonly SoakFault[] = [
  {
    kind: 'worker-killed',
    title: 'a worker is killed (SIGKILL)',
    on: 'worker',
    disrupts: true,
    play: async ({ stack }) => void (await stack.workers[1]!.kill('SIGKILL')),
  },
  {
    kind: 'worker-ended',
    title: 'a worker is asked to end (SIGTERM), as in a deployment',
    on: 'worker',
    play: async ({ stack }) => void (await stack.workers[1]!.kill('SIGTERM')),
  },
  {
    kind: 'worker-stopped',
    title: 'a worker stands still (SIGSTOP), and goes on',
    on: 'steady worker',
    disrupts: true,
    play: ({ stack }, _choice, lastsMs) => stopped(stack.workers[0]!, 2 * lastsMs),
  },
  {
    kind: 'api-killed',
    title: 'an API is killed (SIGKILL)',
    on: 'api',
    disrupts: true,
    play: async ({ stack }) => void (await stack.apis[1]!.kill('SIGKILL')),
  },
  {
    kind: 'api-stopped',
    title: 'an API stands still (SIGSTOP), and goes on',
    on: 'steady api',
    play: ({ stack }, _choice, lastsMs) => stopped(stack.apis[0]!, lastsMs),
  },
  {
    kind: 'temporal-killed',
    title: 'Temporal is killed, and starts again',
    on: 'temporal',
    disrupts: true,
    async play({ stack }, _choice, lastsMs) {
      await stack.services!.temporal!.child.kill();
      await delay(lastsMs); // the time is the fault itself
      await stack.services!.temporal!.restart();
    },
  },
  {
    kind: 'temporal-stopped',
    title: 'Temporal stands still (SIGSTOP), and goes on',
    on: 'temporal',
    async play({ stack }, _choice, lastsMs) {
      const { child } = stack.services!.temporal!;
      child.signal('SIGSTOP');
      await delay(lastsMs); // the time is the fault itself
      child.signal('SIGCONT');
    },
  },
  {
    kind: 'postgres-restarted',
    title: 'Postgres is restarted without warning (pg_ctl -m immediate)',
    on: 'postgres',
    disrupts: true,
    async play({ stack }) {
      const { child } = stack.services!.postgres!;
      child.signal('SIGQUIT', false);
      await child.exited;
      await stack.services!.postgres!.restart();
    },
  },
  {
    kind: 'backends-terminated',
    title: 'every third connection to Postgres is ended (pg_terminate_backend)',
    on: 'postgres',
    disrupts: true,
    async play({ stack, insist }, choice) {
      await insist('backends are ended', () =>
        stack.pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid % 3 = $1`,
          [choice % 3],
        ),
      );
    },
  },
  hubspot('429', 'HubSpot answers 429 to a third of the calls', {
    target: 'any',
    kind: 'status',
    status: 429,
    retryAfterSeconds: 1,
    share: 0.33,
  }),
  hubspot('5xx', 'HubSpot answers 503 to half of the calls', {
    target: 'any',
    kind: 'status',
    status: 503,
    share: 0.5,
  }),
  hubspot('lost', 'HubSpot does what it is asked, and the answers get lost', {
    target: 'any',
    kind: 'answerLost',
    share: 0.5,
  }),
  hubspot('slow', 'HubSpot takes a second and a half', { target: 'any', kind: 'latency', latencyMs: 1500 }),
  hubspot('html', 'HubSpot answers with a page of a proxy', { target: 'any', kind: 'html', share: 0.5 }),
  hubspot('423', 'HubSpot answers 423: the account is locked', {
    target: 'any',
    kind: 'status',
    status: 423,
    count: 5,
  }),
  hubspot('477', 'HubSpot answers 477: the account moves', {
    target: 'any',
    kind: 'status',
    status: 477,
    retryAfterSeconds: 3,
    count: 3,
  }),
  hubspot(
    '401',
    'HubSpot refuses tokens that are good',
    { target: 'callbacks', kind: 'status', status: 401, count: 3 },
    'installedIds',
  ),
  hubspot(
    '403',
    'HubSpot refuses completions for want of a scope',
    { target: 'callbacks', kind: 'status', status: 403, count: 3 },
    'installedIds',
  ),
  hubspot(
    'oauth',
    'HubSpot does not answer to refreshes of tokens',
    { target: 'oauth', kind: 'noAnswer' },
    'installedIds',
  ),
  {
    kind: 'uninstalled',
    title: 'the app is uninstalled, and installed again',
    on: 'access',
    async play({ stack, installedIds, insist }, choice, lastsMs) {
      const portalId = installedIds[choice % installedIds.length]!;
      await stack.sandbox.uninstall(portalId);
      await delay(lastsMs); // the time is the fault itself
      await insist('the app is installed again', () => installApp(stack, portalId));
    },
  },
  {
    kind: 'lists-hammered',
    title: 'a workspace asks for lists and statistics as fast as they are answered',
    on: 'tenant',
    async play({ stack, insist }, _choice, lastsMs) {
      const key = await insist('there is another workspace', () => otherTenant(stack, 20_000));
      await hammerLists(stack, key, 6, AbortSignal.timeout(lastsMs));
    },
  },
];
