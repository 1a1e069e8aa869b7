import path from 'node:path';
import { createProcess, type ProcessHandle } from '../support/process.js';
import type { Stack } from '../support/stack.js';

let made = 0;

/** A command of an operator, on the stack's database and Temporal. It is not started. */
export function command(
  stack: Stack,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ProcessHandle {
  made += 1;
  return createProcess({
    name: `command-${made}`,
    script: 'dist/cli/main.js',
    args,
    env: { ...stack.env, DATABASE_ADMIN_URL: stack.databaseAdminUrl, ...env },
    log: path.join(stack.dir, 'logs', `command-${made}.log`),
  });
}

/** Runs a command to its end, as a person does who saw it die. */
export async function runToEnd(command: ProcessHandle): Promise<void> {
  command.start({ CRASH_POINT: '' });
  const how = await command.exited;
  if (how !== 'code 0') throw new Error(`The command ended with ${how}: ${command.logs()}`);
}
