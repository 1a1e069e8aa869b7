import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { claimFolder } from './claim.mjs';
import { removePostgres } from './postgresHome.mjs';
import { isAlive } from './processes.mjs';
import { startServices } from './services.mjs';
import { findTemporalCli } from './temporalCli.mjs';
import { findTestServer } from './testServer.mjs';

/**
 * The servers of one test run, in a folder of its own (two runs in one checkout do not meet), and the environment by
 * which tests find them; and the build, which end-to-end tests run. A server that the environment names already is used
 * as it is. What cannot be had is in `missing`, and the reason is printed: the suites that need it fail, the others
 * run.
 *
 * @param {{
 *   needs: Set<string>, dir: string, progress: ReturnType<import('./progress.mjs').createProgress>,
 *   env?: NodeJS.ProcessEnv,
 * }} options
 */
export async function startTestServices({ needs, dir, progress, env = process.env }) {
  await clearDeadRuns(path.dirname(dir), progress);
  const services = { env: {}, missing: new Set(), stop };
  const running = [];

  async function stop() {
    for (const one of running.reverse()) await one.stop();
    removePostgres(path.join(dir, 'servers'));
  }

  async function provide(need, title, start, detail) {
    if (!needs.has(need)) return;
    try {
      await progress.step(title, start, detail);
    } catch (error) {
      services.missing.add(need);
      progress.say([error.message, error.advice].filter(Boolean).join('\n'));
    }
  }

  if (!env.TEST_DATABASE_ADMIN_URL) {
    await provide('postgres', 'Postgres for the tests', async () => {
      const started = await startServices({
        dir: path.join(dir, 'servers'),
        durable: false,
        temporal: false,
      });
      running.push(started);
      services.env.TEST_DATABASE_ADMIN_URL = started.env.DATABASE_ADMIN_URL;
    });
  }
  await provide(
    'temporal',
    'Temporal for the tests',
    async () => {
      const cli = await findTemporalCli({ say: progress.say });
      services.env.TEMPORAL_CLI = cli.file;
      if (env.TEST_TEMPORAL_ADDRESS) return cli;
      const started = await startServices({ dir: path.join(dir, 'temporal'), postgres: false, temporal: {} });
      running.push(started);
      services.env.TEST_TEMPORAL_ADDRESS = started.env.TEMPORAL_ADDRESS;
      return cli;
    },
    ({ version, from }) => `CLI ${version} from ${from}`,
  );
  await provide('build', 'Build', build);
  await provide(
    'testServer',
    'Time-skipping test server',
    async () => {
      const server = await findTestServer({ say: progress.say });
      services.env.TEMPORAL_TEST_SERVER = server.file;
      return server;
    },
    ({ from }) => `from ${from}`,
  );
  return services;
}

/** Ends the servers and removes the data that a killed run has left behind. */
async function clearDeadRuns(folder, { say }) {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name === String(process.pid) || isAlive(Number(name))) continue;
    for (const part of ['servers', 'temporal']) {
      const dir = path.join(folder, name, part);
      if (!existsSync(dir)) continue;
      (await claimFolder(dir, { say })).release();
      removePostgres(dir);
    }
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}
