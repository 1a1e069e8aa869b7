import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { PoolMode, Pooler } from './pooler.js';
import { until } from './until.js';

const BINARY = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/opt/homebrew/bin/pgbouncer'].find(existsSync);

/** Whether this machine has PgBouncer (Debian: apt-get install pgbouncer). Without it its stand-in is tested alone. */
export const hasPgBouncer = BINARY !== undefined;

/** PgBouncer with its default settings, but for the mode and `more`, in front of the server of this login. */
export async function startPgBouncer(
  mode: PoolMode,
  serverUrl: string,
  more: readonly string[] = [],
): Promise<Pooler> {
  if (BINARY === undefined) throw new Error('PgBouncer is not installed');
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-pgbouncer-'));
  const port = await freePort();
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const users = path.join(dir, 'users.txt');
  const ini = path.join(dir, 'pgbouncer.ini');
  writeFileSync(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`);
  writeFileSync(
    ini,
    [
      '[databases]',
      `* = host=${hostname} port=${serverPort}`,
      '[pgbouncer]',
      ...['listen_addr = 127.0.0.1', `listen_port = ${port}`, 'unix_socket_dir =', `pool_mode = ${mode}`],
      ...['auth_type = trust', `auth_file = ${users}`, ...more],
    ].join('\n'),
  );
  // It does not run as root.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) for (const file of [dir, users, ini]) chownSync(file, NOBODY, NOBODY);
  const child = spawn(BINARY, [ini], { stdio: 'ignore', ...(isRoot && { uid: NOBODY, gid: NOBODY }) });
  const through = (url: string) => {
    const pooled = new URL(url);
    pooled.hostname = '127.0.0.1';
    pooled.port = String(port);
    return pooled.href;
  };
  await until('PgBouncer answers', () => answers(through(serverUrl)), 10_000);
  return {
    through,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const NOBODY = Number(spawnSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).stdout || 65_534);

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false; // it is starting
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
