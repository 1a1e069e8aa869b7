import { randomBytes, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { Services } from '../../scripts/lib/services.mjs';
import { newApiKey, storeApiKey } from '../../src/db/workspaces/apiKeys.js';
import '../../src/db/pool.js'; // bigints as text, as in production
import { forWorkspace } from '../../src/db/tenant.js';
import { ensureDefaultWorkspace } from '../../src/db/workspaces/workspaces.js';
import { createApiClient, type ApiClient, type Rate } from './apiClient.js';
import { createProcess, type ProcessHandle } from './process.js';
import { createSandboxClient, type SandboxClient } from './sandboxClient.js';
import { createDatabase, createNamespace, provideServers, type ServerOptions } from './servers.js';

export type { ProcessHandle } from './process.js';
export { until } from './until.js';

const BUILT_TSCONFIG = path.join(import.meta.dirname, 'builtTsconfig.json');

export interface StackOptions extends ServerOptions {
  readonly apis?: number;
  /** Processes that take HubSpot's calls and nothing else, as in production. Where there are any, calls go to them. */
  readonly intakes?: number;
  readonly workers?: number;
  /** How the processes reach the database, given its URL: through a pooler, say. */
  readonly databaseThrough?: (url: string) => string;
  /**
   * Where another version of the project is: all but the sandbox run its sources, until they are restarted in another
   * one. Where it is absent, they run what `npm run build` has made of this one, as production does.
   */
  readonly root?: string;
  /** For all but the sandbox, on top of what the stack sets. `PUBLIC_URL` is each one's own unless named here. */
  readonly env?: Readonly<Record<string, string>>;
  readonly sandboxEnv?: Readonly<Record<string, string>>;
}

/** A workflow of a sandbox portal, and where its executions wait. */
export interface Flow {
  readonly portalId: number;
  readonly workflowId: number;
  readonly actionDefinitionId: number;
  readonly actionIds: readonly number[];
}

/**
 * The whole service as it runs in production: Postgres, Temporal, the sandbox, APIs and workers, each a real process,
 * in a database and a namespace of its own. Every process can be killed and started again.
 */
export interface Stack {
  /** Logs and data. `stop()` removes them, unless it is called with `keep`. */
  readonly dir: string;
  readonly apis: readonly ProcessHandle[];
  readonly intakes: readonly ProcessHandle[];
  readonly workers: readonly ProcessHandle[];
  readonly sandboxProcess: ProcessHandle;
  readonly sandbox: SandboxClient;
  /** A client of the first API, with a key that has every scope. */
  readonly api: ApiClient;
  /** A pool of the database's owner: for checks, and for what only a test does. */
  readonly pool: pg.Pool;
  /** How `pool` connects. */
  readonly databaseAdminUrl: string;
  /** A client of Temporal, in the stack's namespace. */
  readonly temporal: Client;
  /** Set when Postgres and Temporal were started here: tests may kill and restart them. */
  readonly services: Services | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: {
    readonly apiKey: string;
    readonly clientSecret: string;
    /** With which each portal was connected here. */
    readonly tokens: ReadonlyMap<number, string>;
  };
  /** Installs the app in a new portal of the sandbox and hands its token to Sluice. */
  connectPortal(portalId?: number): Promise<number>;
  /** A workflow with a throttled step for each entry of `steps`. The rate goes with the step's own input fields. */
  addFlow(
    portalId: number,
    plan?: {
      steps?: readonly FlowStep[];
      signature?: 'v2' | 'v3' | 'both';
      api?: number;
      /** An action of one's own, in place of the throttle. */
      action?: string;
    },
  ): Promise<Flow>;
  /** The URL at which HubSpot calls an intake of this stack, or an API where it has none, as it is signed. */
  actionUrl(target?: number): string;
  startWorker(env?: Readonly<Record<string, string>>): ProcessHandle;
  /** Everything that the stack's processes and servers have printed, by file. */
  logs(): Readonly<Record<string, string>>;
  stop(options?: { keep?: boolean }): Promise<void>;
}

export interface FlowStep {
  readonly rate?: Rate;
  readonly queue?: string;
  readonly inputFields?: Readonly<Record<string, string>>;
  /** False: its calls have no `context.actionId`. */
  readonly namesStep?: boolean;
}

/**
 * Starts the whole stack. When that fails it leaves no process behind, and the error names the folder of the logs. It
 * is one function in spite of its length: each part needs those before it, and all stop in the reverse order.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-stack-'));
  const logs = path.join(dir, 'logs');
  mkdirSync(logs);
  const undo: (() => unknown)[] = [];

  async function stop({ keep = false }: { keep?: boolean } = {}): Promise<void> {
    const failures: unknown[] = [];
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (error) {
        failures.push(error); // the other parts are stopped all the same
      }
    }
    undo.length = 0;
    if (!keep) rmSync(dir, { recursive: true, force: true });
    if (failures.length > 0) throw new AggregateError(failures, 'The stack did not stop in order');
  }

  try {
    return await boot();
  } catch (error) {
    await stop({ keep: true }).catch(() => undefined); // the first error is the one to throw
    throw new Error(`The stack does not start; its logs are in ${logs}`, { cause: error });
  }

  async function boot(): Promise<Stack> {
    const servers = await provideServers(path.join(dir, 'servers'), options);
    if (servers.own) undo.push(() => servers.own?.stop());
    const [database, namespace] = await Promise.all([
      createDatabase(servers.databaseAdminUrl),
      createNamespace(servers.temporalAddress),
    ]);
    if (!servers.own?.postgres) undo.push(() => database.drop());
    const pool = new pg.Pool({ connectionString: database.adminUrl, max: 4, options: '-c jit=off' });
    pool.on('error', ignoreLostConnection);
    undo.push(() => pool.end());
    const connection = Connection.lazy({ address: servers.temporalAddress });
    undo.push(() => connection.close());
    const temporal = new Client({ connection, namespace });

    const clientSecret = `canary-secret-${randomBytes(12).toString('hex')}`;
    const app = { id: String(1_512_050), clientId: 'stack-client-id' };
    const env: Record<string, string> = {
      NODE_ENV: 'test',
      DATABASE_URL: options.databaseThrough?.(database.url) ?? database.url,
      TEMPORAL_ADDRESS: servers.temporalAddress,
      TEMPORAL_NAMESPACE: namespace,
      HUBSPOT_APP_ID: app.id,
      HUBSPOT_CLIENT_ID: app.clientId,
      HUBSPOT_CLIENT_SECRET: clientSecret,
      ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
      LOG_LEVEL: 'info',
      HUBSPOT_ENABLED: 'true',
      // Definitions in TypeScript import what was built, which the paths of this project would keep from them.
      ...(options.root === undefined && { TSX_TSCONFIG_PATH: BUILT_TSCONFIG }),
      ...options.env,
    };

    const main = (script: string) => (options.root ? `src/${script}.ts` : `dist/${script}.js`);
    function add(name: string, script: string, processEnv: Readonly<Record<string, string>>): ProcessHandle {
      const root = script.startsWith('sandbox/') ? undefined : options.root;
      const log = path.join(logs, `${name}.log`);
      const handle = createProcess({ name, script, root, env: processEnv, log });
      undo.push(() => handle.stop());
      handle.start();
      return handle;
    }

    const sandboxProcess = add('sandbox', 'sandbox/main.ts', {
      SANDBOX_PORT: String(await freePort()), // named, so that it is the same after a restart
      SANDBOX_CLIENT_SECRET: clientSecret,
      SANDBOX_CLIENT_ID: app.clientId,
      SANDBOX_APP_ID: app.id,
      ...options.sandboxEnv,
    });
    await sandboxProcess.waitReady();
    env.HUBSPOT_API_BASE_URL ??= sandboxProcess.url;

    const workers: ProcessHandle[] = [];
    const startWorker: Stack['startWorker'] = (more = {}) => {
      const worker = add(`worker-${workers.length + 1}`, main('worker/main'), {
        ...env,
        METRICS_PORT: '0',
        ...more,
      });
      workers.push(worker);
      return worker;
    };
    for (let n = 0; n < (options.workers ?? 1); n += 1) startWorker();

    const apis: ProcessHandle[] = [];
    for (let n = 0; n < (options.apis ?? 1); n += 1) {
      const port = await freePort();
      const at = { PORT: String(port), API_METRICS_PORT: '0', PUBLIC_URL: env.PUBLIC_URL ?? origin(port) };
      apis.push(add(`api-${n + 1}`, main('api/main'), { ...env, ...at }));
    }
    const intakes: ProcessHandle[] = [];
    for (let n = 0; n < (options.intakes ?? 0); n += 1) {
      const port = await freePort();
      const at = { INTAKE_PORT: String(port), INTAKE_METRICS_PORT: '0' };
      const publicUrl = env.PUBLIC_URL ?? origin(port);
      intakes.push(add(`intake-${n + 1}`, main('api/intakeMain'), { ...env, ...at, PUBLIC_URL: publicUrl }));
    }

    const apiKey = newApiKey('test');
    const workspaceId = await ensureDefaultWorkspace(pool);
    await storeApiKey(forWorkspace(pool, workspaceId), {
      workspaceId,
      name: 'stack',
      key: apiKey,
      scopes: ['throttle:read', 'throttle:write', 'admin'],
      createdBy: 'test',
    });
    await Promise.all([...apis, ...intakes, ...workers].map((one) => one.waitReady()));

    const sandbox = createSandboxClient(() => sandboxProcess.url);
    const api = createApiClient(() => nth(apis, 0).url, apiKey.reveal());
    const tokens = new Map<number, string>();
    const called = intakes.length > 0 ? intakes : apis;
    const actionUrl = (target = 0) =>
      `${env.PUBLIC_URL ?? origin(Number(new URL(nth(called, target).url).port))}/api/hubspot/action`;
    return {
      dir,
      apis,
      intakes,
      workers,
      sandboxProcess,
      sandbox,
      api,
      pool,
      databaseAdminUrl: database.adminUrl,
      temporal,
      services: servers.own,
      env,
      secrets: { apiKey: apiKey.reveal(), clientSecret, tokens },
      startWorker,
      actionUrl,
      async connectPortal(portalId = randomInt(10_000_000, 99_999_999)) {
        await sandbox.createPortal(portalId);
        const { accessToken } = await sandbox.install(portalId);
        tokens.set(portalId, accessToken);
        await api.must('POST', '/api/portals', { portalId, accessToken });
        return portalId;
      },
      async addFlow(portalId, plan = {}) {
        const { steps = [{}], signature = 'v2', api: target = 0, action } = plan;
        const { actionDefinitionId } = await sandbox.addAction(portalId, {
          actionUrl: actionUrl(target) + (action === undefined ? '' : `s/${action}`),
          signature,
        });
        const flow = await sandbox.addWorkflow(portalId, {
          steps: steps.map((step) => ({
            ...{ actionDefinitionId, inputFields: inputsOf(step) },
            namesStep: step.namesStep ?? true,
          })),
        });
        const actionIds = flow.steps.map((step) => step.actionId);
        return { portalId, workflowId: flow.workflowId, actionDefinitionId, actionIds };
      },
      logs: () =>
        Object.fromEntries(
          [logs, path.join(dir, 'servers', 'logs')].flatMap((folder) =>
            filesOf(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
          ),
        ),
      stop,
    };
  }
}

const origin = (port: number) => `http://127.0.0.1:${port}`;

function inputsOf({ rate, queue, inputFields }: FlowStep): Record<string, string> {
  return {
    ...(rate && {
      max_throughput: String(rate.limit),
      time: String(rate.intervalMs / 1000),
      period: 'seconds',
    }),
    ...(queue !== undefined && { queue }),
    ...inputFields,
  };
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.log'));
  } catch {
    return []; // the servers were given, and their logs are not here
  }
}

function nth<T>(list: readonly T[], n: number): T {
  const one = list[n];
  if (one === undefined) throw new Error(`The stack was started with ${list.length} of them, not ${n + 1}`);
  return one;
}

/** A port for a process that keeps it over restarts: the URL that HubSpot signs contains it. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Faults end connections, and the pool makes new ones. */
function ignoreLostConnection(): void {}
