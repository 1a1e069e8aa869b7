import { Command, CommanderError } from 'commander';
import { createClient } from './client.js';
import type { Context } from './context.js';
import {
  clientEnvironment,
  crashPointEnvironment,
  databaseEnvironment,
  operatorEnvironment,
  outboxEnvironment,
} from './environment.js';
import { armCrashPoint } from '../platform/crashPoint.js';
import { describeFailure, exitCodeOf } from './errors.js';
import { NOUNS } from './rooms.js';
import { notedEnvironment, readSettings } from './settings.js';

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd: string;
}

/** Runs `sluice …`. Resolves to the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const settings = () => readSettings(clientEnvironment(io.env), io.cwd);
  const context: Context = {
    settings,
    client: () => createClient(settings()),
    database: () => databaseEnvironment(io.env, notedEnvironment(io.cwd)),
    outboxDatabase: () => outboxEnvironment(io.env).OUTBOX_DATABASE_URL,
    operator: () => operatorEnvironment(io.env, notedEnvironment(io.cwd)),
    print: (text) => io.out(`${text}\n`),
    say: (text) => io.err(`${text}\n`),
  };
  const program = new Command('sluice')
    .description('Looks at Sluice and steers it, over its API')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showHelpAfterError('(see --help)')
    .hook('preAction', () => armCrashPoint(crashPointEnvironment(io.env)))
    .addHelpText(
      'after',
      `
Environment:
  SLUICE_API_URL    the API (default: what \`npm start\` runs here, else http://localhost:3000)
  SLUICE_API_KEY    a key of it (\`npm run setup\` prints one)
  TEMPORAL_ADDRESS  for replay
  DATABASE_ADMIN_URL, ENCRYPTION_KEYS  for keys, workspaces, backup, restore, and audit verify --workspace

Example:
  $ sluice lanes list`,
    );
  for (const { noun, description, load } of NOUNS) {
    const command = program.command(noun).description(description);
    if (args.includes(noun)) (await load())(command, context);
  }

  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said already what it has to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}
