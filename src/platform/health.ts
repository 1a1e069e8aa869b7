import type { Pool } from '../db/pool.js';
import { wayAroundIsolation } from '../db/isolation.js';
import { migrationState } from '../db/migrate.js';
import type { Config } from './config.js';
import type { Lifecycle } from './lifecycle.js';
import type { Logger } from './logger.js';

/** Resolves when the thing works; rejects with words that say what to do. */
export type HealthCheck = () => Promise<void>;

export interface HealthReport {
  readonly status: 200 | 503;
  readonly body: Record<string, unknown>;
}

export interface Health {
  /** The process runs. Says nothing about what it depends on: restarting it would not help there. */
  live(): HealthReport;
  /** Work may be sent to this process. */
  ready(): Promise<HealthReport>;
}

interface CheckResult {
  readonly ok: boolean;
  readonly ms: number;
  readonly problem?: string;
}

/** Longer than the checks' own deadlines, whose words say more. */
const CHECK_TIMEOUT_MS = 5000;
/** /readyz is open to anybody: however often it is asked, the database and Temporal are asked once in this time. */
const REUSE_MS = 500;

/**
 * `helpful` checks are reported like the others, but their failure leaves the process ready, as `degraded`: the API takes
 * calls while Temporal is away, and must not be taken out of the load balancer then.
 */
export function createHealth(deps: {
  checks: Record<string, HealthCheck>;
  helpful?: Record<string, HealthCheck>;
  lifecycle: Lifecycle;
}): Health {
  const { checks, helpful = {}, lifecycle } = deps;
  let last: { at: number; results: Promise<Record<string, CheckResult>> } | undefined;

  function runChecks(): Promise<Record<string, CheckResult>> {
    const now = performance.now();
    if (!last || now - last.at > REUSE_MS) last = { at: now, results: runAll({ ...checks, ...helpful }) };
    return last.results;
  }

  return {
    live: () => ({ status: 200, body: { status: 'alive', uptimeSeconds: Math.round(process.uptime()) } }),

    async ready() {
      if (lifecycle.stopping) return { status: 503, body: { status: 'stopping' } };
      const results = await runChecks();
      const failed = Object.keys(results).filter((name) => !results[name]?.ok);
      const ok = lifecycle.isReady && failed.every((name) => name in helpful);
      const status = !lifecycle.isReady
        ? 'starting'
        : !ok
          ? 'not ready'
          : failed.length > 0
            ? 'degraded'
            : 'ready';
      return { status: ok ? 200 : 503, body: { status, checks: results } };
    },
  };
}

async function runAll(checks: Record<string, HealthCheck>): Promise<Record<string, CheckResult>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await run(check)] as const),
  );
  return Object.fromEntries(results);
}

async function run(check: HealthCheck): Promise<CheckResult> {
  const from = performance.now();
  const ms = () => Math.round(performance.now() - from);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check(), timeout]);
    return { ok: true, ms: ms() };
  } catch (error) {
    return { ok: false, ms: ms(), problem: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

export function databaseCheck(pool: Pool): HealthCheck {
  return async () => {
    await pool.query('SELECT 1').catch((cause: unknown) => {
      throw new Error('The database does not answer: check DATABASE_URL and that Postgres runs', { cause });
    });
  };
}

export function migrationsCheck(pool: Pool): HealthCheck {
  return async () => {
    const { known, applied } = await migrationState(pool).catch((cause: unknown) => {
      throw new Error('The state of the migrations cannot be read: run `npm run migrate`', { cause });
    });
    if (applied < known) throw new Error('The database is older than this code: run `npm run migrate`');
  };
}

/**
 * Row-level security does not hold a superuser, nor who owns a table or may bypass it: tenants would be kept apart by the statements'
 * own conditions only. While somebody develops with one login for everything, that is said and no more.
 */
export function isolationCheck(
  pool: Pool,
  config: Pick<Config, 'NODE_ENV' | 'DATABASE_URL' | 'DATABASE_ADMIN_URL'>,
  logger: Logger,
): HealthCheck {
  const oneLogin = config.DATABASE_URL.reveal() === config.DATABASE_ADMIN_URL.reveal();
  const tolerated = config.NODE_ENV === 'development' && oneLogin;
  let said = false;
  return async () => {
    const way = await wayAroundIsolation(pool).catch((cause: unknown) => {
      throw new Error('The rights of the database login cannot be read: check DATABASE_URL', { cause });
    });
    if (way === undefined) return;
    const problem = `The login of DATABASE_URL ${way}: row-level security does not hold it. Use one that is a member of sluice_app only`;
    if (!tolerated) throw new Error(problem);
    if (!said) logger.warn(problem);
    said = true;
  };
}

export function temporalCheck(temporal: { check(): Promise<void> }): HealthCheck {
  return async () => {
    await temporal.check().catch((cause: unknown) => {
      throw new Error('Temporal does not answer: check TEMPORAL_ADDRESS and that it runs', { cause });
    });
  };
}
