import type { Config } from '../platform/config/config.js';
import { NotKnown, Unable, type HealthCheck } from '../platform/health.js';
import type { Logger } from '../platform/logger.js';
import type { DatabaseClock } from './clock.js';
import { wayAroundIsolation } from './isolation.js';
import { migrationState } from './migrate.js';
import { isTransientDatabaseError, type Pool } from './pool.js';
import { adviceOnVersion } from './serverVersion.js';
import { inTransaction } from './transaction.js';

export function databaseCheck(pool: Pool): HealthCheck {
  return async () => {
    await pool.query('SELECT 1').catch((cause: unknown) => {
      throw new NotKnown('The database does not answer: check DATABASE_URL and that Postgres runs', {
        cause,
      });
    });
  };
}

/** In another encoding the first name with an emoji, or in another script, cannot be kept. */
export function encodingCheck(pool: Pool): HealthCheck {
  return async () => {
    const { rows } = await pool.query<{ encoding: string }>(
      `SELECT current_setting('server_encoding') AS encoding`,
    );
    const encoding = rows[0]?.encoding;
    if (encoding !== 'UTF8') throw new Unable(`The encoding of the database is ${encoding}, and not UTF8`);
  };
}

export function migrationsCheck(pool: Pool): HealthCheck {
  return async () => {
    const { known, applied } = await migrationState(pool).catch((cause: unknown) => {
      const words = 'The state of the migrations cannot be read: run `npm run migrate`';
      throw isTransientDatabaseError(cause) ? new NotKnown(words, { cause }) : new Unable(words, { cause });
    });
    if (applied < known) throw new Unable('The database is older than this code: run `npm run migrate`');
  };
}

/**
 * Row-level security does not hold a superuser, nor an owner of tables, nor a login that may bypass it: tenants would
 * be kept apart by the statements' own conditions only. In development, with one login for everything, that is logged
 * and accepted.
 */
export function isolationCheck(
  pool: Pool,
  config: Pick<Config, 'NODE_ENV' | 'DATABASE_URL' | 'DATABASE_ADMIN_URL'>,
  logger: Logger,
): HealthCheck {
  const oneLogin = config.DATABASE_URL.reveal() === config.DATABASE_ADMIN_URL.reveal();
  const tolerated = config.NODE_ENV === 'development' && oneLogin;
  let logged = false;
  return async () => {
    const way = await wayAroundIsolation(pool).catch((cause: unknown) => {
      throw new NotKnown('The rights of the database login cannot be read: check DATABASE_URL', { cause });
    });
    if (way === undefined) return;
    const problem =
      `The login of DATABASE_URL ${way}: row-level security does not hold it. ` +
      'Use one that is a member of sluice_app only';
    if (!tolerated) throw new Unable(problem);
    if (!logged) logger.warn(problem);
    logged = true;
  };
}

/** The sweeps of a worker need rights that the API's login need not have. */
export function maintenanceCheck(pool: Pool): HealthCheck {
  return async () => {
    const { rows } = await pool.query<{ member: boolean }>(
      `SELECT pg_has_role(session_user, 'sluice_maintenance', 'MEMBER') AS member`,
    );
    if (!rows[0]?.member)
      throw new Unable(
        "The worker's login is no member of sluice_maintenance: run `npm run migrate` with the worker's DATABASE_WORKER_URL",
      );
  };
}

/** Every process's login is given the rights of the application's role by a migration. */
export function rolesCheck(pool: Pool): HealthCheck {
  return async () => {
    const { rows } = await pool.query<{ member: boolean }>(
      `SELECT coalesce((SELECT pg_has_role(session_user, oid, 'USAGE') FROM pg_roles WHERE rolname = 'sluice_app'), false) AS member`,
    );
    if (!rows[0]?.member)
      throw new Unable('The login of this process is no member of sluice_app, whose rights it needs');
  };
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** A row is written as the process writes rows, and taken back. */
export function writeCheck(pool: Pool): HealthCheck {
  return async () => {
    const undo = new Error('Taken back');
    const written = inTransaction(
      pool,
      async (client) => {
        await client.query(
          `INSERT INTO outbox_keys (workspace_id, event_key, event_id, body_hash, captured_at)
           VALUES ($1, 'check/' || gen_random_uuid(), 0, '', clock_timestamp())`,
          [NOBODY],
        );
        throw undo;
      },
      `SET LOCAL app.workspace = '${NOBODY}'`,
    );
    await written.catch((error: unknown) => {
      if (error === undo) return;
      throw new NotKnown('The database does not take a row', { cause: error });
    });
  };
}

export function serverCheck(pool: Pool): HealthCheck {
  return async () => {
    const { rows } = await pool.query<{ num: number }>(
      `SELECT current_setting('server_version_num')::int AS num`,
    );
    const advice = adviceOnVersion(rows[0]?.num ?? 0);
    if (advice !== undefined) throw new Unable(advice.replace(/\.$/, ''));
  };
}

/** Law 1 rests on it: without fsync, what was answered 2xx may be gone when the machine has lost its power. */
export function durabilityCheck(pool: Pool): HealthCheck {
  return async () => {
    const { rows } = await pool.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on' ORDER BY name`,
    );
    if (rows.length === 0) return;
    const names = rows.map(({ name }) => name).join(' and ');
    throw new Unable(
      `${names} of Postgres ${rows.length === 1 ? 'is' : 'are'} off: what is committed may be lost`,
    );
  };
}

const MAX_DRIFT_MS = 30_000;

/** The clock of this machine and the database's: signatures, leases and logs are compared across machines. */
export function clockCheck(clock: DatabaseClock): HealthCheck {
  return async () => {
    if (clock.driftMs() === undefined) await clock.measure();
    const drift = clock.driftMs() ?? 0;
    if (Math.abs(drift) <= MAX_DRIFT_MS) return;
    const seconds = Math.round(Math.abs(drift) / 1000);
    const where = drift > 0 ? 'ahead of' : 'behind';
    throw new NotKnown(
      `The clock of this machine is ${seconds} s ${where} the database's: have it set (NTP)`,
    );
  };
}
