import path from 'node:path';
import { runCommand, superviseChild } from './child.mjs';
import { answersOk } from './http.mjs';
import { NODE_FLAGS } from './nodeFlags.mjs';
import { programArgs, PROJECT } from './paths.mjs';
import { isReachable, pickPort } from './ports.mjs';
import { openServices } from './services.mjs';
import { noteEnd, noteRun } from './state.mjs';
import { Trouble } from './trouble.mjs';
import { until } from './until.mjs';

const READY_MS = 60_000;
const STOP_MS = 12_000; // a little more than the processes allow themselves
const PORTS = {
  postgres: 15_432,
  temporal: 7233,
  temporalUi: 8233,
  api: 3000,
  sandbox: 3001,
  worker: 9464,
  apiMetrics: 9465,
};

/** What the command line and `npm run smoke` need of the environment in which the processes run. */
const NOTED = [
  'NODE_ENV',
  'DATABASE_URL',
  'DATABASE_ADMIN_URL',
  'TEMPORAL_ADDRESS',
  'HUBSPOT_APP_ID',
  'HUBSPOT_CLIENT_ID',
  'HUBSPOT_CLIENT_SECRET',
  'HUBSPOT_API_BASE_URL',
  'ENCRYPTION_KEYS',
  'PUBLIC_URL',
];

/** What only the servers that were started here know; the rest stands in `.env`. */
const NOTED_OF_OURS = [
  'DATABASE_URL',
  'DATABASE_WORKER_URL',
  'DATABASE_ADMIN_URL',
  'TEMPORAL_ADDRESS',
  'PUBLIC_URL',
];

/**
 * The whole of Sluice on one machine: Postgres, Temporal, sandbox, API and worker are started in this order and
 * stopped in the reverse one. A database, a Temporal or a HubSpot that the environment names (DATABASE_URL,
 * TEMPORAL_ADDRESS, HUBSPOT_API_BASE_URL) is used instead of a new one.
 *
 * @param {{
 *   dir: string, home: string, own: boolean, env: NodeJS.ProcessEnv,
 *   progress: ReturnType<import('./progress.mjs').createProgress>, onCrash: (trouble: Error) => void,
 * }} options `own`: the settings are a user's, for HubSpot itself; nothing of them is made up here. `home`: where the
 * command line looks for what runs
 */
