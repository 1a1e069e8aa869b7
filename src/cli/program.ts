import { Command, CommanderError } from 'commander';
import { createApi } from './api.js';
import type { Context } from './context.js';
import {
  appEnvironment,
  callerEnvironment,
  clientEnvironment,
  crashPointEnvironment,
  databaseEnvironment,
  definitionsEnvironment,
  developerEnvironment,
  operatorEnvironment,
  importEnvironment,
  outboxEnvironment,
  personEnvironment,
  serviceEnvironment,
} from './environment.js';
import { armCrashPoint } from '../platform/crashPoint.js';
import { readVariables } from '../platform/config/config.js';
import { VERSION } from '../platform/version.js';
import { CliError, describeFailure, exitCodeOf, problemOf } from './errors.js';
import { table, TABLE_COLUMNS } from './output.js';
import { contextsFileOf, readContexts } from './shell/contextsFile.js';
import { currentWords, NOUNS } from './rooms.js';
import { notedEnvironment, readSettings, readSource } from './settings.js';
import { screenFor, takeWatch, watch, type Said, type Screen } from './watch.js';

interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** The same for what is not to be seen. */
  readonly askUnseen?: ((question: string) => Promise<string>) | undefined;
  /** The terminal to draw on; undefined where there is none. From then on Ctrl-C ends what is drawn. */
  readonly screen?: (() => Screen) | undefined;
  /** How wide the terminal is; undefined where there is none. */
  readonly columns?: number | undefined;
}

/** Runs `sluice …`. Resolves to the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function runCli(given: readonly string[], io: Io): Promise<0 | 1 | 2> {
  const { words, named } = takeContext(given);
  const args = currentWords(words);
  const asJson = args.includes('--json');
  let code: 0 | 1 = 0;
  const contextsFile = () => contextsFileOf(personEnvironment(io.env));
  const settings = () => {
    const env = clientEnvironment(io.env);
    return readSettings(named === undefined ? env : { ...env, SLUICE_CONTEXT: named }, io.cwd, () =>
      readContexts(contextsFile()),
    );
  };
  /** Who names an API, and is shown the database of another one, takes its tenants for those of the first. */
  const withoutContext = () => {
    if (named !== undefined)
      throw new CliError(`${OPTION} names an API, and this works on a database: leave it out`, 2);
  };
  const context: Context = {
    settings,
    api: () => createApi(settings()),
    database: () => {
      withoutContext();
      return databaseEnvironment(io.env, notedEnvironment(io.cwd));
    },
    service: () => {
      withoutContext();
      return serviceEnvironment(io.env, notedEnvironment(io.cwd));
    },
    variables: (names) => readVariables(names, io.env),
    outboxDatabase: () => {
      withoutContext();
      return outboxEnvironment(io.env).OUTBOX_DATABASE_URL;
    },
    developer: () => developerEnvironment(io.env, notedEnvironment(io.cwd)),
    caller: () => callerEnvironment(io.env, notedEnvironment(io.cwd)),
    cwd: io.cwd,
    definitions: async () => {
      const { loadDefinitions } = await import('../services/definitions/loadDefinitions.js');
      return loadDefinitions(definitionsEnvironment(io.env), io.cwd);
    },
    app: () => appEnvironment(io.env, notedEnvironment(io.cwd)),
    importDatabase: () => importEnvironment(io.env).IMPORT_DATABASE_URL,
    operator: () => {
      withoutContext();
      return operatorEnvironment(io.env, notedEnvironment(io.cwd));
    },
    ask: io.ask,
    askUnseen: io.askUnseen,
    named,
    namedByEnvironment: () => clientEnvironment(io.env).SLUICE_CONTEXT,
    source: (current) =>
      readSource(clientEnvironment(io.env), io.cwd, () => current ?? readContexts(contextsFile()).current),
    contextsFile,
    print: (text) => io.out(`${text}\n`),
    fail: () => (code = 1),
    say: (text) => io.err(`${text}\n`),
    table: (headers, rows) =>
      table(headers, rows, {
        wide: args.includes('--wide'),
        columns: Math.max(TABLE_COLUMNS, io.columns ?? 0),
        now: new Date(),
      }),
  };
  const program = await programFor(args, context, io);

  try {
    const watched = takeWatch(program, args);
    if (watched) {
      const screen = screenFor(io.screen, asJson);
      return await watch(screen, watched.seconds, () =>
        listen(given, watched.words, { ...io, columns: screen.columns }),
      );
    }
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
    const error = thrown instanceof CommanderError ? misunderstood(thrown) : thrown;
    if (asJson) io.err(`${JSON.stringify(problemOf(error), null, 2)}\n`);
    // Commander has said already what it has to say.
    else if (error === thrown) io.err(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}

async function programFor(args: readonly string[], context: Context, io: Io): Promise<Command> {
  const program = new Command('sluice')
    .description('What Sluice does, and the commands to change it. Most of them use its API.')
    .version(VERSION, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: io.out, writeErr: args.includes('--json') ? () => undefined : io.err })
    .showHelpAfterError('(see --help)')
    .hook('preAction', () => armCrashPoint(crashPointEnvironment(io.env)))
    .addHelpText('after', HELP);
  for (const { noun, description, load } of NOUNS) {
    const command = program.command(noun).description(description);
    if (args.includes(noun)) (await load())(command, context);
  }
  return program;
}

