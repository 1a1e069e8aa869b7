import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { claimFolder } from './claim.mjs';
import { pickPort } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { removePostgres } from './postgresHome.mjs';
import { loadState } from './state.mjs';
import { startTemporal } from './temporal.mjs';
import { findTemporalCli } from './temporalCli.mjs';

/**
 * A folder in which Postgres and Temporal can be started, one run at a time.
 *
 * @param {{
 *   dir: string, durable?: boolean, settings?: Record<string, string>, say?: (line: string) => void,
 *   onCrash?: (trouble: Error) => void,
 * }} options
 */
export async function openServices({ dir, durable = true, settings = {}, say = () => {}, onCrash }) {
  mkdirSync(dir, { recursive: true });
  const claim = await claimFolder(dir, { say });
  const log = (name) => path.join(dir, 'logs', `${name}.log`);
  const state = loadState(dir);
  const services = { env: {}, state, claim, log, addPostgres, addTemporal, stop, remove };

  async function addPostgres({ port: preferred = 0 } = {}) {
    const port = await pickPort(preferred, { what: 'Postgres', say });
    const boot = async () => {
      const passwords = {
        admin: state.adminPassword,
        app: state.databasePassword,
        worker: state.workerPassword,
      };
      const started = await startPostgres({
        dir,
        port,
        durable,
        settings,
        passwords,
        log: log('postgres'),
        onCrash,
      });
      claim.note({ pid: started.child.pid, mark: started.data, signal: 'SIGINT' });
      services.postgres = { ...started, restart: boot };
    };
    await boot();
    services.env.DATABASE_URL = services.postgres.appUrl;
    services.env.DATABASE_ADMIN_URL = services.postgres.adminUrl;
    return services.postgres;
  }

  async function addTemporal({ port: preferred = 0, uiPort: preferredUi, durable: isDurable = false } = {}) {
    const cli = await findTemporalCli({ say });
    const port = await pickPort(preferred, { what: 'Temporal', say });
    const uiPort = preferredUi && (await pickPort(preferredUi, { what: "Temporal's UI", say }));
    const boot = async () => {
      const started = await startTemporal({
        ...{ cli, dir, port, uiPort, log: log('temporal'), onCrash, durable: isDurable },
      });
      claim.note({ pid: started.child.pid, mark: dir });
      services.temporal = { ...started, cli, restart: boot };
    };
    await boot();
    services.env.TEMPORAL_ADDRESS = services.temporal.address;
    if (services.temporal.uiUrl) services.env.TEMPORAL_UI_URL = services.temporal.uiUrl;
    return services.temporal;
  }

  async function stop() {
    await services.temporal?.child.stop();
    await services.postgres?.child.stop();
    claim.release();
  }

  /** Stops the servers and removes their data. */
  async function remove() {
    await stop();
    removePostgres(dir);
    rmSync(dir, { recursive: true, force: true });
  }

  return services;
}

/**
 * Postgres and Temporal in a folder, each on a port that was free, both ready when this resolves. Tests, benchmarks and
 * fault commands use it to have servers of their own that they may kill: `postgres.child.kill()`, then
 * `postgres.restart()`.
 *
 * @param {Parameters<typeof openServices>[0] & {
 *   postgres?: { port?: number } | false, temporal?: { port?: number, uiPort?: number } | false,
 * }} options
 */
export async function startServices({ postgres = {}, temporal = {}, ...options }) {
  const services = await openServices(options);
  try {
    if (postgres) await services.addPostgres(postgres);
    if (temporal) await services.addTemporal(temporal);
  } catch (error) {
    await services.stop();
    throw error;
  }
  return services;
}
