import type { Lifecycle } from './lifecycle.js';

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
 * `helpful` checks are reported like the others, but their failure leaves the process ready, as `degraded`: the API
 * takes calls while Temporal is away, and must not be taken out of the load balancer then.
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