export async function createStack({ dir, home, own, env, progress, onCrash }) {
  const services = await openServices({ dir, say: (line) => progress.say(`    ${line}`), onCrash });
  const { state } = services;
  const processes = [];
  const urls = {};
  const apiKey = env.SLUICE_API_KEY ?? (own ? state.apiKey.replace('slc_dev_', 'slc_live_') : state.apiKey);
  const shared = own
    ? { ...env, SLUICE_API_KEY: apiKey }
    : {
        ...env,
        NODE_ENV: 'development',
        SLUICE_API_KEY: apiKey,
        HUBSPOT_APP_ID: env.HUBSPOT_APP_ID ?? '1',
        HUBSPOT_CLIENT_ID: env.HUBSPOT_CLIENT_ID ?? 'sandbox-client',
        HUBSPOT_CLIENT_SECRET: env.HUBSPOT_CLIENT_SECRET ?? state.clientSecret,
        ENCRYPTION_KEYS: env.ENCRYPTION_KEYS ?? state.encryptionKeys,
      };

  /** @param {{ restore?: string, replace?: boolean }} options */
  async function start({ restore, replace = false } = {}) {
    if (own) await progress.step('The settings of .env', checkSettings);
    await progress.step('Postgres', startDatabase, (said) => said);
    await progress.step('Temporal', startEngine, (said) => said);
    if (restore !== undefined)
      await progress.step(`Restore of ${restore}`, () => restoreBackup(restore, replace));
    await progress.step('Migrations, workspace and API key', prepareDatabase);
    if (!own)
      await progress.step(
        'Sandbox',
        startSandbox,
        () => urls.sandbox ?? `HubSpot itself, at ${shared.HUBSPOT_API_BASE_URL}`,
      );
    await progress.step('API', startApi, () => urls.api);
    await progress.step('Worker', startWorker, () => urls.worker);
    // The command line finds the running service here, and `npm run smoke` what it runs on.
    const noted = own ? NOTED_OF_OURS : NOTED;
    noteRun(home, {
      apiUrl: urls.api,
      apiKey,
      temporalAddress: shared.TEMPORAL_ADDRESS,
      environment: Object.fromEntries(noted.map((name) => [name, shared[name]]).filter(([, value]) => value)),
    });
  }

  /** Everything that is wrong is said at once, before a server is started. */
  const checkSettings = () =>
    runCommand(process.execPath, programArgs('cli/checkSettings'), {
      cwd: PROJECT,
      env: { DATABASE_URL: 'postgresql://made-by-npm-start/sluice', ...shared },
      what: 'the check of .env',
      log: services.log('settings'),
    });

  async function startDatabase() {
    if (env.DATABASE_URL) return `the one of DATABASE_URL, at ${new URL(env.DATABASE_URL).host}`;
    const postgres = await services.addPostgres({ port: PORTS.postgres });
    Object.assign(shared, {
      DATABASE_URL: postgres.appUrl,
      DATABASE_WORKER_URL: postgres.workerUrl,
      DATABASE_ADMIN_URL: postgres.adminUrl,
    });
    return `${postgres.version.split('-')[0]} on port ${postgres.port}`;
  }

  async function startEngine() {
    if (env.TEMPORAL_ADDRESS) {
      if (await isReachable(env.TEMPORAL_ADDRESS))
        return `the one of TEMPORAL_ADDRESS, at ${env.TEMPORAL_ADDRESS}`;
      throw new Trouble(`Nobody answers at TEMPORAL_ADDRESS, ${env.TEMPORAL_ADDRESS}.`, {
        advice: 'Start that server, or unset TEMPORAL_ADDRESS to have one started here.',
      });
    }
    const temporal = await services.addTemporal({
      ...{ port: PORTS.temporal, uiPort: PORTS.temporalUi, durable: own },
    });
    shared.TEMPORAL_ADDRESS = temporal.address;
    urls.temporalUi = temporal.uiUrl;
    return `${temporal.cli.version} from ${temporal.cli.from}, at ${temporal.address}`;
  }

  const prepareDatabase = () =>
    runCommand(process.execPath, [...programArgs('cli/setup'), '--json'], {
      cwd: PROJECT,
      env: shared,
      what: 'npm run setup',
      advice: env.DATABASE_URL
        ? 'Check DATABASE_URL and DATABASE_ADMIN_URL.'
        : own
          ? undefined
          : 'If an older checkout made this data and it may go: remove everything in .sluice/ but .sluice/own, and start again.',
      log: services.log('postgres'),
    });

  async function restoreBackup(file, replace) {
    const run = (script, ...args) =>
      runCommand(process.execPath, [...programArgs(`cli/${script}`), ...args], {
        ...{ cwd: PROJECT, env: shared, log: services.log('postgres') },
        what: script === 'migrate' ? 'npm run migrate' : 'npx sluice restore',
      });
    // Makes the database where there is none, and no workspace: the backup has some.
    await run('migrate');
    await run(
      'main',
      'restore',
      path.resolve(process.env.INIT_CWD ?? '.', file),
      ...(replace ? ['--replace'] : []),
    );
  }

  async function startSandbox() {
    if (env.HUBSPOT_API_BASE_URL) {
      // It may be a sandbox that runs already, which serves the main job as well.
      const origin = env.HUBSPOT_API_BASE_URL.replace(/\/$/, '');
      if (await answersOk(`${origin}/_sandbox/health`)) urls.sandbox = origin;
      return;
    }
    const port = await pickPort(PORTS.sandbox, {
      what: 'the sandbox',
      say: (line) => progress.say(`    ${line}`),
    });
    const url = `http://127.0.0.1:${port}`;
    await startProcess('sandbox', 'sandbox/main', `${url}/_sandbox/health`, {
      SANDBOX_PORT: String(port),
      SANDBOX_APP_ID: shared.HUBSPOT_APP_ID,
      SANDBOX_CLIENT_ID: shared.HUBSPOT_CLIENT_ID,
      SANDBOX_CLIENT_SECRET: shared.HUBSPOT_CLIENT_SECRET.split(',')[0],
    });
    shared.HUBSPOT_API_BASE_URL = url;
    // Sending to a sandbox harms nobody.
    shared.HUBSPOT_ENABLED ??= 'true';
    shared.HUBSPOT_SEND_LIVE ??= 'true';
    // Nobody counts the errors of its day, of which a few minutes have a large share: each record that was deleted.
    shared.ERROR_SHARE_PERCENT ??= '0';
    urls.sandbox = url;
  }

  async function startApi() {
    const port = await ourPort(env.PORT, PORTS.api, 'the API');
    urls.api = `http://localhost:${port}`;
    urls.public = env.PUBLIC_URL ?? urls.api;
    shared.PUBLIC_URL = urls.public;
    const metricsPort = await ourPort(env.API_METRICS_PORT, PORTS.apiMetrics, "the API's metrics");
    urls.apiMetrics = `http://localhost:${metricsPort}`;
    await startProcess('api', 'api/main', `${urls.api}/readyz`, {
      ...{ PORT: String(port), API_METRICS_PORT: String(metricsPort) },
    });
  }

  async function startWorker() {
    const port = await ourPort(env.METRICS_PORT, PORTS.worker, "the worker's health endpoint");
    urls.worker = `http://127.0.0.1:${port}`;
    await startProcess('worker', 'worker/main', `${urls.worker}/readyz`, {
      METRICS_PORT: String(port),
    });
  }

  const ourPort = (wanted, usual, what) =>
    pickPort(wanted ? Number(wanted) : usual, { what, say: (line) => progress.say(`    ${line}`) });

  async function startProcess(name, program, readyUrl, more) {
    const log = services.log(name);
    const child = superviseChild({
      name: `The ${name === 'api' ? 'API' : name}`,
      command: process.execPath,
      args: [...NODE_FLAGS, ...programArgs(program)],
      cwd: PROJECT,
      env: { ...shared, ...more },
      log,
      onCrash,
    });
    processes.push(child);
    services.claim.note({ pid: child.pid, mark: path.normalize(program) });
    await until(() => answersOk(readyUrl), {
      deadlineMs: READY_MS,
      stop: () => child.assertAlive(),
      late: () =>
        new Trouble(`${child.name} is not ready after ${READY_MS / 1000} s (${readyUrl}).`, { log }),
    });
  }

  /** Stops the processes in reverse order. Returns the names of those that did not end in time and were killed. */
  async function stop() {
    const stubborn = [];
    for (const child of processes.reverse()) {
      if (!(await child.stop({ deadlineMs: STOP_MS }))) stubborn.push(child.name);
    }
    noteEnd(home);
    await services.stop();
    return stubborn;
  }

  return { start, stop, urls, apiKey, state };
}
