import { withDeadline } from './deadline.js';
import type { Lifecycle } from './lifecycle.js';

/** Resolves when the thing works; rejects with words that say what is wrong. */
export type HealthCheck = () => Promise<void>;

/** Thrown by a check that has found out. Any other error: it could not be found out, and may be well in a moment. */
export class Unable extends Error {
  override readonly name = 'Unable';
}

/** One thing that a process needs in order to do its work, as data: probes, logs and commands say the same of it. */
export interface Check {
  readonly id: string;
  /** What is so when all is well. */
  readonly what: string;
  /** What to do when it is not. */
  readonly mend: string;
  /** Its failure leaves the process ready, as `degraded`. */
  readonly helpful?: boolean;
  /** Waiting mends nothing: in production the process does not start. */
  readonly refuses?: boolean;
  readonly run: HealthCheck;
}

export interface HealthReport {
  readonly status: 200 | 503;
  readonly body: Record<string, unknown>;
}

export interface Health {
  /** The process runs. Says nothing about what it depends on: restarting it would not help there. */
  live(): HealthReport;
  /** Work may be sent to this process. */
  ready(): Promise<HealthReport>;
  /** What is not well now. */
  problems(): Promise<readonly Problem[]>;
}

export interface Problem {
  readonly check: Check;
  readonly problem: string;
}

interface CheckResult {
  readonly ok: boolean;
  readonly ms: number;
  readonly problem?: string;
  readonly mend?: string;
}

/** Longer than the checks' own deadlines, whose words say more. */
const CHECK_TIMEOUT_MS = 5000;
/** /readyz is open to anybody: however often it is asked, the database and Temporal are asked once in this time. */
const REUSE_MS = 500;

/**
 * `helpful` checks are reported like the others, but their failure leaves the process ready, as `degraded`: the API
 * takes calls while Temporal is away, and must not be taken out of the load balancer then.
 */
export function createHealth({
  checks,
  lifecycle,
}: {
  checks: readonly Check[];
  lifecycle: Pick<Lifecycle, 'isReady' | 'stopping'>;
}): Health {
  const helpful = new Set(checks.filter((check) => check.helpful).map(({ id }) => id));
  let last: { at: number; results: Promise<Record<string, CheckResult>> } | undefined;

  function runChecks(): Promise<Record<string, CheckResult>> {
    const now = performance.now();
    if (!last || now - last.at > REUSE_MS) last = { at: now, results: runAll(checks) };
    return last.results;
  }

  return {
    live: () => ({ status: 200, body: { status: 'alive', uptimeSeconds: Math.round(process.uptime()) } }),

    async ready() {
      if (lifecycle.stopping) return { status: 503, body: { status: 'stopping' } };
      const results = await runChecks();
      const failed = Object.keys(results).filter((id) => !results[id]?.ok);
      const ok = lifecycle.isReady && failed.every((id) => helpful.has(id));
      const status = !lifecycle.isReady
        ? 'starting'
        : !ok
          ? 'not ready'
          : failed.length > 0
            ? 'degraded'
            : 'ready';
      return { status: ok ? 200 : 503, body: { status, checks: results } };
    },

    async problems() {
      const results = await runChecks();
      return checks.flatMap((check) => {
        const { ok, problem } = results[check.id] ?? { ok: true };
        return ok ? [] : [{ check, problem: problem ?? 'It failed' }];
      });
    },
  };
}

/** What the checks found that waiting does not mend, each in a line that says what to do. */
export async function findUnable(checks: readonly Check[]): Promise<string[]> {
  const lines = await Promise.all(
    checks
      .filter(({ refuses }) => refuses)
      .map(async ({ run, mend }) => {
        try {
          await withDeadline(run(), CHECK_TIMEOUT_MS, late);
          return [];
        } catch (error) {
          return error instanceof Unable ? [`${error.message}. ${mend}`] : [];
        }
      }),
  );
  return lines.flat();
}

async function runAll(checks: readonly Check[]): Promise<Record<string, CheckResult>> {
  const results = await Promise.all(checks.map(async (check) => [check.id, await run(check)] as const));
  return Object.fromEntries(results);
}

const late = () => new Error(`No answer within ${CHECK_TIMEOUT_MS} ms`);

async function run(check: Check): Promise<CheckResult> {
  const from = performance.now();
  const ms = () => Math.round(performance.now() - from);
  try {
    await withDeadline(check.run(), CHECK_TIMEOUT_MS, late);
    return { ok: true, ms: ms() };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ok: false, ms: ms(), problem, mend: check.mend };
  }
}
