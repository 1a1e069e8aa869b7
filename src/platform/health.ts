import { ConfigError } from './config/config.js';
import { withDeadline } from './deadline.js';
import type { Lifecycle } from './lifecycle.js';

/** Resolves when the thing works; rejects with `Unable` or `NotKnown`, whose words say what is wrong, or otherwise. */
export type HealthCheck = () => Promise<void>;

/** Thrown by a check that has found out. Any other error: it could not be found out, and may be well in a moment. */
export class Unable extends Error {
  override readonly name = 'Unable';
}

/**
 * Thrown by a check that could not find out, in words of ours. /readyz is open to anybody: what a server said (it names
 * hosts and logins) is the `cause`, which is for the log alone, as every other error is.
 */
export class NotKnown extends Error {
  override readonly name = 'NotKnown';
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
  /** The check without which nothing can be found out by this one. */
  readonly after?: string;
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
  /** For the log: may hold words of others. */
  readonly error: unknown;
}

export interface Found {
  readonly shown: CheckResult;
  readonly error?: unknown;
}

interface CheckResult {
  readonly ok: boolean;
  readonly ms: number;
  readonly problem?: string;
  readonly mend?: string;
}

/** Longer than the checks' own deadlines, whose words say more. */
const CHECK_TIMEOUT_MS = 5000;
/**
 * /readyz is open to anybody: however often it is asked, the database and Temporal are asked by one run at a time, and
 * not again for so long after it ended. What is slow or away is asked less.
 */
const REUSE_MS = 500;
const REUSE_FAILURE_MS = 1000;

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
  const runs = checks.map((check) => ({ ...check, run: oneAtATime(check.run) }));
  let results: Promise<Record<string, Found>> | undefined;
  let keptUntil = Infinity;

  function runChecks(): Promise<Record<string, Found>> {
    if (results && performance.now() < keptUntil) return results;
    keptUntil = Infinity; // while it is under way
    results = lookAtAll(runs).then((found) => {
      const isWell = Object.values(found).every(({ shown }) => shown.ok);
      keptUntil = performance.now() + (isWell ? REUSE_MS : REUSE_FAILURE_MS);
      return found;
    });
    return results;
  }

  return {
    live: () => ({ status: 200, body: { status: 'alive', uptimeSeconds: Math.round(process.uptime()) } }),

    async ready() {
      if (lifecycle.stopping) return { status: 503, body: { status: 'stopping' } };
      const found = await runChecks();
      const shown = Object.fromEntries(Object.entries(found).map(([id, one]) => [id, one.shown]));
      const failed = Object.keys(shown).filter((id) => !shown[id]?.ok);
      const ok = lifecycle.isReady && failed.every((id) => helpful.has(id));
      const status = !lifecycle.isReady
        ? 'starting'
        : !ok
          ? 'not ready'
          : failed.length > 0
            ? 'degraded'
            : 'ready';
      return { status: ok ? 200 : 503, body: { status, checks: shown } };
    },

    async problems() {
      const found = await runChecks();
      return checks.flatMap((check) => {
        const { shown, error } = found[check.id] ?? {};
        return shown?.problem === undefined ? [] : [{ check, problem: shown.problem, error }];
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

/** A check that was given up for its deadline may still be under way: then its end is waited for again. */
function oneAtATime(run: HealthCheck): HealthCheck {
  let underWay: Promise<void> | undefined;
  return () => (underWay ??= run().finally(() => (underWay = undefined)));
}

/** Looks at all of them at once, each for so long and no longer: by their ids. */
export async function lookAtAll(checks: readonly Check[]): Promise<Record<string, Found>> {
  const results = await Promise.all(checks.map(async (check) => [check.id, await run(check)] as const));
  return Object.fromEntries(results);
}

const late = () => new NotKnown(`No answer within ${CHECK_TIMEOUT_MS} ms`);

async function run(check: Check): Promise<Found> {
  const from = performance.now();
  const ms = () => Math.round(performance.now() - from);
  try {
    await withDeadline(check.run(), CHECK_TIMEOUT_MS, late);
    return { shown: { ok: true, ms: ms() } };
  } catch (error) {
    const isOurs = error instanceof Unable || error instanceof NotKnown || error instanceof ConfigError;
    const problem = isOurs ? error.message : `Not so, or not known: ${check.what}`;
    return { shown: { ok: false, ms: ms(), problem, mend: check.mend }, error };
  }
}
