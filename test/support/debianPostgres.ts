import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { runCommand, superviseChild } from '../../scripts/lib/child.mjs';
import { pickPort } from '../../scripts/lib/ports.mjs';
import { startServices } from '../../scripts/lib/services.mjs';
import { serverUser } from '../../scripts/lib/unprivileged.mjs';
import { until } from './until.js';

export interface ForeignPostgres {
  readonly version: string;
  /** A superuser's URL of the database `postgres`. */
  readonly superuserUrl: string;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';

/**
 * A new cluster of the Postgres that the system's packages have brought, as an administrator makes one: one superuser
 * and nothing else. Where there is none, ours.
 */
export async function startForeignPostgres(): Promise<ForeignPostgres> {
  const [newest] = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    : [undefined];
  const dir = mkdtempSync(path.join(os.tmpdir(), 'sluice-foreign-'));
  if (newest === undefined || !existsSync(path.join(DEBIAN, newest, 'bin/initdb'))) return embedded(dir);
  const ids = serverUser();
  if (ids) chownSync(dir, ids.uid, ids.gid);
  const secret = path.join(dir, 'password');
  writeFileSync(secret, 'of-the-superuser');
  if (ids) chownSync(secret, ids.uid, ids.gid);
  const bin = path.join(DEBIAN, newest, 'bin');
  const log = path.join(os.tmpdir(), `${path.basename(dir)}.log`);
  const data = path.join(dir, 'data');
  const init = ['--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256', '--no-sync'];
  await runCommand(path.join(bin, 'initdb'), ['-D', data, ...init, '--encoding=UTF8'], {
    ...{ cwd: dir, what: 'initdb', log, ...ids },
  });
  const port = await pickPort(0);
  const settings = ['listen_addresses=127.0.0.1', 'fsync=off', 'unix_socket_directories='];
  const child = superviseChild({
    ...{ name: `Debian's Postgres ${newest}`, command: path.join(bin, 'postgres'), cwd: dir, log, ...ids },
    args: ['-D', data, '-p', String(port), ...settings.flatMap((one) => ['-c', one])],
    ...{ stopSignal: 'SIGINT', wholeGroup: false },
  });
  const superuserUrl = `postgresql://postgres:of-the-superuser@127.0.0.1:${port}/postgres`;
  await until('it takes logins', () => asks(superuserUrl), 30_000);
  return {
    version: `Debian's ${newest}`,
    superuserUrl,
    async stop() {
      await child.stop();
      for (const one of [dir, log]) rmSync(one, { recursive: true, force: true });
    },
  };
}

async function embedded(dir: string): Promise<ForeignPostgres> {
  const services = await startServices({ dir, durable: false, temporal: false });
  const url = new URL(services.env.DATABASE_ADMIN_URL ?? '');
  url.pathname = '/postgres';
  return {
    version: "the embedded one: Debian's is not on this machine",
    superuserUrl: url.href,
    stop: () => services.remove(),
  };
}

async function asks(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // it is not up yet
  await client.connect();
  await client.query('SELECT 1');
  await client.end();
  return true;
}
