import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { isReachable } from '../../../scripts/lib/ports.mjs';
import { isAlive } from '../../../scripts/lib/processes.mjs';
import { startServices, type Services } from '../../../scripts/lib/services.mjs';
import { until } from '../../support/until.js';

describe('the embedded Postgres', () => {
  let dir: string;
  let services: Services;

  beforeEach(async () => {
    // mkdtemp makes a folder that only its owner may enter, as a home folder is.
    dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-services-'));
    services = await start();
  });
  afterEach(() => services.remove());

  const start = () => startServices({ dir, temporal: false });

  async function query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: services.env.DATABASE_ADMIN_URL });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('finds its data again at the second start', async () => {
    await query('CREATE TABLE kept AS SELECT 7 AS seven');
    await services.stop();
    services = await start();
    expect(await query('SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
  });

  it('comes back with what was committed after it was killed', async () => {
    await query('CREATE TABLE kept AS SELECT 7 AS seven');
    await services.postgres?.child.kill();
    await services.postgres?.restart();
    expect(await query('SELECT seven FROM kept')).toEqual([{ seven: 7 }]);
  });

  it('has a login for the application that may not do what the owner may', async () => {
    const roles = await query(
      `SELECT rolname AS name, rolsuper AS super FROM pg_roles WHERE rolcanlogin ORDER BY 1`,
    );
    expect(roles).toEqual([
      { name: 'postgres', super: true },
      { name: 'sluice', super: false },
      { name: 'sluice_worker', super: false },
    ]);
  });

  it('refuses a second run in the same folder', async () => {
    const other = `import(${JSON.stringify(path.resolve('scripts/lib/claim.mjs'))}).then((m) => m.claimFolder(process.argv[1]))`;
    const { runCommand } = await import('../../../scripts/lib/child.mjs');
    await expect(runCommand(process.execPath, ['-e', other, dir])).rejects.toThrow(/It runs here already/);
  });
});

describe('A run that is killed', () => {
  it('leaves nothing behind: what it has started ends by itself within seconds', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'sluice-killed-'));
    const run = spawn(process.execPath, ['scripts/services.mjs', '--dir', dir, '--fsync', 'off'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [env] = (await once(run.stdout, 'data')) as [Buffer];
      const { TEMPORAL_ADDRESS } = JSON.parse(env.toString()) as { TEMPORAL_ADDRESS: string };
      const { children } = JSON.parse(await readFile(path.join(dir, 'run.json'), 'utf8')) as {
        children: { pid: number }[];
      };
      expect(children).toHaveLength(2);
      const alive = () => children.filter(({ pid }) => isAlive(pid));
      expect(alive()).toHaveLength(2);

      run.kill('SIGKILL');
      await until('all that it has started has ended', () => alive().length === 0, 15_000);
      expect(await isReachable(TEMPORAL_ADDRESS)).toBe(false);
      // Postgres was shut down, and not killed: the next start need not recover.
      expect(await readFile(path.join(dir, 'logs', 'postgres.log'), 'utf8')).toContain(
        'database system is shut down',
      );
    } finally {
      run.kill('SIGKILL');
      const services = await startServices({ dir, postgres: false, temporal: false });
      await services.remove();
    }
  });
});
