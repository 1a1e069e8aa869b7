import { text } from 'node:stream/consumers';
import { createClient, SluiceError } from '../../sdk/client/client.js';
import { parseExactJson, stringifyExactJson } from '../../domain/exactJson.js';
import type { Command } from 'commander';
import { keyOf, reach } from '../api.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { evaluate } from './evaluate.js';
import { startPrompt } from './prompt.js';
import { shellHelpers } from './shellHelpers.js';

interface Options {
  readonly write?: boolean;
  readonly eval?: string;
}

export function addShell(shell: Command, context: Context): void {
  shell
    .option('--write', 'let the client change things: without it nothing but GET is sent')
    .option(
      '--eval <code>',
      'run this expression, or statements that return, and print what it comes to as JSON; the same is done with what is piped into it',
    )
    .addHelpText('after', HELP)
    .action(async ({ write = false, eval: code }: Options) => {
      const { name } = await context.api().get('/api/workspace');
      const { apiUrl, stateHome } = context.settings();
      const helpers = shellHelpers(readingClient(context, write));
      const program = code ?? (process.stdin.isTTY ? undefined : await text(process.stdin));
      if (program !== undefined) {
        const value = await evaluate(program, helpers).catch(inWords);
        if (value !== undefined)
          context.print(typeof value === 'string' ? value : stringifyExactJson(value, 2));
        return;
      }
      const calls = Object.keys(helpers).filter((helper) => helper !== 'client');
      context.say(`${apiUrl}, workspace ${name}. ${write ? WRITES : READS}
client, ${calls.map((call) => `${call}()`).join(', ')}; await works; .exit ends.`);
      await startPrompt({ prompt: write ? 'sluice (write)> ' : 'sluice> ', helpers, stateHome });
    });
}

const READS = 'It reads only; --write lets it change things, too.';
const WRITES = 'It CHANGES what it is told to, without asking.';

function inWords(error: unknown): never {
  throw error instanceof SluiceError ? new CliError(error.message, 1, error.problem) : error;
}

/** The client of the package. A slip of the fingers changes nothing: that takes --write. */
function readingClient(context: Context, write: boolean) {
  const settings = context.settings();
  return createClient({
    url: settings.apiUrl,
    key: keyOf(settings).reveal(),
    fetch: (input, init) => {
      const request = new Request(input, init);
      if (request.method === 'GET' || write) return reach(settings, request);
      throw new CliError(
        `${request.method} was not sent: this shell reads only. Begin it with --write to change things`,
        1,
      );
    },
    json: { parse: parseExactJson, stringify: stringifyExactJson },
    tries: 1,
  });
}

const HELP = `
\`client\` is that of the package sluice/client (\`npm run docs\`); a promise is waited for before it is shown.
Lines are kept in $XDG_STATE_HOME/sluice/shell_history (or ~/.local/state), for you alone to read, and none
that looks as if it held a key, a token or a secret.

Examples:
  $ sluice shell
  sluice> (await lanes({ portalId: 62515 })).filter(({ waiting }) => waiting > 100)
  sluice> await client.get('/api/executions/{id}', { params: { path: { id: '300' } } })
  $ sluice shell --eval '(await portals()).length'`;
