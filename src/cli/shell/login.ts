import type { Command } from 'commander';
import { isApiKey } from '../../domain/workspaces/apiKeyForm.js';
import { Secret } from '../../platform/secret.js';
import { createApi } from '../api.js';
import { whatComesFirst } from '../apiSource.js';
import { show, type Context } from '../context.js';
import { hasNoLogin } from '../environment.js';
import { CliError, statusOf } from '../errors.js';
import { readSecret } from '../secretFile.js';
import { checkedName, readContexts, writeContexts } from './contextsFile.js';

interface LoginOptions {
  readonly name?: string;
  readonly url?: string;
  readonly json?: boolean;
}

/** `sluice login`: notes an API and a key of it under a name, and uses it from now on. */
export function addLogin(login: Command, context: Context): void {
  login
    .option('--name <name>', 'how it is called; --context says it as well (default: "default")')
    .option('--url <url>', 'the address of the API; the one that this name has, if it has one')
    .option('--json', 'print what was noted, as JSON; errors, too')
    .addHelpText('after', HELP)
    .action(async ({ name: given, url: address, json }: LoginOptions) => {
      const name = checkedName(nameFrom(context, given) ?? 'default');
      const first = whatComesFirst(context.source(name), name);
      const noted = readContexts(context.contextsFile());
      const url = apiUrlOf(address ?? noted.contexts[name]?.url);
      const key = await readKey(context, url);
      await check(url, key);
      // Read again: another login may have ended while this one asked.
      const { contexts } = readContexts(context.contextsFile());
      writeContexts(context.contextsFile(), {
        current: name,
        contexts: { ...contexts, [name]: { url, key: key.reveal() } },
      });
      show(context, json, { name, url, inUse: first === undefined }, () =>
        first === undefined
          ? `${name} is ${url}, and in use from now on`
          : `${name} is ${url}, but not in use here: ${first}`,
      );
    });
}

/** `sluice logout`: forgets a key. It is as good as before: whoever has it may use it. */
export function addLogout(logout: Command, context: Context): void {
  logout
    .option('--name <name>', 'which, as --context says it, too; the one in use, if nothing is said')
    .option('--json', 'print what was forgotten, as JSON; errors, too')
    .addHelpText('after', '\nExample:\n  $ sluice logout')
    .action(({ name: given, json }: { name?: string; json?: boolean }) => {
      const name = nameFrom(context, given) ?? readContexts(context.contextsFile()).current;
      if (name === null) throw new CliError('No context is in use: say which with --name', 2);
      forgetContext(context, name);
      show(
        context,
        json,
        { name },
        () => `${name} is forgotten; the key itself ends by \`sluice api-keys revoke\``,
      );
    });
}

/** The name that the command says, whichever way, else that of SLUICE_CONTEXT. */
function nameFrom({ named, namedByEnvironment }: Context, given: string | undefined): string | undefined {
  if (given !== undefined && named !== undefined && given !== named)
    throw new CliError(`--name says ${given}, and --context says ${named}: say one of them`, 2);
  return given ?? named ?? namedByEnvironment();
}

export function forgetContext(context: Context, name: string): void {
  const { current, contexts } = readContexts(context.contextsFile());
  if (!Object.hasOwn(contexts, name)) throw new CliError(`There is no context ${name}`, 2, 'not_found');
  const { [name]: _gone, ...left } = contexts;
  writeContexts(context.contextsFile(), { current: current === name ? null : current, contexts: left });
}

const HELP = `
The key is read from the terminal, unseen, or from standard input. It is tried before it is noted.

Example:
  $ sluice login --name prod --url https://sluice.example.com`;

function apiUrlOf(text: string | undefined): string {
  if (text === undefined) throw new CliError('Say which API: --url https://…', 2);
  if (!hasNoLogin(text))
    throw new CliError('The address holds a name or a password: the API asks for a key alone', 2);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new CliError(`${text} is no address of an API: https://…`, 2);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'http:' && !isHere)
    throw new CliError(`${text} would have the key readable on its way: use https://`, 2);
  return text.replace(/\/$/, '');
}

async function readKey(context: Context, url: string): Promise<Secret> {
  const text = (await (context.askUnseen?.(`API key of ${url}: `) ?? readSecret('-'))).trim();
  if (!isApiKey(text)) throw new CliError('That is no API key (slc_<env>_<43 characters>)', 2);
  return new Secret(text);
}

/** Whether the API knows the key. One that may not see the status is a key all the same. */
async function check(apiUrl: string, apiKey: Secret): Promise<void> {
  try {
    await createApi({ apiUrl, apiKey, source: { by: 'login' } }).get('/api/status');
  } catch (error) {
    const status = statusOf(error);
    if (status === 403) return;
    if (status === 401)
      throw new CliError(`${apiUrl} does not know this key: nothing was noted`, 1, 'unauthorized');
    throw error;
  }
}