/** Runs a command once, and keeps what it says. */
async function listen(given: readonly string[], words: readonly string[], io: Io): Promise<Said> {
  const said = { out: '', err: '' };
  const { named } = takeContext(given);
  const code = await runCli([...words, ...(named === undefined ? [] : [OPTION, named])], {
    ...io,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
  });
  return { code, ...said };
}

/** `--context NAME` may stand anywhere: it says which API the whole command asks. */
function takeContext(given: readonly string[]): { words: string[]; named: string | undefined } {
  const at = given.findIndex((word) => word === OPTION || word.startsWith(`${OPTION}=`));
  const end = given.indexOf('--');
  const word = given[at];
  if (word === undefined || (end !== -1 && end < at)) return { words: [...given], named: undefined };
  const value = word === OPTION ? given[at + 1] : word.slice(OPTION.length + 1);
  // Without a name it stays, and is refused as an option that there is not.
  if (value === undefined || value === '') return { words: [...given], named: undefined };
  return { words: given.toSpliced(at, word === OPTION ? 2 : 1), named: value };
}
const OPTION = '--context';

function misunderstood({ code, message }: CommanderError): CliError {
  return new CliError(
    code === 'commander.help' ? 'The command is not complete: see --help' : message.replace(/^error: /, ''),
    2,
  );
}

const HELP = `
Environment:
  SLUICE_API_URL    the API (default: what \`npm start\` runs here, else http://localhost:3000)
  SLUICE_API_KEY    a key of it (\`npm run setup\` prints one)
  SLUICE_CONTEXT    one of \`sluice login\`, as --context NAME anywhere in a command
  TEMPORAL_ADDRESS  for executions replay, installation restored
  DATABASE_ADMIN_URL  for workspaces list, create and key, portals move, installation, backup, restore, and
                    outbox bind, unbind and bindings (or OUTBOX_DATABASE_URL, as for outbox install)
  DATABASE_ADMIN_URL, ENCRYPTION_KEYS  for encryption-keys, audit verify --workspace
  IMPORT_DATABASE_URL  for import
  HUBSPOT_APP_ID, HUBSPOT_DEVELOPER_API_KEY (or HUBSPOT_DEVELOPER_TOKEN)  for actions diff, publish, pull
  PUBLIC_URL, HUBSPOT_CLIENT_SECRET  for actions test
  what API and worker are given  for doctor, in the environment or in .env

Exit codes: 0 done, 1 refused or failed (of status and doctor: something needs somebody), 2 not understood

Example:
  $ sluice lanes list`;
