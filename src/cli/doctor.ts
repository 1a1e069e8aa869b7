import { types } from 'node:util';
import type { Command } from 'commander';
import { ConfigError, type Config } from '../platform/config/config.js';
import { lookAtAll, NotKnown, type Check, type Found } from '../platform/health.js';
import { check } from '../services/checks.js';
import { openDoctor } from '../services/doctorChecks.js';
import { show, type Context } from './context.js';
import { counted } from './output.js';

/** What `--json` prints of a check. */
interface Seen {
  readonly id: string;
  readonly what: string;
  /** Null: it was not looked at, since `after` is not well. */
  readonly ok: boolean | null;
  readonly ms: number;
  readonly after?: string;
  readonly problem?: string;
  /** In the words of whoever said so: a server, the network. */
  readonly because?: string;
  readonly mend?: string;
}

/**
 * `sluice doctor`: what the service needs, looked at from beside it, with what the environment gives to API and worker.
 * It works where neither runs.
 */
export function addDoctor(doctor: Command, context: Context): void {
  doctor
    .option('--json', 'print what was found, as JSON')
    .addHelpText(
      'after',
      '\nExit code: 0 all is well, 1 something is not. Nothing is changed.\n\nExample:\n  $ sluice doctor',
    )
    .action(async ({ json }: { json?: boolean }) => {
      await examine(context, (seen) => {
        const ok = seen.every((one) => one.ok === true);
        show(context, json, { ok, checks: seen }, () => page(seen));
        if (!ok) context.fail();
      });
    });
}

/** What was seen is told before what is still under way is given up. */
async function examine(
  { service, variables }: Pick<Context, 'service' | 'variables'>,
  tell: (seen: readonly Seen[]) => void,
): Promise<void> {
  let config: Config;
  try {
    config = service();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const environment = check('environment', () => Promise.reject(error));
    return tell(inOrder([environment], await lookAtAll([environment])));
  }
  const doctor = openDoctor(config, variables);
  try {
    const checks = [check('environment', () => Promise.resolve()), ...doctor.checks];
    tell(inOrder(checks, await lookAtAll(checks)));
  } finally {
    await doctor.close();
  }
}

/** What could not be found out for want of another thing is told of that one alone. */
function inOrder(checks: readonly Check[], found: Readonly<Record<string, Found>>): Seen[] {
  return checks.flatMap(({ id, what, after }): Seen[] => {
    const one = found[id];
    if (!one) return [];
    const { shown, error } = one;
    const { ok, ms } = shown;
    if (ok) return [{ id, what, ok, ms }];
    if (after !== undefined && found[after]?.shown.ok === false) return [{ id, what, ok: null, ms, after }];
    const because = wordsOf(error);
    return [{ id, what, ...shown, ...(because !== undefined && { because }) }];
  });
}

/** At a terminal of the operator's own; /readyz is open to anybody, and shows none of it. */
function wordsOf(error: unknown): string | undefined {
  const said = error instanceof NotKnown ? error.cause : error;
  if (!types.isNativeError(said) || (said === error && error instanceof ConfigError)) return undefined;
  if (said.name === 'Unable') return undefined;
  // fetch says that it failed; what failed is its cause.
  const inner = types.isNativeError(said.cause) ? said.cause : said;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : inner.name;
  return (inner.message === '' ? code : inner.message).split('\n')[0];
}

const INDENT = ' '.repeat(20);

function page(seen: readonly Seen[]): string {
  const wrong = seen.filter(({ ok }) => ok === false);
  const skipped = seen.filter(({ ok }) => ok === null);
  const well = seen.length - wrong.length - skipped.length;
  const verdict = [
    wrong.length === 0 ? 'All is well' : `${counted(wrong.length, 'thing is', 'things are')} not`,
    `${counted(seen.length, 'check')}, ${well} well`,
    ...(skipped.length > 0 ? [`${skipped.length} not looked at`] : []),
  ];
  return [...seen.map(inLines), '', `${verdict.join('; ')}.`].join('\n');
}

function inLines({ id, what, ok, after, problem = '', because, mend }: Seen): string {
  const name = id.padEnd(INDENT.length - 2);
  if (ok === true) return `✓ ${name}${what}`;
  if (ok === null) return `- ${name}Not looked at: see ${after}`;
  const lines = [...problem.split('\n'), ...(because === undefined ? [] : [`(${because})`]), `→ ${mend}`];
  return `✗ ${name}${lines.join(`\n${INDENT}`)}`;
}
