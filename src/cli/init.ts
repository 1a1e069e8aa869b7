import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { id } from './arguments.js';
import { show, type Context } from './context.js';
import { envWith, filledIn } from './envFile.js';
import { CliError } from './errors.js';
import { lookAtOrigin, type Reached } from './publicOrigin.js';
import { readSecret } from './secretFile.js';

interface InitOptions {
  readonly appId?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly publicUrl?: string;
  readonly check: boolean;
  readonly json?: boolean;
}

type Values = Record<'HUBSPOT_APP_ID' | 'HUBSPOT_CLIENT_ID' | 'HUBSPOT_CLIENT_SECRET' | 'PUBLIC_URL', string>;

const PORT = 3000;

/** From what the page of an app at HubSpot shows to a `.env` with which `npm start` runs the product. */
export function addInit(init: Command, context: Context): void {
  init
    .option('--app-id <id>', "the app's number, from its page in HubSpot", id)
    .option('--client-id <id>', 'from the same page')
    .option('--client-secret-file <file>', 'holds the client secret; - is standard input')
    .option('--public-url <origin>', 'the https origin that HubSpot calls')
    .option('--no-check', 'do not look whether the origin leads to this machine')
    .option('--json', 'print what was done, as JSON')
    .addHelpText(
      'after',
      '\nWhat is not given is asked for, where there is a terminal. What stands in .env already stays.\n\nExample:\n  $ sluice init',
    )
    .action(async (options: InitOptions) => {
      const file = path.join(context.cwd, '.env');
      const before = textOf(file) ?? textOf(path.join(context.cwd, '.env.example')) ?? '';
      const there = filledIn(before);
      const port = Number(there['PORT'] ?? PORT);
      const values = await valuesOf(context, options, there, port);
      const other = Object.entries(values).filter(([name, value]) => (there[name] ?? value) !== value);
      if (other.length > 0)
        throw new CliError(
          `.env has another ${other.map(([name]) => name).join(', another ')}: change it there if this one is meant`,
        );
      const reached = options.check ? await lookAtOrigin(values.PUBLIC_URL, port) : undefined;
      const hasKey = there['ENCRYPTION_KEYS'] !== undefined || there['ENCRYPTION_KEY'] !== undefined;
      const all: Readonly<Record<string, string>> = hasKey
        ? values
        : { ...values, ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}` };
      const wrote = Object.keys(all).filter((name) => there[name] === undefined);
      const missing = Object.fromEntries(Object.entries(all).filter(([name]) => wrote.includes(name)));
      if (wrote.length > 0 || !existsSync(file))
        writeFileSync(file, envWith(before, missing), { mode: 0o600 });
      show(context, options.json, { file, wrote, reached: reached ?? null }, () =>
        inWords(wrote, reached, port),
      );
      if (reached?.isReached === false) context.fail();
    });
}

async function valuesOf(
  context: Context,
  { appId, clientId, clientSecretFile, publicUrl }: InitOptions,
  there: Readonly<Record<string, string>>,
  port: number,
): Promise<Values> {
  const ask = async (
    name: keyof Values,
    option: string,
    question: string,
    given?: string,
    isSecret = false,
  ) => {
    const known = given ?? there[name];
    if (known !== undefined) return known;
    const asking = isSecret ? context.askUnseen : context.ask;
    if (!asking) throw new CliError(`There is no terminal to ask at: give ${option}`, 2);
    const answer = (await asking(`${question} `)).trim();
    if (answer === '') throw new CliError(`Nothing was written: ${option} is needed`, 2);
    return answer;
  };
  const secret = clientSecretFile === undefined ? undefined : readSecret(clientSecretFile);
  const HUBSPOT_APP_ID = await ask('HUBSPOT_APP_ID', '--app-id', "The app's id:", appId);
  const HUBSPOT_CLIENT_ID = await ask('HUBSPOT_CLIENT_ID', '--client-id', 'Its client id:', clientId);
  const HUBSPOT_CLIENT_SECRET = await ask(
    ...(['HUBSPOT_CLIENT_SECRET', '--client-secret-file', 'Its client secret:', secret, true] as const),
  );
  if (publicUrl === undefined && there['PUBLIC_URL'] === undefined && context.ask) context.say(tunnel(port));
  const PUBLIC_URL = originIn(
    await ask('PUBLIC_URL', '--public-url', 'The https origin that HubSpot calls:', publicUrl),
  );
  id(HUBSPOT_APP_ID);
  return { HUBSPOT_APP_ID, HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET, PUBLIC_URL };
}

function originIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.pathname === '/') return url.origin;
  throw new CliError(`${text} must be an https origin without a path: HubSpot calls nothing else`, 2);
}

const tunnel = (
  port: number,
) => `HubSpot calls an https origin. Without one of your own, a tunnel to this machine does, in another terminal:
  cloudflared tunnel --url http://localhost:${port}
  ngrok http ${port}
Each says the origin that it has.`;

function inWords(wrote: readonly string[], reached: Reached | undefined, port: number): string {
  return [
    wrote.length > 0
      ? `.env has ${wrote.join(', ')} now; keep a copy of ENCRYPTION_KEYS`
      : '.env has it all already',
    ...(reached === undefined
      ? []
      : [
          reached.isReached
            ? `The origin leads to port ${port} here`
            : `✗ ${reached.because}\n${tunnel(port)}`,
        ]),
    'Then:',
    '  npm start                                  runs it, and prints the link that connects a portal',
    '  npx sluice doctor                          looks at all that it needs',
    '  npx sluice actions publish throttle        tells HubSpot of the action (or: actions export DIR, for a project)',
  ].join('\n');
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
