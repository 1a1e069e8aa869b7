import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand, superviseChild } from './child.mjs';
import { findPostgresBinaries } from './postgresBinaries.mjs';
import { postgresHome } from './postgresHome.mjs';
import { acceptsLogins } from './postgresReady.mjs';
import { commandLine, endLeftover } from './processes.mjs';
import { Trouble } from './trouble.mjs';
import { serverUser } from './unprivileged.mjs';
import { until } from './until.mjs';

const READY_MS = 60_000; // after a crash it first replays its log
const ORPHANS_MS = 15_000;

/**
 * A real Postgres 17 in a folder, on the loopback only. The second start in the same folder finds the data of the
 * first. It has two roles: `postgres` for migrations, and `sluice` for the application, which the migration admits to
 * its role.
 *
 * @param {{
 *   dir: string, port: number, passwords: { admin: string, app: string, worker: string }, log: string,
 *   database?: string,
 *   durable?: boolean, settings?: Record<string, string>, onCrash?: (trouble: Error) => void,
 * }} options `durable: false` switches fsync off, for tests only
 */
export async function startPostgres(options) {
  const { dir, port, passwords, log, database = 'sluice', durable = true, settings = {}, onCrash } = options;
  const binaries = findPostgresBinaries();
  const ids = serverUser();
  const home = postgresHome(dir);
  const data = path.join(home, 'data');
  await releaseDataFolder(data);
  if (!existsSync(data))
    await createCluster({ binaries, ids, home, data, passwords, database, durable, log });
  else await setPasswords({ binaries, ids, home, data, passwords, log });

  const child = superviseChild({
    name: 'Postgres',
    command: binaries.postgres,
    args: ['-D', data, '-p', String(port), '-k', '', ...flags({ ...settingsFor(durable), ...settings })],
    cwd: home,
    log,
    ...ids,
    // A fast shutdown: with SIGTERM Postgres would wait until every client has left.
    stopSignal: 'SIGINT',
    wholeGroup: false,
    onCrash,
  });
  await until(() => acceptsLogins(port), {
    deadlineMs: READY_MS,
    stop: () => child.assertAlive(),
    late: () =>
      new Trouble(`Postgres does not take logins on port ${port} after ${READY_MS / 1000} s.`, { log }),
  });
  const url = (user, password, name) =>
    `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;
  return {
    port,
    data,
    child,
    version: binaries.version,
    adminUrl: url('postgres', passwords.admin, database),
    appUrl: url('sluice', passwords.app, database),
    workerUrl: url('sluice_worker', passwords.worker, database),
  };
}

function settingsFor(durable) {
  return {
    listen_addresses: '127.0.0.1',
    max_connections: '200',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // A burst of writes must not be held up by a checkpoint every few seconds.
    max_wal_size: '2GB',
    // An application of its own may commit in two phases beside the outbox; Postgres' default forbids it.
    max_prepared_transactions: '10',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
}

const flags = (settings) => Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/**
 * Creates the data folder beside its final path and moves it there when it is complete, so that an interrupted first
 * start leaves nothing that looks like a database.
 */
async function createCluster({ binaries, ids, home, data, passwords, database, durable, log }) {
  const draft = path.join(home, 'draft');
  rmSync(draft, { recursive: true, force: true });
  const secret = path.join(home, 'draft.password');
  writeFileSync(secret, passwords.admin, { mode: 0o600 });
  if (ids) chownSync(secret, ids.uid, ids.gid);
  try {
    await runCommand(
      binaries.initdb,
      [
        ...['-D', draft, '--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256'],
        ...(durable ? [] : ['--no-sync']),
        ...['--encoding=UTF8', '--no-locale', '--set=log_min_messages=warning'],
      ],
      { cwd: home, what: 'initdb', log, ...ids },
    );
  } finally {
    rmSync(secret, { force: true });
  }
  const statements = [
    `CREATE ROLE sluice LOGIN PASSWORD ${literal(passwords.app)}`,
    `CREATE ROLE sluice_worker LOGIN PASSWORD ${literal(passwords.worker)}`,
    `CREATE DATABASE ${database}`,
  ];
  await runAlone({ binaries, ids, home, data: draft, statements, log });
  renameSync(draft, data);
}

/** Sets the passwords of this start: those of an earlier one may be lost with a state file that was removed. */
async function setPasswords({ binaries, ids, home, data, passwords, log }) {
  const logins = { postgres: passwords.admin, sluice: passwords.app, sluice_worker: passwords.worker };
  const statements = [
    // Data of a version before has one login for both processes.
    // Looked for, and not tried: with exit_on_error even an error that is caught ends the server.
    `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_worker') THEN CREATE ROLE sluice_worker LOGIN; END IF; END $$`,
    ...Object.entries(logins).map(([role, password]) => `ALTER ROLE ${role} PASSWORD ${literal(password)}`),
  ];
  await runAlone({ binaries, ids, home, data, statements, log });
}

/** Runs statements, one on a line, in a Postgres without a network, before anybody can log in. */
async function runAlone({ binaries, ids, home, data, statements, log }) {
  const attempt = () =>
    runCommand(binaries.postgres, ['--single', '-D', data, '-c', 'exit_on_error=true', 'postgres'], {
      cwd: home,
      input: `${statements.join(';\n')};\n`,
      what: 'preparing the database',
      advice: `If its files are damaged, remove ${home} (the data goes with it) and start again.`,
      log,
      ...ids,
    }).then(() => true);
  let refusal;
  await until(
    () =>
      attempt().catch((error) => {
        // Children of a server that was killed end within moments; until then they hold the data.
        if (!/shared memory block/.test(error.message)) throw error;
        refusal = error;
        return false;
      }),
    { deadlineMs: ORPHANS_MS, everyMs: 100, late: () => refusal },
  );
}

const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/**
 * Ends a server that has lost its parent and still holds the data folder. The pid file of a server that is dead is
 * left to Postgres, which also looks for its orphaned children. It is removed only where another process has that
 * number now, because Postgres would then refuse to start.
 */
async function releaseDataFolder(data) {
  const note = path.join(data, 'postmaster.pid');
  if (!existsSync(note)) return;
  const pid = Number(readFileSync(note, 'utf8').split('\n')[0]);
  if (await endLeftover({ pid, mark: data, signal: 'SIGINT' })) return;
  const stranger = commandLine(pid);
  if (stranger !== '' && !stranger.includes('postgres')) rmSync(note, { force: true });
}
