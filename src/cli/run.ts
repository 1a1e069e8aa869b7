import type { Command } from 'commander';
import { ConfigError } from '../platform/config/config.js';
import { CliError } from './errors.js';

/**
 * Runs a command that stands alone. `--help` prints what it does, and an option that it does not have is refused in one
 * line, before anything is done. What the operator can mend is said in words; anything else keeps its stack.
 */
export function run<Options extends object>(
  program: Command,
  command: (options: Options) => Promise<void>,
): void {
  program.action((options: Options) => command(options));
  program.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  });
}

function describe(error: unknown): string {
  if (error instanceof ConfigError || error instanceof CliError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `Cannot reach the database (${code}): check DATABASE_URL and that Postgres runs`;
  if (code === '28P01' || code === '3D000')
    return `The database refused: ${error.message}. Check DATABASE_URL and DATABASE_ADMIN_URL`;
  return error.stack ?? error.message;
}
