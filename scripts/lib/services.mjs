import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { claimFolder } from './claim.mjs';
import { pickPort } from './ports.mjs';
import { startPostgres } from './postgres.mjs';
import { loadState } from './state.mjs';
import { startTemporal } from './temporal.mjs';
import { findTemporalCli } from './temporalCli.mjs';

/**
 * Postgres and Temporal in a folder, each on a port that was free, both ready when this resolves. Tests, benchmarks and
 * fault commands use it to have servers of their own that they may kill: `postgres.child.kill()`, then `postgres.restart()`.
 *
 * @param {{
 *   dir: string, durable?: boolean, settings?: Record<string, string>, say?: (line: string) => void,
 *   postgres?: { port?: number } | false, temporal?: { port?: number, uiPort?: number } | false,
 *   onCrash?: (trouble: Error) => void,
 * }} options
 */
export async function startServices(options) {
  const { dir, durable = true, settings = {}, postgres = {}, temporal = {}, onCrash } = options;
  const say = options.say ?? (() => {});
  mkdirSync(dir, { recursive: true });
  const claim = await claimFolder(dir, { say });
  const logs = path.join(dir, 'logs');
  const state = loadState(dir);
  const services = { env: {}, stop };

  async function stop() {
    await services.temporal?.child.stop();
    await services.postgres?.child.stop();
    claim.release();
  }

  async function bootPostgres(port) {
    const started = await startPostgres({
      dir,
      port,
      durable,
      settings,
      passwords: { admin: state.adminPassword, app: state.databasePassword },
      log: path.join(logs, 'postgres.log'),
      onCrash,
    });
    claim.note({ pid: started.child.pid, mark: started.data, signal: 'SIGINT' });
    services.postgres = { ...started, restart: () => bootPostgres(port) };
  }

  async function bootTemporal(cli, ports) {
    const started = await startTemporal({
      cli,
      dir,
      ...ports,
      log: path.join(logs, 'temporal.log'),
      onCrash,
    });
    claim.note({ pid: started.child.pid, mark: dir });
    services.temporal = { ...started, cli, restart: () => bootTemporal(cli, ports) };
  }

  try {
    if (postgres) {
      await bootPostgres(await pickPort(postgres.port ?? 0, { what: 'Postgres', say }));
      services.env.DATABASE_URL = services.postgres.appUrl;
      services.env.DATABASE_ADMIN_URL = services.postgres.adminUrl;
    }
    if (temporal) {
      const cli = await findTemporalCli({ say });
      const port = await pickPort(temporal.port ?? 0, { what: 'Temporal', say });
      const ui =
        temporal.uiPort === undefined
          ? {}
          : { uiPort: await pickPort(temporal.uiPort, { what: 'its UI', say }) };
      await bootTemporal(cli, { port, ...ui });
      services.env.TEMPORAL_ADDRESS = services.temporal.address;
      if (services.temporal.uiUrl) services.env.TEMPORAL_UI_URL = services.temporal.uiUrl;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return services;
}
