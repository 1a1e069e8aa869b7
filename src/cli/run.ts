import type { Command } from 'commander';
import { describeFailure } from './errors.js';

/**
 * Runs a command that stands alone. `--help` prints what it does, and an option that it does not have is refused in one
 * line, before anything is done. A failure is said in words.
 */
export function run<Options extends object>(
  program: Command,
  command: (options: Options) => Promise<void>,
): void {
  program.action((options: Options) => command(options));
  program.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${describeFailure(error)}\n`);
    process.exitCode = 1;
  });
}
